//! As much DER (X.690) as it takes to find an RSA key in its wrapping.

use crate::jose::jwk::unpadded;
use crate::jose::key::{INTEGER, OCTET_STRING, SEQUENCE, VERSION_AND_ALGORITHM, element};

/// The RSAPrivateKey (RFC 8017, appendix A.1.2) that stands alone or in a PrivateKeyInfo (RFC 5208).
pub(super) fn pkcs1(der: &[u8]) -> Option<&[u8]> {
    let (content, _) = element(SEQUENCE, der)?;
    match content.strip_prefix(VERSION_AND_ALGORITHM) {
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
