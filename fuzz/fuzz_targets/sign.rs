//! Keys that are signed with in Rust: DER and PEM, and the vectors' key with changes.
#![no_main]

use cloud_run_auth::crypto::sign;
use cloud_run_auth::jose::Algorithm;
use cloud_run_auth::secret::Secret;
use fuzz::{assert_one_line, keys, kind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (first, rest) = kind(data);
    let key = match first {
        b'8' => keys::changed(false, rest),
        b'1' => keys::changed(true, rest),
        b'p' => keys::wrapped("RSA PRIVATE KEY", &keys::changed(true, rest)).into(),
        _ => rest.to_vec(),
    };
    match sign(&Secret::new(key), Algorithm::Rs256, b"header.claims") {
        Ok(signature) => assert!(signature.len() >= 256, "as long as the modulus"),
        Err(error) => assert_one_line("a message", &error.message),
    }
});
