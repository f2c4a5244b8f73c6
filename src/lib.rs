//! Authorized requests to private Google Cloud services: a sans-I/O core, and drivers for it.
//!
//! The core reads credentials, builds and reads what is exchanged for tokens, keeps the tokens, and decides
//! who fetches one and when. It has no clock, no randomness and no sockets: a driver asks it what to do,
//! does it, and tells it what came of it. [`token::Flow`] is the shortest way in: one credential, one token.
//! [`token::Tokens`] is the whole: many callers, a cache, one exchange for all who ask for the same.
//!
//! For programs that are compiled to WebAssembly themselves the feature `fetch` has a ready-made async client;
//! for hosts without WebCrypto the feature `crypto` signs and verifies in Rust.
//!
//! Arrows between modules point downwards only, as they are listed here.
#![no_std]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test that overflows has failed, as it should"))]
#![allow(
    clippy::single_char_add_str,
    reason = "String::push brings a second growth of vectors, as std was compiled with it; and so does Vec<u8>::push"
)]
extern crate alloc;
#[cfg(test)]
extern crate std;

// Ground: values.
pub mod config;
pub mod error;
mod facts;
pub mod http;
pub mod json;
mod plan;
mod record;
pub mod secret;
mod template;
mod text;
pub mod time;
pub mod url;

// Floor 1: what is signed, sent and read.
pub mod credential;
pub mod grant;
pub mod jose;
pub mod token;
pub mod user;

// Floor 3: what people asked for.
pub mod login;
#[cfg(feature = "service")]
pub mod service;
pub mod session;
pub mod verify;

// Floor 4: hosts, the only places that perform I/O.
#[cfg(any(feature = "crypto", feature = "signature"))]
pub mod crypto;
#[cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
#[allow(unsafe_code, reason = "wasm-bindgen's expansions")]
pub mod fetch;
#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
#[allow(unsafe_code, reason = "wasm-bindgen's expansions")]
pub mod js;
