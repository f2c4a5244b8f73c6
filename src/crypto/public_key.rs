//! Public keys, as issuers publish them.

use super::der::unpadded;
use crate::error::{AuthError, Code};
use crate::jose::Algorithm;
use crate::jose::base64::decode_url;
use crate::json::Json;
use alloc::vec::Vec;
use core::fmt;
use jsonwebtoken::{AlgorithmFamily, DecodingKey};

/// The bits of an RSA modulus: fewer are too weak (RFC 7518, section 3.3), more cost too much time.
const RSA_BITS: core::ops::RangeInclusive<usize> = 2048..=4096;

/// A public key, and with it the one algorithm that it is for.
pub struct PublicKey(DecodingKey);

impl PublicKey {
    /// Reads a JWK (RFC 7517) that says of itself that it is for RS256 or ES256, and not that it is for anything but signatures.
    ///
    /// ```
    /// use cloud_run_auth::crypto::PublicKey;
    /// assert!(PublicKey::from_jwk(r#"{"kty":"oct","alg":"HS256","k":"c2VjcmV0"}"#).is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option`, and why.
    pub fn from_jwk(json: &str) -> Result<PublicKey, AuthError> {
        let jwk = Json::parse(json.as_bytes()).filter(Json::is_object).ok_or_else(|| invalid("is no JSON object"))?;
        let text = |name| jwk.get(name).and_then(|value| value.as_str());
        let is = |name, wanted: &str| text(name).is_some_and(|value| value.as_str() == wanted);
        let number = |name| {
            text(name)
                .and_then(|value| decode_url(value.as_bytes()))
                .ok_or_else(|| invalid("lacks a part, or has one that is not base64url"))
        };
        if jwk.get("use").is_some() && !is("use", "sig") {
            return Err(invalid("is not for signatures (use)"));
        }
        if is("kty", "RSA") && is("alg", "RS256") {
            PublicKey::rsa(&number("n")?, &number("e")?)
        } else if is("kty", "EC") && is("crv", "P-256") && is("alg", "ES256") {
            PublicKey::p256(&number("x")?, &number("y")?)
        } else {
            Err(invalid("is for neither RS256 nor ES256 (kty, crv, alg)"))
        }
    }

    /// An RSA key for RS256, of 2048 to 4096 bits: modulus and exponent, the first byte being the highest.
    ///
    /// ```
    /// use cloud_run_auth::crypto::PublicKey;
    /// assert!(PublicKey::rsa(&[0xff; 256], &[1, 0, 1]).is_ok());
    /// assert!(PublicKey::rsa(&[0xff; 128], &[1, 0, 1]).is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option`, where it has more bits or fewer, or an exponent that no key has.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, AuthError> {
        let (modulus, exponent) = (unpadded(modulus), unpadded(exponent));
        let zeros = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        let bits = modulus.len().saturating_mul(8).saturating_sub(zeros);
        if !RSA_BITS.contains(&bits) {
            return Err(invalid("is an RSA key of under 2048 or over 4096 bits"));
        }
        // Odd and above 1, or nothing can be verified with it (RFC 8017, section 3.1); long ones only cost time.
        let odd = exponent.last().is_some_and(|last| last % 2 == 1);
        if !odd || exponent == [1] || exponent.len() > 4 {
            return Err(invalid("has an exponent that is even, 1 or over four bytes long"));
        }
        Ok(PublicKey(DecodingKey::from_rsa_raw_components(modulus, exponent)))
    }

    /// A key on the curve P-256 for ES256: both coordinates, 32 bytes each, the first being the highest.
    ///
    /// ```
    /// use cloud_run_auth::crypto::PublicKey;
    /// assert!(PublicKey::p256(&[1; 31], &[2; 32]).is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option` where a coordinate has another length (RFC 7518, section 6.2.1.2). Whether they are a point of
    /// the curve is for [`verify`](super::verify) to say.
    pub fn p256(x: &[u8], y: &[u8]) -> Result<PublicKey, AuthError> {
        if x.len() != 32 || y.len() != 32 {
            return Err(invalid("has a coordinate that is not 32 bytes long"));
        }
        // SEC 1, section 2.3.3: an uncompressed point.
        let mut point = Vec::with_capacity(65);
        point.push(4);
        point.extend_from_slice(x);
        point.extend_from_slice(y);
        Ok(PublicKey(DecodingKey::from_ec_der(&point)))
    }

    /// The one algorithm that the key is for.
    ///
    /// ```
    /// use cloud_run_auth::crypto::PublicKey;
    /// use cloud_run_auth::jose::Algorithm;
    /// assert_eq!(PublicKey::rsa(&[0xff; 256], &[3]).unwrap().algorithm(), Algorithm::Rs256);
    /// ```
    pub fn algorithm(&self) -> Algorithm {
        if self.0.family() == AlgorithmFamily::Ec { Algorithm::Es256 } else { Algorithm::Rs256 }
    }

    pub(super) fn decoding_key(&self) -> &DecodingKey {
        &self.0
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.algorithm()).finish()
    }
}

fn invalid(why: &str) -> AuthError {
    AuthError::new(Code::InvalidOption, &["the public key ", why, "."])
}
