//! What a host without WebCrypto asks the core: whether a signature is good.

use crate::crypto::{PublicKey, verify};
use crate::error::{AuthError, Code};
use crate::jose::Algorithm;
use crate::jose::base64::decode_url;
use crate::record::{Fields, Record};

/// Nothing is kept between two questions.
pub(super) type Kept = ();

pub(super) const KEPT: Kept = ();

/// `s` is followed by the algorithm, the key as a JWK, and what is signed and the signature, both in base64url. Clocks have no part in it. The
/// answer is 1 where it is good.
pub(super) fn answer(_: &mut Kept, mut fields: Fields<'_>, out: &mut Record) -> Result<(), AuthError> {
    if fields.text() != "s" {
        return Err(AuthError::plain(Code::CoreFailed, "the driver asked what there is no answer to."));
    }
    let algorithm = if fields.text() == "RS256" { Algorithm::Rs256 } else { Algorithm::Es256 };
    let key = PublicKey::from_jwk(fields.text())?;
    let [input, signature] = [(); 2].map(|()| decode_url(fields.text().as_bytes()));
    let good = match (input, signature) {
        (Some(input), Some(signature)) => verify(&key, algorithm, &input, &signature)?,
        _ => false,
    };
    out.text(if good { "1" } else { "0" });
    Ok(())
}
