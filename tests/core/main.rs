//! The tokens of a module, driven by a script and a clock that only moves when it is told to.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails has to stop"
)]

mod arrivals;
mod bounds;
mod clock;
mod corners;
mod files;
mod flights;
mod keys;
mod login;
mod refresh;
mod retry;
mod secrets;
#[cfg(feature = "service")]
mod service;
mod sources;
mod verify;
mod world;
