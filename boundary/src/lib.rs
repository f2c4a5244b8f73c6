//! The lean WebAssembly module around `cloud_run_auth::js`: no std, an allocator of a kilobyte, no panic machinery.
#![no_std]
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(unsafe_code, reason = "an allocator and a trap cannot be written without it")]

pub use cloud_run_auth::js::*;

use core::alloc::{GlobalAlloc, Layout};
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// Wipes what is given back, so that no key or token stays readable in the module's memory, whoever
/// held it: our own values, the strings that wasm-bindgen's glue copies in, and what a growing vector leaves behind.
struct Wiping(WasmDynamicTalc);

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(new_wasm_dynamic_allocator());

// SAFETY: every call is handed on to an allocator that upholds the contract; the default `realloc`
// goes through `alloc` and `dealloc`, so that what it leaves behind is wiped too.
unsafe impl GlobalAlloc for Wiping {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        unsafe { self.0.alloc(layout) }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back what was allocated with this layout, so that many bytes are its own.
        unsafe {
            core::ptr::write_bytes(at, 0, layout.size());
            self.0.dealloc(at, layout);
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
