//! The lean WebAssembly module around `cloud_run_auth::js`: no std, an allocator of a few hundred bytes, no panic machinery.
#![no_std]
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(unsafe_code, reason = "an allocator, a trap and a source of random bytes cannot be written without it")]

#[cfg(not(feature = "serve"))]
mod allocator;
#[cfg(feature = "serve")]
#[path = "joining.rs"]
mod allocator;
mod random;
#[cfg(feature = "traps")]
mod traps;

pub use cloud_run_auth::js::*;
#[cfg(feature = "traps")]
pub use traps::{fail, left, panicked};

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(feature = "traps")]
    traps::note(_info.location());
    core::arch::wasm32::unreachable()
}
