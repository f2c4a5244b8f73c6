//! Who has logged in, by the ID token that came with the code's exchange (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! It came from the token endpoint itself, over TLS, which that section lets stand for a look at its signature.

use super::application::Login;
use super::flow::{Flow, same};
use crate::credential::sha256;
use crate::error::{AuthError, Code};
use crate::grant::object;
use crate::http::Received;
use crate::jose::Claims;
use crate::jose::base64::encode_url;
use crate::json::{Json, Text};
use crate::time::Now;

/// How far clocks may be apart, in seconds.
const LEEWAY_S: u64 = 30;

/// The claims about whoever has logged in, as JSON, once they hold; and his `sub`.
pub(super) fn identity(
    login: &Login,
    flow: &Flow,
    nonce: &str,
    answer: &Received<'_>,
    now: Now,
) -> Result<(Text, Text), AuthError> {
    let json = object(answer);
    let text = |name| json.and_then(|json| json.text(name)).unwrap_or_default();
    let (id_token, access_token) = (text("id_token"), text("access_token"));
    let claims = Claims::read(id_token.as_bytes()).ok_or_else(|| wrong("is missing, or no JWT"))?;
    let issuer = claims.text("iss");
    // Google's tokens name it in either way.
    if issuer.as_str() != login.fact("issuer") && !(login.is_google() && issuer.as_str() == "accounts.google.com") {
        return Err(wrong("is of another issuer"));
    }
    let client = login.fact("client_id");
    let party = claims.text("azp");
    let (for_us, alone) = claims.json().map_or((false, false), |json| {
        let aud = json.get("aud");
        (aud.is_some_and(|aud| aud.names(client)), aud.is_some_and(|aud| is_alone(&aud)))
    });
    if !for_us || !party.is_empty() && party.as_str() != client || party.is_empty() && !alone {
        return Err(wrong("is for another client"));
    }
    let now_s = if answer.date_ms > 0 { answer.date_ms / 1000 } else { now.wall_s() };
    let (issued_s, expires_s) = (claims.seconds("iat"), claims.seconds("exp"));
    if expires_s.is_none_or(|exp| exp.saturating_add(LEEWAY_S) <= now_s) {
        return Err(wrong("has ended already"));
    }
    if issued_s.is_none_or(|iat| iat > now_s.saturating_add(LEEWAY_S) || iat.saturating_add(86_400) < now_s) {
        return Err(wrong("was not issued now"));
    }
    // Section 15.5.2: what was sent has to come back; a device sends none.
    if !same(&claims.text("nonce"), nonce) {
        return Err(wrong("has not the nonce of this login"));
    }
    let hash = claims.text("at_hash");
    if !hash.is_empty() {
        let half = sha256(access_token.as_bytes());
        if hash.as_str() != encode_url(half.get(..16).unwrap_or_default()) {
            return Err(wrong("is not of the access token beside it (at_hash)"));
        }
    }
    let subject = claims.text("sub");
    if subject.is_empty() || subject.len() > 255 || !subject.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("does not say who it is of (sub)"));
    }
    let domain = claims.text("hd");
    if !flow.hd.is_empty() && (domain.is_empty() || flow.hd.as_str() != "*" && flow.hd.as_str() != domain.as_str()) {
        return Err(AuthError::about(
            Code::UserMismatch,
            "the user's account is not of ~. Log in with another one.",
            &flow.hd,
            "",
        ));
    }
    if !flow.subject.is_empty() && flow.subject.as_str() != subject.as_str() {
        return Err(AuthError::plain(
            Code::UserMismatch,
            "another user has logged in than the one who was asked to. Log in with that account.",
        ));
    }
    let said = claims.json().map(|json| json.written()).unwrap_or_default();
    Ok((said, subject))
}

/// Whether an audience is one alone.
fn is_alone(aud: &Json<'_>) -> bool {
    let mut parts = aud.parts();
    parts.next();
    parts.next().is_none()
}

fn wrong(why: &str) -> AuthError {
    AuthError::about(Code::InvalidAnswer, "the ID token of the login $. Begin the login again.", "", why)
}
