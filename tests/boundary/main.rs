//! The synchronous boundary that the npm package drives, called as its driver calls it.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test that fails has to stop"
)]

mod driver;
mod questions;
mod turns;
