//! What tells two credentials apart without telling anything about them.

use crate::jose::base64::encode_url;
use crate::secret::Zeroizing;
use alloc::string::String;
use sha2::block_api::compress256;

/// SHA-256 of all that shapes a credential's tokens, in base64url.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub(super) fn of(all: &str) -> Fingerprint {
        Fingerprint(encode_url(&sha256(all.as_bytes())))
    }

    /// The fingerprint as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 (FIPS 180-4) of a whole text. The rounds are the crate's; its buffer, for texts that come bit by bit, is left out.
pub(crate) fn sha256(text: &[u8]) -> [u8; 32] {
    let mut state =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    // A one bit, zeros, and the length in bits, up to the end of a block.
    let mut padded = Zeroizing::new(text.to_vec());
    padded.extend_from_slice(&[0x80]);
    while padded.len() % 64 != 56 {
        padded.extend_from_slice(&[0]);
    }
    padded.extend_from_slice(&(text.len() as u64).wrapping_mul(8).to_be_bytes());
    compress256(&mut state, padded.as_chunks().0);
    let mut out = [0; 32];
    for (bytes, word) in out.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::sha256;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_hash_is_the_crates_own_at_every_length() {
        for length in 0..200 {
            let text = alloc::vec![length as u8; length];
            assert_eq!(sha256(&text)[..], Sha256::digest(&text)[..], "{length}");
        }
    }
}
