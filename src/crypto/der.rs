//! As much DER (X.690) as it takes to find an RSA key in its wrapping.

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// Version 0, and the algorithm rsaEncryption with no parameters (RFC 8017, appendix A.1).
const VERSION_AND_RSA: &[u8] = &[2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];

/// The RSAPrivateKey (RFC 8017, appendix A.1.2) that stands alone or in a PrivateKeyInfo (RFC 5208).
pub(super) fn pkcs1(der: &[u8]) -> Option<&[u8]> {
    let (content, _) = element(SEQUENCE, der)?;
    match content.strip_prefix(VERSION_AND_RSA) {
        Some(rest) => Some(element(OCTET_STRING, rest)?.0),
        None => Some(der),
    }
}

/// The modulus and the public exponent of an RSAPrivateKey, without leading zeros.
pub(super) fn public_parts(pkcs1: &[u8]) -> Option<[&[u8]; 2]> {
    let (content, nothing) = element(SEQUENCE, pkcs1)?;
    let (_version, rest) = element(INTEGER, content)?;
    let (modulus, rest) = element(INTEGER, rest)?;
    let (exponent, _) = element(INTEGER, rest)?;
    nothing.is_empty().then(|| [unpadded(modulus), unpadded(exponent)])
}

/// A number without its leading zeros.
pub(super) fn unpadded(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}

/// The content of the element at the front, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
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
