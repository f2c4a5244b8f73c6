//! For tests: has the module fail at a chosen allocation, and so anywhere within whatever it is asked, its state borrowed and half
//! written. The module that is shipped holds nothing of it; scripts/lib/prove.mjs looks.

use core::arch::wasm32::unreachable;
use core::hint::black_box;
use core::panic::Location;
use core::ptr::{from_ref, null, null_mut};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};
use wasm_bindgen::prelude::wasm_bindgen;

/// How many allocations there are to be until one fails, that one included; 0 where none is to.
static LEFT: AtomicU32 = AtomicU32::new(0);
static HOW: AtomicU32 = AtomicU32::new(0);
static PANICKED: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Has the allocation of that number fail, from 1 on: 0 runs into `unreachable`, 1 gets no memory, 2 overflows the host's stack, 3 the
/// module's own, 4 reads beyond the memory, 5 panics.
#[wasm_bindgen]
pub fn fail(allocation: u32, how: u32) {
    LEFT.store(allocation, Relaxed);
    HOW.store(how, Relaxed);
}

/// How many allocations are left until the one that fails.
#[wasm_bindgen]
pub fn left() -> u32 {
    LEFT.load(Relaxed)
}

/// Where the [`Location`] lies of the last panic. Because it is here, the module holds the location of each panic that it may come to.
#[wasm_bindgen]
pub fn panicked() -> usize {
    PANICKED.load(Relaxed).addr()
}

pub(crate) fn note(location: Option<&Location<'_>>) {
    PANICKED.store(location.map_or(null(), from_ref).cast_mut().cast(), Relaxed);
}

/// Whether an allocation may be made; where it may not, this hardly ever comes back.
pub(crate) fn allows() -> bool {
    let left = LEFT.load(Relaxed);
    LEFT.store(left.saturating_sub(1), Relaxed);
    left != 1 || fails()
}

#[cold]
fn fails() -> bool {
    match HOW.load(Relaxed) {
        1 => false,
        2 => calls(u32::MAX),
        3 => stack(u32::MAX),
        4 => beyond(),
        #[allow(clippy::panic, reason = "what a test looks for")]
        5 => panic!(),
        _ => unreachable(),
    }
}

#[inline(never)]
fn calls(depth: u32) -> bool {
    // With something to do before and after it, neither of which needs the module's own stack.
    let ends = HOW.load(Relaxed) == depth;
    (ends || calls(depth.wrapping_sub(1))) ^ (LEFT.load(Relaxed) == depth)
}

#[inline(never)]
#[allow(unconditional_recursion, reason = "what it is for")]
fn stack(depth: u32) -> bool {
    let frame = black_box([depth; 512]);
    !black_box(stack(frame.iter().fold(0, |all, next| all ^ next)))
}

fn beyond() -> bool {
    // SAFETY: the memory has no such address, so that the module traps.
    unsafe { null::<u8>().with_addr(usize::MAX).read_volatile() == 0 }
}
