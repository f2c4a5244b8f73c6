//! Who asks: a client by its secret, somebody by an ID token, or by an access token of the service's own.

use super::answer::{Failure, Kind};
use super::families;
use super::own::{self, not_good};
use super::policy::Proof;
use super::run::{Run, Step};
use crate::error::Code;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use form_urlencoded::parse;
use serde_json::Value;

/// How often a client's secret may be wrong: each try takes the service some ten milliseconds.
const WRONG_SECRETS: (u32, u32) = (10, 60);

/// Somebody who may ask.
#[derive(Debug)]
pub(super) struct Asker {
    /// The names of the callers that he is; at least one.
    pub(super) names: Vec<String>,
    /// Tells him from others that are the same callers.
    pub(super) subject: String,
    /// When what he came with ends; none where it does not.
    pub(super) ends_s: Option<u64>,
    /// The login that he came by; nothing where he came with something else.
    pub(super) sid: String,
}

/// What somebody came with, and how a token of it is spoken of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    /// In the header `authorization`.
    Bearer,
    /// As the subject of an exchange.
    Subject,
}

/// By the header `authorization`.
pub(super) fn by_header(run: &mut Run<'_>) -> Step<Asker> {
    let request = run.request;
    let header = request.header("authorization").unwrap_or_default();
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    if scheme.eq_ignore_ascii_case("bearer") && !rest.trim().is_empty() {
        return by_token(run, rest.trim(), As::Bearer);
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let (id, secret) = basic(rest)?;
        return by_secret(run, &id, &secret);
    }
    if header.is_empty() && request.session.is_some() {
        return by_session(run);
    }
    let message = "nobody is logged in. Send the header Authorization: Bearer with a token.";
    Err(Failure::new(Kind::Caller, message.to_string()).because("nobody").into())
}

