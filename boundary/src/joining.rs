//! The allocator of the service's module: dlmalloc, because the one of the others never splits or joins blocks, nor aligns them as Argon2
//! asks for it.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::write_bytes;
use dlmalloc::Dlmalloc;

/// Wipes what is given back, so that no key or token stays readable in the module's memory.
struct Wiping(UnsafeCell<Dlmalloc>);

// SAFETY: a WebAssembly module without shared memory has one thread.
unsafe impl Sync for Wiping {}

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(UnsafeCell::new(Dlmalloc::new()));

// SAFETY: each call is handed on as it came; the default `realloc` goes through `alloc` and `dealloc`, so that what it leaves is wiped.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, and no reference to the state outlives a call.
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back what was allocated with this layout.
        unsafe {
            write_bytes(block, 0, layout.size());
            (*self.0.get()).free(block, layout.size(), layout.align());
        }
    }
}
