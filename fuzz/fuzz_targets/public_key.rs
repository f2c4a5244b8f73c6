//! Public keys: JWKs, moduli and points, and what is verified with them.
#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cloud_run_auth::crypto::{PublicKey, verify};
use cloud_run_auth::jose::Algorithm;
use fuzz::{assert_one_line, cut, keys::edited, kind};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static VECTORS: LazyLock<serde_json::Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../tests/vectors/signatures.json")).expect("the vectors are JSON")
});

fuzz_target!(|data: &[u8]| {
    let (first, rest) = kind(data);
    let (key, signature) = match first {
        // A modulus of one byte's repetition, where it differs from that, and the exponent.
        b'n' => {
            let (mut modulus, exponent) = (vec![0xff; 256], rest.get(..4).unwrap_or(rest));
            for (at, byte) in rest.iter().skip(4).enumerate() {
                modulus[at % 256] ^= *byte;
            }
            (PublicKey::rsa(&modulus, exponent), rest)
        }
        b'm' => {
            let (modulus, exponent) = rest.split_at(rest.len() / 2);
            (PublicKey::rsa(modulus, exponent), rest)
        }
        b'p' => {
            let (x, more) = rest.split_at(rest.len().min(32));
            let (y, signature) = more.split_at(more.len().min(32));
            (PublicKey::p256(x, y), signature)
        }
        // A good key and its signature with changes.
        b'v' => {
            let good = VECTORS["good"].as_array().expect("the vectors have good ones");
            let (number, changes) = kind(rest);
            let case = &good[usize::from(number) % good.len()];
            let signature = URL_SAFE_NO_PAD.decode(text(&case["signature"])).expect("it is base64url");
            let changed = edited(signature.clone(), changes);
            let key = PublicKey::from_jwk(&case["key"].to_string()).expect("the key is good");
            let verified = verify(&key, key.algorithm(), text(&case["input"]).as_bytes(), &changed);
            assert_eq!(verified, Ok(changed == signature), "it is good as long as it is the same");
            return;
        }
        _ => {
            let text = String::from_utf8_lossy(data);
            let (jwk, signature) = cut(&text, "\n");
            (PublicKey::from_jwk(jwk), &data[data.len().saturating_sub(signature.len())..])
        }
    };
    match key {
        Ok(key) => {
            let other = if key.algorithm() == Algorithm::Rs256 { Algorithm::Es256 } else { Algorithm::Rs256 };
            assert!(verify(&key, other, b"input", signature).is_err(), "a key is for one algorithm");
            let verified = verify(&key, key.algorithm(), b"input", signature);
            assert_ne!(verified.ok(), Some(true), "nobody signed this");
        }
        Err(error) => assert_one_line("a message", &error.message),
    }
});

fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("it is a text")
}
