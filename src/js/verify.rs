//! What a service that is called asks the core.

use crate::error::{AuthError, Code};
use crate::jose::Algorithm;
use crate::record::{Fields, Record};
use crate::text::before;
use crate::time::Now;
use crate::verify::{Check, Event, Issuer, Keys, Turn, Verifier, bearer};

pub(super) type Kept = Keys;

/// No keys yet.
pub(super) const KEPT: Kept = Keys::new();

/// What there is to be asked, by its letter. Both clocks come first, as everywhere, and then what is wanted of tokens: emulator; `google`,
/// `iap` or an issuer's URL; URL of his keys; audiences, addresses, domains and clients, each with spaces between them; leeway, longest life.
///
/// `c` is a check's next step: its two fields; 1 where what came is an `Authorization` header, and not the token itself; what came; event
/// (0 begun, 1 failed, 3 an answer, 6 waited, 9 the signature is good, 8 it is not), status, `cache-control`, `age`, text. The answer is
/// `0` and the claims; or the letter of the action, the check's two fields, and what belongs to it: `3` a URL, `6` milliseconds,
/// `9` algorithm, JWK, what is signed and its signature.
pub(super) fn answer(keys: &mut Kept, mut fields: Fields<'_>, out: &mut Record) -> Result<(), AuthError> {
    if fields.text() != "c" {
        return Err(AuthError::plain(Code::CoreFailed, "the driver asked what there is no answer to."));
    }
    let now = Now::new(fields.number(), fields.number());
    let verifier = wanted(&mut fields)?;
    let mut check = Check::told(fields.small(), fields.number());
    let is_header = fields.flag();
    let came = fields.text();
    let token = if is_header { bearer(came).unwrap_or_default() } else { came };
    let kind = fields.small();
    let (status, cache_control, age) = (fields.number() as u16, fields.text(), fields.text());
    let text = fields.rest();
    let event = match kind {
        0 => Event::Begun,
        1 => Event::Failed(before(text, "\0")),
        3 => Event::Answer { status, cache_control, age, body: text },
        6 => Event::Waited,
        8 | 9 => Event::Verified(kind == 9),
        _ => return Err(AuthError::plain(Code::CoreFailed, "the driver told what there is no question for.")),
    };
    let turn = check.next(token, &verifier, keys, event, now)?;
    let (stage, until_ms) = check.told_as();
    let mut begin = |task: &str| {
        out.text(task);
        out.number(stage.into());
        out.number(until_ms);
    };
    match turn {
        Turn::Done(claims) => {
            out.text("0");
            out.text(&claims);
        }
        Turn::Get(url) => {
            begin("3");
            out.text(&url);
        }
        Turn::Wait(ms) => {
            begin("6");
            out.number(ms);
        }
        Turn::Verify { algorithm, jwk, input, signature } => {
            begin("9");
            out.text(if algorithm == Algorithm::Rs256 { "RS256" } else { "ES256" });
            for text in [jwk.as_str(), input, signature] {
                out.text(text);
            }
        }
    }
    Ok(())
}

fn wanted(fields: &mut Fields<'_>) -> Result<Verifier, AuthError> {
    let (emulator, name, keys_at) = (fields.text(), fields.text(), fields.text());
    let mut issuer = match name {
        "google" => Issuer::google(),
        "iap" => Issuer::iap(),
        url => Issuer::discovered(url)?,
    };
    if !keys_at.is_empty() {
        issuer = issuer.keys_at(keys_at)?;
    } else if !emulator.is_empty() {
        issuer = issuer.emulator(emulator)?;
    }
    let mut verifier = Verifier::new(issuer, fields.text())?;
    let [emails, domains, parties] = [(); 3].map(|()| fields.text());
    if !emails.is_empty() {
        verifier = verifier.emails(emails)?;
    }
    if !domains.is_empty() {
        verifier = verifier.domains(domains)?;
    }
    if !parties.is_empty() {
        verifier = verifier.parties(parties)?;
    }
    verifier.times(fields.number(), fields.number())
}
