//! Authorized requests to private Google Cloud services.
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

// Ground: values.
pub mod config;
pub mod error;
pub mod http;
pub mod json;
pub mod secret;
mod text;
pub mod time;
pub mod url;

// Floor 1: what is signed, sent and read.
pub mod credential;
pub mod jose;
pub mod grant;
pub mod token;

// Floor 3: what people asked for.
pub mod session;

// Floor 4: hosts, the only places that perform I/O.
#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
#[allow(unsafe_code, reason = "wasm-bindgen's expansions")]
pub mod js;
