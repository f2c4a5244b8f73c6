//! The vectors' own key, and changes to it: whatever is random alone is never a key of 2048 bits.

use base64::{Engine, engine::general_purpose::STANDARD};
use std::sync::LazyLock;

static VECTORS: LazyLock<serde_json::Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../tests/vectors/keys.json")).expect("the vectors are JSON")
});
static PKCS8: LazyLock<Vec<u8>> = LazyLock::new(|| bytes(pem("pkcs8_2048")));
static PKCS1: LazyLock<Vec<u8>> = LazyLock::new(|| bytes(pem("pkcs1_2048")));

/// A key of the vectors, as PEM.
pub fn pem(name: &str) -> &'static str {
    VECTORS["keys"][name].as_str().expect("the vectors have that key")
}

/// The DER of the vectors' key, [`edited`].
pub fn changed(pkcs1: bool, changes: &[u8]) -> Vec<u8> {
    edited(if pkcs1 { PKCS1.clone() } else { PKCS8.clone() }, changes)
}

/// Bytes, changed as the input says: four of it each are where, what to do, and with which byte.
pub fn edited(mut bytes: Vec<u8>, changes: &[u8]) -> Vec<u8> {
    for change in changes.as_chunks::<4>().0 {
        let [high, low, deed, byte] = *change;
        let at = usize::from(u16::from_be_bytes([high, low])) % (bytes.len() + 1);
        match deed % 5 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, byte),
            2 if at < bytes.len() => _ = bytes.remove(at),
            3 if at < bytes.len() => bytes[at] ^= byte,
            _ if at < bytes.len() => bytes[at] = byte,
            _ => bytes.push(byte),
        }
    }
    bytes
}

/// DER as PEM.
pub fn wrapped(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn bytes(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines).expect("the vectors' keys are base64")
}