/// A client's id and secret, as RFC 6749, section 2.3.1 has them: form-encoded, then as RFC 7617 has them.
pub(super) fn basic(text: &str) -> Result<(String, String), Failure> {
    let unreadable = || {
        let message = "the header authorization is not as RFC 7617 has it: base64 of id, colon and secret.";
        Failure::new(Kind::Client, message.to_string())
    };
    let bytes = crate::jose::base64::decode_pem(text.trim()).ok_or_else(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
    let (id, secret) = text.split_once(':').ok_or_else(unreadable)?;
    let decoded = |part: &str| {
        let pair = format!("x={}", part.replace('&', "%26").replace('=', "%3D"));
        parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    Ok((decoded(id), decoded(secret)))
}

/// By a client's id and secret.
pub(super) fn by_secret(run: &mut Run<'_>, id: &str, secret: &str) -> Step<Asker> {
    let wrong = || Failure::new(Kind::Client, "there is no such client, or its secret is another one.".to_string());
    let Some(caller) = run.policy.client(id) else { return Err(wrong().into()) };
    let Proof::Client { hashes, .. } = &caller.proof else { return Err(wrong().into()) };
    run.caller = caller.name.clone();
    let known = run.once(|service, now| service.known.holds(id, secret, hashes, now))?;
    if !known {
        let bucket = format!("secret {id}");
        let allowed = run.allowed(|service, now| service.limits.take(&bucket, WRONG_SECRETS, now))?;
        wait(allowed)?;
        if !run.once(|service, now| service.known.look(id, secret, hashes, now))? {
            return Err(wrong().into());
        }
    }
    let asker = Asker {
        names: [caller.name.clone()].into(),
        subject: format!("client {id}"),
        ends_s: None,
        sid: String::new(),
    };
    within_rate(run, asker)
}

/// By a token: the service's own, or that of an issuer that the policy names.
pub(super) fn by_token(run: &mut Run<'_>, token: &str, how: As) -> Step<Asker> {
    if own::says_so(run, token) { by_own(run, token, how) } else { by_id_token(run, token, how) }
}

/// By an access token of the service's own.
fn by_own(run: &mut Run<'_>, token: &str, how: As) -> Step<Asker> {
    let own = own::read(run, token)?.filter(|own| own.is_access && own.text("aud") == run.service.settings.issuer);
    let Some(own) = own else { return Err(refused(how, "the access token is none, or its time is over.").into()) };
    let sid = own.text("sid").to_string();
    let Some(family) = families::look(run, &sid)? else {
        return Err(refused(how, "the login of the access token has ended.").into());
    };
    let names = family.callers(run.policy);
    if names.is_empty() {
        return Err(refused(how, "the policy no longer knows whoever logged in.").into());
    }
    let asker = Asker { names, subject: family.subject.clone(), ends_s: Some(own.ends_s()), sid };
    within_rate(run, asker)
}

/// By an ID token.
pub(super) fn by_id_token(run: &mut Run<'_>, token: &str, how: As) -> Step<Asker> {
    let policy = run.policy;
    // What it says of itself only chooses whose keys it is held to.
    let issuer = match own::issuer(token).as_str() {
        "accounts.google.com" => "https://accounts.google.com".to_string(),
        issuer => issuer.to_string(),
    };
    let Some(verifier) = policy.verifier(&issuer) else {
        return Err(refused(how, "the token is of an issuer that the policy does not name, or is no token.").into());
    };
    let claims = match run.checked(token, verifier)? {
        Ok(claims) => claims,
        Err(failure) if failure.code == Code::KeysUnavailable => {
            return Err(Failure::new(Kind::Unavailable, failure.message.clone()).because("issuer_keys").into());
        }
        Err(failure) => return Err(refused(how, &failure.message).into()),
    };
    let ends_s = claims.get("exp").and_then(Value::as_f64).map(|exp| exp as u64);
    by_claims(run, &issuer, &claims, ends_s)
}

/// By the session of a browser that has logged in.
pub(super) fn by_session(run: &mut Run<'_>) -> Step<Asker> {
    let request = run.request;
    let claims = request.session.as_ref().unwrap_or(&Value::Null);
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default().to_string();
    by_claims(run, &issuer, claims, None)
}

fn by_claims(run: &mut Run<'_>, issuer: &str, claims: &Value, ends_s: Option<u64>) -> Step<Asker> {
    let names: Vec<String> = run.policy.matching(issuer, claims).map(|caller| caller.name.clone()).collect();
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if names.is_empty() {
        let message = "whoever that is, the policy names nobody like him. See cloud-run-auth policy explain.";
        return Err(Failure::new(Kind::Forbidden, message.to_string()).because("no_caller").into());
    }
    let asker = Asker { names, subject: format!("{issuer} {subject}"), ends_s, sid: String::new() };
    within_rate(run, asker)
}

/// By the metadata door, as the caller that the policy names for it.
pub(super) fn by_name(run: &mut Run<'_>, name: &str) -> Step<Asker> {
    let asker =
        Asker { names: [name.to_string()].into(), subject: format!("door {name}"), ends_s: None, sid: String::new() };
    within_rate(run, asker)
}

fn within_rate(run: &mut Run<'_>, asker: Asker) -> Step<Asker> {
    let name = asker.names.first().cloned().unwrap_or_default();
    // Of several callers that somebody is, the one who may ask the most.
    let rates = asker.names.iter().filter_map(|name| run.policy.caller(name)).map(|caller| caller.rate);
    let rate =
        rates.max_by_key(|(count, seconds)| u64::from(*count).saturating_mul(3600).checked_div(u64::from(*seconds)));
    run.caller = name;
    let (bucket, rate) = (asker.subject.clone(), rate.unwrap_or((1, 1)));
    let allowed = run.allowed(|service, now| service.limits.take(&bucket, rate, now))?;
    wait(allowed)?;
    Ok(asker)
}

fn wait(allowed: Result<(), u64>) -> Result<(), Failure> {
    allowed.map_err(|seconds| {
        let message = format!("too many requests. Try again in {seconds} s.");
        Failure { retry_after_s: seconds, ..Failure::new(Kind::TooMany, message) }
    })
}

fn refused(how: As, why: &str) -> Failure {
    match how {
        As::Bearer => not_good(why),
        As::Subject => Failure::new(Kind::Subject, why.to_string()),
    }
}
