//! The allocator: blocks whose sizes are powers of two, and for each size a list of those that were given back.
//!
//! Blocks are never split or joined, so the memory that is held is at most twice the sum of what each size held at its
//! most; and the core bounds whatever it keeps. In the module it takes 250 bytes, where the crate talc took 1,240.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr::{null_mut, write_bytes};

/// Wipes what is given back, so that no key or token stays readable in the module's memory, whoever
/// held it: our own values, the strings that wasm-bindgen's glue copies in, and what a growing vector leaves behind.
struct Wiping(UnsafeCell<State>);

struct State {
    /// By the logarithm of their size: the block that was given back last. It begins with the address of the one before.
    free: [*mut u8; 32],
    /// Nothing from here on was handed out yet.
    rest: *mut u8,
}

// SAFETY: a WebAssembly module without shared memory has one thread.
unsafe impl Sync for Wiping {}

#[global_allocator]
static ALLOCATOR: Wiping =
    Wiping(UnsafeCell::new(State { free: [null_mut(); 32], rest: (&raw const __heap_base).cast_mut() }));

const PAGE: usize = 64 * 1024;
/// Every block begins at a multiple of this, and is no smaller. No type of ours asks for more.
const ALIGN: usize = 8;

fn class(layout: Layout) -> usize {
    // How many bits the last place of the block takes; of no size nobody asks.
    usize::BITS.wrapping_sub((layout.size().wrapping_sub(1) | ALIGN.wrapping_sub(1)).leading_zeros()) as usize
}

unsafe extern "C" {
    /// Where the linker says that data and stack end: at a multiple of 16.
    static __heap_base: u8;
}

// SAFETY: a block comes from beyond all that was handed out, or was given back and is handed out once; it is as large
// and as aligned as the layout asks. The default `realloc` goes through `alloc` and `dealloc`, so that what it leaves is wiped.
unsafe impl GlobalAlloc for Wiping {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        #[cfg(feature = "traps")]
        if !crate::traps::allows() {
            return null_mut();
        }
        let class = class(layout);
        // SAFETY: one thread, and no reference to the state outlives a call.
        let state = unsafe { &mut *self.0.get() };
        let Some(free) = state.free.get_mut(class) else { return null_mut() };
        if !free.is_null() {
            let block = *free;
            // SAFETY: a block in the list holds the address of the next.
            *free = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        let block = state.rest;
        let Some(end) = block.addr().checked_add(1 << class) else { return null_mut() };
        // To grow by nothing is no failure.
        let missing = end.div_ceil(PAGE).saturating_sub(memory_size(0));
        if layout.align() > ALIGN || memory_grow(0, missing) == usize::MAX {
            return null_mut();
        }
        state.rest = block.with_addr(end);
        block
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back what was allocated with this layout; it is large enough for an address.
        unsafe {
            write_bytes(block, 0, layout.size());
            if let Some(free) = (*self.0.get()).free.get_mut(class(layout)) {
                block.cast::<*mut u8>().write(*free);
                *free = block;
            }
        }
    }
}
