//! The async session against the emulator: in this process, or a served one that CLOUD_RUN_AUTH_EMULATOR names.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails has to stop"
)]

mod access;
mod calls;
mod credentials;
mod lab;
mod options;
mod paths;
mod refusals;
mod retry;
mod tokens;

// The emulator is an ECMAScript module.
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_node_experimental);
