//! Private keys in credential files: PEM, base64, PKCS #8 and PKCS #1.
#![no_main]

use base64::{Engine, alphabet, engine::DecodePaddingMode, engine::GeneralPurpose, engine::GeneralPurposeConfig};
use cloud_run_auth::credential::Credential;
use fuzz::{assert_one_line, cut, keys, kind};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let (first, rest) = kind(data);
    let text = || String::from_utf8_lossy(rest);
    let pem = match first {
        b'8' => keys::wrapped("PRIVATE KEY", &keys::changed(false, rest)),
        b'1' => keys::wrapped("RSA PRIVATE KEY", &keys::changed(true, rest)),
        b'd' => keys::wrapped("PRIVATE KEY", rest),
        // What stands before the key, and what is put into it.
        b't' => {
            let text = text();
            let (before, within) = cut(&text, "\n");
            format!("{before}{}", keys::pem("pkcs8_2048").replacen('\n', &format!("\n{within}"), 3))
        }
        _ => text().into_owned(),
    };
    let file = json!({"type": "service_account", "client_email": "a@b", "private_key": pem}).to_string();
    match Credential::from_json(&file) {
        Ok(credential) => {
            let der = credential.private_key().expect("what was accepted has a key").expose();
            let theirs = decoded(&pem).expect("what was accepted is base64");
            assert!(der.ends_with(&theirs), "the key is another one");
        }
        Err(error) => {
            assert_one_line("a message", &error.message);
            assert!(!pem.contains(&error.message), "a message holds a key");
        }
    }
});

/// What stands between the first BEGIN line and its END, without what PEM lets stand in it.
fn decoded(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (_, body) = rest.split_once("-----")?;
    let (body, _) = body.split_once("-----END ")?;
    let mut text = String::new();
    let mut characters = body.bytes();
    while let Some(byte) = characters.next() {
        match byte {
            b'\\' => _ = characters.next(),
            b'=' => {}
            byte if byte.is_ascii_whitespace() => {}
            byte => text.push(char::from(byte)),
        }
    }
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(text).ok()
}
