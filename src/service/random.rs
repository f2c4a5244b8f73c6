//! What is random, out of what the host has handed in; and what names things by what they are.

use crate::credential::sha256;
use crate::jose::base64::encode_url;
use crate::secret::Secret;
use alloc::string::String;

/// 256 random bits of one request's, from which all that it makes up is derived. It comes to the same each time, so that a request can be
/// gone through again.
#[derive(Debug, Default)]
pub struct Seed(Secret);

impl Seed {
    /// Takes 32 bytes or more, as text.
    pub fn new(bits: &str) -> Seed {
        Seed(Secret::new(bits))
    }

    /// 128 bits, in base64url, for what is known by that name.
    pub(super) fn id(&self, name: &str) -> String {
        encode_url(self.bits(name).get(..16).unwrap_or_default())
    }

    /// 256 bits, in base64url.
    pub(super) fn secret(&self, name: &str) -> String {
        encode_url(&self.bits(name))
    }

    /// A number that spreads waits.
    pub(super) fn number(&self, name: &str) -> u64 {
        self.bits(name).iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn bits(&self, name: &str) -> [u8; 32] {
        let mut text = crate::secret::Zeroizing::new(alloc::vec::Vec::new());
        text.extend_from_slice(self.0.expose());
        text.push(0);
        text.extend_from_slice(name.as_bytes());
        sha256(&text)
    }
}

/// Tells texts apart without showing them.
pub(super) fn fingerprint(text: &str) -> String {
    encode_url(sha256(text.as_bytes()).get(..16).unwrap_or_default())
}
