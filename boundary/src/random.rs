//! getrandom's source of random bytes: what the host's `crypto.getRandomValues` gave it to hand in. Its own binding of the same
//! function would be the module's only import, and glue for it: 200 bytes, gzipped.

use cloud_run_auth::js::entropy;
use core::slice::from_raw_parts_mut;
use getrandom::Error;

/// What getrandom calls where it is built with `--cfg getrandom_backend="custom"`, see wasm-pack.toml.
///
/// # Safety
/// `at` is the begin of `length` bytes that may be written.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(at: *mut u8, length: usize) -> Result<(), Error> {
    // SAFETY: the caller's. The memory of a module is never uninitialized.
    let bytes = unsafe { from_raw_parts_mut(at, length) };
    // What was handed in is given out once, and whoever asks for more than there is gets nothing.
    let fresh = entropy().to_le_bytes();
    let fresh = fresh.get(..length).ok_or(Error::UNEXPECTED)?;
    bytes.copy_from_slice(fresh);
    Ok(())
}
