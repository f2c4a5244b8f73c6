//! What other services look for at their own places: health, and where what is.

use super::accounts::enveloped;
use super::answer::Answer;
use super::exchange::{CREDENTIALS, EXCHANGE};
use super::run::{Run, Step};
use super::signing;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use schemars::JsonSchema;
use serde::Serialize;

/// How the service is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok`, or there is an error in its place.
    status: String,
}

/// An object with nothing in it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Nothing {}

/// OpenID Connect Discovery 1.0, section 3, and RFC 8414, section 2.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Configuration {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    grant_types_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Vec<String>,
    response_types_supported: Vec<String>,
    subject_types_supported: Vec<String>,
    id_token_signing_alg_values_supported: Vec<String>,
}

/// RFC 7517, section 5.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(dead_code, reason = "for the document alone")]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[allow(dead_code, reason = "for the document alone")]
struct Key {
    kty: String,
    crv: String,
    alg: String,
    #[serde(rename = "use")]
    usage: String,
    kid: String,
    x: String,
    y: String,
}

pub(super) fn health(run: &mut Run<'_>) -> Step<Answer> {
    Ok(enveloped(run, Health { status: "ok".to_string() }, "the service answers."))
}

pub(super) fn ready(run: &mut Run<'_>) -> Step<Answer> {
    signing::ring(run)?;
    Ok(enveloped(run, Health { status: "ok".to_string() }, "the service can sign."))
}

pub(super) fn configuration(run: &mut Run<'_>) -> Step<Answer> {
    let issuer = &run.service.settings.issuer;
    let at = |path: &str| format!("{issuer}{path}");
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect();
    let configuration = Configuration {
        issuer: issuer.clone(),
        token_endpoint: at("/api/token"),
        jwks_uri: at("/.well-known/jwks.json"),
        introspection_endpoint: at("/api/auth/introspect"),
        revocation_endpoint: at("/api/auth/revoke"),
        grant_types_supported: words(&[EXCHANGE, CREDENTIALS]),
        token_endpoint_auth_methods_supported: words(&["client_secret_basic", "client_secret_post"]),
        // There is no authorization endpoint; what reads such documents wants these all the same.
        response_types_supported: words(&["token"]),
        subject_types_supported: words(&["public"]),
        id_token_signing_alg_values_supported: words(&["ES256"]),
    };
    Ok(Answer::json(200, &configuration).with("cache-control", "public, max-age=300".to_string()))
}
