//! Signing and verifying in pure Rust, for hosts without WebCrypto. No claim is looked at here, only signatures.
//!
//! Where there is WebCrypto, sign with that: its keys cannot be read out, and it is not what the next paragraph is about.
//!
//! RSA signing in Rust's `rsa` crate takes a time that depends a little on the key (RUSTSEC-2023-0071, the Marvin
//! attack; its 0.10 is hardened, and jsonwebtoken 11.1 holds to 0.9). Every signature here is blinded with fresh randomness and
//! verified before it is handed out, and what is signed is this process's own assertions, a few an hour: nobody
//! else chooses the input or sees how long it took. Do not put [`sign`] behind an interface where somebody else does both.

#[cfg(feature = "crypto")]
mod der;
mod public_key;
#[cfg(feature = "crypto")]
mod sign;

pub use public_key::PublicKey;
#[cfg(feature = "crypto")]
pub use sign::sign;

use crate::error::AuthError;
use crate::jose::Algorithm;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use public_key::invalid;
use rsa::{BoxedUint, Pkcs1v15Sign};
use sha2::{Digest, Sha256};

/// Whether a signature is good: of that key, by that algorithm, over that input.
///
/// ```
/// use cloud_run_auth::crypto::{PublicKey, verify};
/// use cloud_run_auth::jose::Algorithm;
///
/// let key = PublicKey::p256(&[1; 32], &[2; 32]).unwrap();
/// assert!(verify(&key, Algorithm::Rs256, b"header.claims", b"").is_err());
/// ```
///
/// # Errors
/// `invalid_option` where the key is not one for that algorithm, or no point of its curve.
pub fn verify(key: &PublicKey, algorithm: Algorithm, input: &[u8], signature: &[u8]) -> Result<bool, AuthError> {
    if key.algorithm() != algorithm {
        return Err(invalid("is for another algorithm"));
    }
    let unusable = || invalid("is no key that signatures can be verified with");
    let hash = Sha256::digest(input);
    match algorithm {
        Algorithm::Rs256 => {
            let [modulus, exponent] = [&key.first, &key.second].map(|number| BoxedUint::from_be_slice_vartime(number));
            let key = rsa::PublicKey::new(modulus, exponent).map_err(|_| unusable())?;
            Ok(key.verify(Pkcs1v15Sign::new::<Sha256>(), &hash, signature).is_ok())
        }
        Algorithm::Es256 => {
            // SEC 1, section 2.3.3: a point that is written out.
            let point = [&[4], key.first.as_slice(), key.second.as_slice()].concat();
            let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| unusable())?;
            // RFC 7518, section 3.4: r and s, 32 bytes each.
            Ok(Signature::from_slice(signature).is_ok_and(|signature| key.verify_prehash(&hash, &signature).is_ok()))
        }
    }
}
