//! RSA private keys in PEM (RFC 7468), as PKCS #8 (RFC 5958) or PKCS #1 (RFC 8017).
//!
//! Only as much is read as tells a usable key from one that is none: its size. The rest is the signer's.

use super::base64;
use crate::secret::{Secret, room};
use crate::text::cut;
use alloc::vec::Vec;

/// The fewest bits of a modulus (RFC 7518, section 3.3).
const FEWEST_BITS: usize = 2048;

/// The key as PKCS #8 DER, or why it is refused, as the end of a sentence.
pub(crate) fn rsa_private_key(pem: &str) -> Result<Secret, &'static str> {
    let (label, body) = labelled(pem).unwrap_or_default();
    let is_pkcs1 = match label {
        "PRIVATE KEY" => false,
        "RSA PRIVATE KEY" => true,
        "ENCRYPTED PRIVATE KEY" => return Err("is encrypted"),
        _ => return Err("is not PEM (-----BEGIN PRIVATE KEY----- …)"),
    };
    let mut der = Secret::new(base64::decode_pem(body).ok_or(NO_KEY)?);
    if is_pkcs1 {
        der = Secret::new(wrapped(der.expose()));
    }
    match modulus_bits(der.expose()) {
        Some(FEWEST_BITS..) => Ok(der),
        Some(_) => Err("is an RSA key of under 2048 bits"),
        None => Err(NO_KEY),
    }
}

const NO_KEY: &str = "is no RSA private key, or was cut off";

/// The label of the first PEM block, and what stands between its BEGIN and its END line.
fn labelled(pem: &str) -> Option<(&str, &str)> {
    let (label, rest) = cut(cut(pem, "-----BEGIN ")?.1, "-----")?;
    let (body, end) = cut(rest, "-----END ")?;
    end.strip_prefix(label)?.starts_with("-----").then_some((label, body))
}

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
/// Version 0, and the algorithm rsaEncryption with no parameters (RFC 8017, appendix A.1).
pub(crate) const VERSION_AND_ALGORITHM: &[u8] =
    &[2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];

/// The bits of the modulus of a PKCS #8 RSA key.
fn modulus_bits(pkcs8: &[u8]) -> Option<usize> {
    let (whole, rest) = element(SEQUENCE, pkcs8)?;
    let (key, _) = element(OCTET_STRING, whole.strip_prefix(VERSION_AND_ALGORITHM)?)?;
    let (key, nothing) = element(SEQUENCE, key)?;
    // Version, modulus, public exponent, private exponent, two primes, two exponents, the coefficient: a key that was cut off lacks some.
    let (mut key, mut modulus): (_, &[u8]) = (key, &[]);
    for number in 0..9 {
        let (integer, after) = element(INTEGER, key)?;
        if number == 1 {
            modulus = integer;
        }
        key = after;
    }
    while let [0, after @ ..] = modulus {
        modulus = after;
    }
    let bits = modulus.len().checked_mul(8)?.checked_sub(modulus.first()?.leading_zeros() as usize)?;
    (rest.is_empty() && nothing.is_empty()).then_some(bits)
}

/// The content of the DER element at the front, and what follows it (X.690, section 8.1).
pub(crate) fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, der) = der.split_first()?;
    let (first, mut der) = der.split_first()?;
    let mut length = usize::from(*first);
    if length >= 0x80 {
        let (digits, after) =
            der.split_at_checked(length & 0x7f).filter(|(digits, _)| (1..=3).contains(&digits.len()))?;
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        der = after;
    }
    (*found == tag).then(|| der.split_at_checked(length))?
}

/// A PKCS #1 key as PKCS #8.
fn wrapped(pkcs1: &[u8]) -> Vec<u8> {
    let octets = pkcs1.len();
    let all = octets.wrapping_add(VERSION_AND_ALGORITHM.len()).wrapping_add(4);
    let mut out = room(|| all.wrapping_add(4)).into_bytes();
    for (tag, length, content) in &[(SEQUENCE, all, VERSION_AND_ALGORITHM), (OCTET_STRING, octets, pkcs1)] {
        out.extend_from_slice(&[*tag, 0x82, (length >> 8) as u8, *length as u8]);
        out.extend_from_slice(content);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = include_str!("../../tests/vectors/keys.json");

    fn key(name: &str) -> alloc::string::String {
        let keys: serde_json::Value = serde_json::from_str(KEYS).unwrap();
        keys["keys"][name].as_str().unwrap().into()
    }

    #[test]
    fn both_wrappings_give_the_same_key() {
        let pkcs8 = rsa_private_key(&key("pkcs8_2048")).unwrap();
        let pkcs1 = rsa_private_key(&key("pkcs1_2048")).unwrap();
        assert_eq!(pkcs8.expose(), pkcs1.expose());
        assert_eq!(modulus_bits(pkcs8.expose()), Some(2048));
        assert_eq!(rsa_private_key(&key("pkcs8_2048").replace('\n', "\\n")).unwrap().expose(), pkcs8.expose());
        assert_eq!(rsa_private_key(&key("pkcs8_2048").replace('\n', "\r\n")).unwrap().expose(), pkcs8.expose());
    }

    #[test]
    fn what_is_no_usable_key_says_why() {
        let good = key("pkcs8_2048");
        for (pem, why) in [
            (alloc::string::String::new(), "not PEM"),
            (key("pkcs8_1024"), "under 2048"),
            (key("ec_p256"), "no RSA private key"),
            (key("encrypted"), "encrypted"),
            (good.replace("END PRIVATE", "END PUBLIC"), "not PEM"),
            (good.replace("PRIVATE", "PUBLIC"), "not PEM"),
            (good.replace("\nM", "\n*"), "no RSA private key, or was cut off"),
        ] {
            assert!(rsa_private_key(&pem).unwrap_err().contains(why), "{why}");
        }
    }

    #[test]
    fn every_cut_of_a_key_is_refused() {
        let der = rsa_private_key(&key("pkcs8_2048")).unwrap();
        for end in 0..der.expose().len() {
            assert_eq!(modulus_bits(&der.expose()[..end]), None, "{end}");
        }
    }
}
