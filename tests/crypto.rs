//! `crypto`, natively and as WebAssembly, against signatures that Node made.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails has to stop"
)]

use cloud_run_auth::crypto::{PublicKey, sign, verify};
use cloud_run_auth::error::Code;
use cloud_run_auth::jose::Algorithm;
use cloud_run_auth::secret::Secret;
use serde_json::Value;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn what_others_signed_is_verified() {
    for case in vectors()["good"].as_array().unwrap() {
        let Case { key, algorithm, input, signature } = read(case);
        assert_eq!(verify(&key, algorithm, input.as_bytes(), &signature), Ok(true), "{} {input:.40}", case["from"]);
    }
}

#[test]
fn what_others_verify_is_what_we_sign() {
    let mut signed = 0;
    for case in vectors()["good"].as_array().unwrap().iter().filter(|case| case["private"].is_string()) {
        let Case { input, signature, .. } = read(case);
        for pem in [pem("pkcs8_2048"), pem("pkcs1_2048")] {
            for key in [Secret::new(der(&pem)), Secret::from(pem)] {
                assert_eq!(sign(&key, Algorithm::Rs256, input.as_bytes()).unwrap(), signature, "{input:.40}");
                signed += 1;
            }
        }
    }
    assert_eq!(signed, 16);
}

#[test]
fn whatever_was_altered_is_not_verified() {
    for case in vectors()["good"].as_array().unwrap() {
        let Case { key, algorithm, input, signature } = read(case);
        let refused = |input: &str, signature: &[u8]| {
            assert_eq!(verify(&key, algorithm, input.as_bytes(), signature), Ok(false), "{input:.40}")
        };
        refused(&(input.clone() + "."), &signature);
        refused(&input, &[]);
        refused(&input, &signature[1..]);
        refused(&input, &[&signature[..], &[0]].concat());
        refused(&input, &[&[0], &signature[..]].concat());
        for at in (0..signature.len()).step_by(7) {
            let mut altered = signature.clone();
            altered[at] ^= 1;
            refused(&input, &altered);
        }
    }
    for case in vectors()["bad"].as_array().unwrap() {
        let Case { key, algorithm, input, signature } = read(case);
        assert_eq!(verify(&key, algorithm, input.as_bytes(), &signature), Ok(false), "{}", case["from"]);
    }
}

#[test]
fn keys_are_for_one_algorithm_and_no_other_use() {
    for (name, jwk) in vectors()["refused_keys"].as_object().unwrap() {
        assert_eq!(PublicKey::from_jwk(&jwk.to_string()).unwrap_err().code, Code::InvalidOption, "a key {name}");
    }
    for text in ["", "[]", "{}", "null", "{\"kty\":\"RSA\"}"] {
        assert!(PublicKey::from_jwk(text).is_err(), "{text}");
    }
    for case in vectors()["good"].as_array().unwrap() {
        let Case { key, algorithm, input, signature } = read(case);
        let other = if algorithm == Algorithm::Rs256 { Algorithm::Es256 } else { Algorithm::Rs256 };
        assert_eq!(verify(&key, other, input.as_bytes(), &signature).unwrap_err().code, Code::InvalidOption);
    }
    let off_the_curve = PublicKey::p256(&[1; 32], &[2; 32]).unwrap();
    assert_eq!(verify(&off_the_curve, Algorithm::Es256, b"a", &[1; 64]).unwrap_err().code, Code::InvalidOption);
}

#[test]
fn keys_that_are_none_sign_nothing_and_are_not_shown() {
    let whole = der(&pem("pkcs8_2048"));
    let cut: Vec<Vec<u8>> = [0, 1, 30, 300, whole.len() - 1].into_iter().map(|end| whole[..end].to_vec()).collect();
    let texts =
        [pem("pkcs8_1024"), pem("ec_p256"), pem("encrypted"), pem("pkcs8_2048").replace("\nM", "\n*"), "canary".into()];
    for key in
        cut.into_iter().chain(texts.map(String::into_bytes)).chain([der(&pem("ec_p256")), der(&pem("pkcs8_1024"))])
    {
        let error = sign(&Secret::new(key), Algorithm::Rs256, b"a").unwrap_err();
        assert!(
            error.code == Code::InvalidCredential
                && !error.message.contains("MII")
                && !error.message.contains("canary"),
            "{error}"
        );
    }
    assert_eq!(sign(&Secret::new(whole), Algorithm::Es256, b"a").unwrap_err().code, Code::UnsupportedByHost);
}

#[test]
fn a_key_that_was_altered_never_gives_a_signature_that_would_tell_it() {
    let key = der(&pem("pkcs8_2048"));
    // From the modulus on to the coefficient: any of the eight numbers may be hit.
    for at in (40..key.len()).step_by(key.len() / 24) {
        let mut altered = key.clone();
        altered[at] ^= 4;
        if let Ok(signature) = sign(&Secret::new(altered), Algorithm::Rs256, b"a") {
            assert_eq!(signature, sign(&Secret::new(key.clone()), Algorithm::Rs256, b"a").unwrap(), "byte {at}");
        }
    }
}

struct Case {
    key: PublicKey,
    algorithm: Algorithm,
    input: String,
    signature: Vec<u8>,
}

fn read(case: &Value) -> Case {
    let algorithm = if case["algorithm"] == "RS256" { Algorithm::Rs256 } else { Algorithm::Es256 };
    let key = PublicKey::from_jwk(&case["key"].to_string()).unwrap();
    Case {
        key,
        algorithm,
        input: case["input"].as_str().unwrap().into(),
        signature: base64(case["signature"].as_str().unwrap()),
    }
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/signatures.json")).unwrap()
}

fn pem(name: &str) -> String {
    let keys: Value = serde_json::from_str(include_str!("vectors/keys.json")).unwrap();
    keys["keys"][name].as_str().unwrap().into()
}

/// What stands between the first line and the last.
fn der(pem: &str) -> Vec<u8> {
    base64(&pem.lines().filter(|line| !line.starts_with('-')).collect::<String>())
}

/// Either alphabet, padded or not; written apart from the crate's own.
fn base64(text: &str) -> Vec<u8> {
    let value = |c: char| match c {
        'A'..='Z' => c as u32 - 65,
        'a'..='z' => c as u32 - 71,
        '0'..='9' => c as u32 + 4,
        '+' | '-' => 62,
        _ => 63,
    };
    let digits: Vec<u32> = text.trim_end_matches('=').chars().map(value).collect();
    let bits = |at: usize| digits[at / 6] >> (5 - at % 6) & 1;
    (0..digits.len() * 6 / 8).map(|byte| (0..8).fold(0, |out, bit| out << 1 | bits(byte * 8 + bit) as u8)).collect()
}
