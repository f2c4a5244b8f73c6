//! getrandom's source of random bytes. Its own binding of the same function can fail, and would bring a table of
//! JavaScript values and an exception store to module and glue. This one throws, as the host does.

use getrandom::Error;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["globalThis", "crypto"], js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]);
}

/// What getrandom calls where it is built with `--cfg getrandom_backend="custom"`, see wasm-pack.toml.
///
/// # Safety
/// `at` is the begin of `length` bytes that may be written.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(at: *mut u8, length: usize) -> Result<(), Error> {
    // SAFETY: the caller's. The memory of a module is never uninitialized.
    get_random_values(unsafe { core::slice::from_raw_parts_mut(at, length) });
    Ok(())
}
