//! The service's own tokens: access tokens for itself (RFC 9068) and JWTs for backends.

use super::answer::{Failure, Kind};
use super::run::{Run, Step};
use super::signing;
use crate::jose::LONGEST;
use crate::jose::base64::decode_url;
use alloc::format;
use alloc::string::{String, ToString};
use serde_json::{Value, json};

/// Of access tokens (RFC 9068, section 2.1): nobody takes one for something else.
const ACCESS: &str = "at+jwt";
const BACKENDS: &str = "JWT";

/// What is signed into a token.
pub(super) struct Made<'a> {
    pub(super) subject: &'a str,
    pub(super) audience: &'a str,
    pub(super) scopes: &'a [String],
    pub(super) ttl_s: u64,
    /// The login that it ends with; nothing where there is none.
    pub(super) family: &'a str,
}

/// An access token for the service itself.
pub(super) fn access(run: &mut Run<'_>, made: &Made<'_>) -> Step<(String, String)> {
    token(run, ACCESS, made)
}

/// A token for a backend.
pub(super) fn jwt(run: &mut Run<'_>, made: &Made<'_>) -> Step<(String, String)> {
    token(run, BACKENDS, made)
}

/// The token and its `jti`.
fn token(run: &mut Run<'_>, typ: &str, made: &Made<'_>) -> Step<(String, String)> {
    let (now_s, jti) = (run.now.wall_s(), run.seed.id(typ));
    let mut claims = json!({
        "iss": run.service.settings.issuer,
        "sub": made.subject,
        "aud": made.audience,
        "client_id": made.subject,
        "iat": now_s,
        "nbf": now_s,
        "exp": now_s.saturating_add(made.ttl_s),
        "jti": jti,
    });
    if let Some(claims) = claims.as_object_mut() {
        if !made.scopes.is_empty() {
            claims.insert("scope".to_string(), Value::String(made.scopes.join(" ")));
        }
        if !made.family.is_empty() {
            claims.insert("sid".to_string(), Value::String(made.family.to_string()));
        }
    }
    Ok((signing::signed(run, typ, &claims)?, jti))
}

/// A token of the service's own, as it was signed.
pub(super) struct Own {
    pub(super) claims: Value,
    pub(super) is_access: bool,
}

impl Own {
    pub(super) fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn ends_s(&self) -> u64 {
        self.claims.get("exp").and_then(Value::as_u64).unwrap_or_default()
    }
}

/// Whether a token says that the service has made it; to be verified.
pub(super) fn says_so(run: &Run<'_>, token: &str) -> bool {
    peek(token, 1)
        .and_then(|claims| Some(claims.get("iss")?.as_str()? == run.service.settings.issuer))
        .unwrap_or_default()
}

/// The issuer that a token says it is of; to be verified.
pub(super) fn issuer(token: &str) -> String {
    peek(token, 1).and_then(|claims| Some(claims.get("iss")?.as_str()?.to_string())).unwrap_or_default()
}

/// A token of the service's own whose signature holds and whose time is not over, or nothing. Whether it was revoked is another question.
pub(super) fn read(run: &mut Run<'_>, token: &str) -> Step<Option<Own>> {
    let (Some(header), Some(claims)) = (peek(token, 0), peek(token, 1)) else { return Ok(None) };
    let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
    let typ = text("typ");
    if text("alg") != "ES256" || !matches!(typ, ACCESS | BACKENDS) || header.get("crit").is_some() {
        return Ok(None);
    }
    let Some((input, signature)) = token.rsplit_once('.').filter(|(input, _)| input.split('.').count() == 2) else {
        return Ok(None);
    };
    let ring = signing::ring(run)?;
    let Some(jwk) = ring.public(text("kid")) else { return Ok(None) };
    if !run.is_signed(&jwk, input, signature)? {
        return Ok(None);
    }
    let own = Own { is_access: typ == ACCESS, claims };
    let good = own.text("iss") == run.service.settings.issuer && run.now.wall_s() < own.ends_s();
    Ok(Some(own).filter(|_| good))
}

/// A part of a token that is JSON, unverified.
fn peek(token: &str, part: usize) -> Option<Value> {
    let part = Some(token).filter(|token| token.len() <= LONGEST)?.split('.').nth(part)?;
    serde_json::from_slice::<Value>(&decode_url(part.as_bytes())?).ok().filter(Value::is_object)
}

/// Whoever came with a token that is none.
pub(super) fn not_good(why: &str) -> Failure {
    let mut failure = Failure::new(Kind::Caller, format!("{why} Log in again, or send another token."));
    failure.header = Some(("www-authenticate", "Bearer realm=\"cloud-run-auth\", error=\"invalid_token\"".to_string()));
    failure.because("invalid_token")
}
