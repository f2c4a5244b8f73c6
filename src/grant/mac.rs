//! Keyed hashes, as AWS signs with them (RFC 2104).

use crate::credential::sha256;
use crate::json::Text;
use crate::secret::Zeroizing;
use crate::template::push_hex;

/// HMAC with SHA-256, out of the hash that fingerprints are made with: the crate's own is 700 bytes more of the module. For keys
/// of at most a block, as those of AWS are; a longer one counts as its hash.
pub(crate) fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let long;
    let mut key = key;
    if key.len() > 64 {
        long = sha256(key);
        key = &long;
    }
    let padded = |with: u8, text: &[u8]| {
        let mut block = Zeroizing::new(alloc::vec![with; 64]);
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block.extend_from_slice(text);
        sha256(&block)
    };
    padded(0x5c, &padded(0x36, text))
}

/// Hexadecimal digits in lower case.
pub(crate) fn hex(bytes: &[u8]) -> Text {
    let mut out = Text::default();
    for byte in bytes {
        push_hex(&mut out, *byte, b'a');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    #[test]
    fn the_keyed_hash_is_the_crates_own_at_every_length() {
        for length in 0..150 {
            let key = alloc::vec![length as u8; length];
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(b"text");
            assert_eq!(hmac(&key, b"text")[..], mac.finalize().into_bytes()[..], "{length}");
        }
        assert_eq!(hex(&[0, 0xaf]).as_str(), "00af");
    }
}
