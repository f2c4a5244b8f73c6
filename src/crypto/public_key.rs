//! Public keys, as issuers publish them.

use crate::error::{AuthError, Code};
use crate::jose::Algorithm;
use crate::jose::jwk::{Jwk, rsa};
use crate::json::Json;
use alloc::vec::Vec;
use core::fmt;

/// A public key, and with it the one algorithm that it is for.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub(super) algorithm: Algorithm,
    /// The modulus, or the point's first coordinate: the first byte being the highest.
    pub(super) first: Vec<u8>,
    /// The exponent, or the point's second coordinate.
    pub(super) second: Vec<u8>,
}

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
        let Jwk { algorithm, first, second, .. } = Jwk::read(&jwk).map_err(invalid)?;
        Ok(PublicKey { algorithm, first, second })
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
        let (first, second) = rsa(modulus, exponent).map_err(invalid)?;
        Ok(PublicKey { algorithm: Algorithm::Rs256, first, second })
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
        Ok(PublicKey { algorithm: Algorithm::Es256, first: x.into(), second: y.into() })
    }

    /// The one algorithm that the key is for.
    ///
    /// ```
    /// use cloud_run_auth::crypto::PublicKey;
    /// use cloud_run_auth::jose::Algorithm;
    /// assert_eq!(PublicKey::rsa(&[0xff; 256], &[3]).unwrap().algorithm(), Algorithm::Rs256);
    /// ```
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.algorithm()).finish()
    }
}

pub(super) fn invalid(why: &str) -> AuthError {
    AuthError::about(Code::InvalidOption, "the public key $.", "", why)
}
