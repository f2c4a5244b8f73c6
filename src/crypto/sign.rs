//! Signing in pure Rust.

use super::der;
use super::{PublicKey, verify};
use crate::error::{AuthError, Code};
use crate::jose::{Algorithm, rsa_private_key};
use crate::secret::Secret;
use crate::text::contains;
use alloc::vec::Vec;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

/// Signs with an RSA private key: PEM, or DER as PKCS #8 or PKCS #1, of 2048 to 4096 bits.
///
/// The key is parsed anew for each signature and wiped after it. ES256 is for verifying alone: no Google credential signs so.
///
/// ```
/// use cloud_run_auth::crypto::sign;
/// use cloud_run_auth::error::Code;
/// use cloud_run_auth::jose::Algorithm;
/// use cloud_run_auth::secret::Secret;
///
/// let error = sign(&Secret::new("no key"), Algorithm::Rs256, b"header.claims").unwrap_err();
/// assert_eq!(error.code, Code::InvalidCredential);
/// ```
///
/// # Errors
/// `invalid_credential` where the key is none of those, `signing_failed` where it signs what it does not verify,
/// `unsupported_by_host` for ES256.
pub fn sign(key: &Secret, algorithm: Algorithm, input: &[u8]) -> Result<Vec<u8>, AuthError> {
    if algorithm != Algorithm::Rs256 {
        return Err(AuthError::new(Code::UnsupportedByHost, &["signing is for RS256 alone; ES256 is verified only."]));
    }
    let invalid = |why: &str| AuthError::new(Code::InvalidCredential, &["the private key ", why, "."]);
    let pem = key.expose_text();
    let wrapped = if contains(pem, "-----BEGIN") { Some(rsa_private_key(pem).map_err(invalid)?) } else { None };
    let der = wrapped.as_ref().unwrap_or(key).expose();
    let pkcs1 = der::pkcs1(der).ok_or_else(|| invalid("is neither PEM nor the DER of an RSA private key"))?;
    let [modulus, exponent] =
        der::public_parts(pkcs1).ok_or_else(|| invalid("is no RSA private key; it may have been cut off"))?;
    let public = PublicKey::rsa(modulus, exponent).map_err(|_| invalid("is not of 2048 to 4096 bits"))?;

    let failed = |_| {
        AuthError::new(
            Code::SigningFailed,
            &["the private key does not fit together; it may have been altered. Create a new key."],
        )
    };
    let signer = (DEFAULT_PROVIDER.signer_factory)(&jsonwebtoken::Algorithm::RS256, &EncodingKey::from_rsa_der(pkcs1))
        .map_err(|_| failed(()))?;
    let signature = signer.try_sign(input).map_err(|_| failed(()))?;
    // A fault in the arithmetic gives a signature from which the key can be computed (Boneh, DeMillo, Lipton 1997).
    if verify(&public, algorithm, input, &signature)? { Ok(signature) } else { Err(failed(())) }
}
