//! What there is to be asked, in one table: the requests are led by it, and the OpenAPI document is made of it.

use super::accounts::{self, Echo, Introspection, LoginBody, RefreshBody, TokenToLookAt, Tokens, User};
use super::answer::{Answer, Failure, Kind, Style};
use super::door;
use super::exchange::{self, Issued, TokenForm};
use super::openapi::{self, Body, Doc, Schema};
use super::pages;
use super::run::{Run, Step};
use super::signing::{self, KEY_SET_AGE_S};
use super::standards::{self, Configuration, Health, KeySet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Something that can be asked.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) style: Style,
    answer: fn(&mut Run<'_>) -> Step<Answer>,
    pub(super) doc: Doc,
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Anybody,
    /// Whoever sends a token by `Authorization: Bearer`, or a client's secret by `Authorization: Basic`.
    Callers,
    /// The same, or a client's secret in the form.
    Clients,
    /// Whoever has what is in the body.
    Holder,
}

use Access::{Anybody, Callers, Clients, Holder};
use Style::{Envelope, OAuth};

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

pub(super) fn table() -> Vec<Route> {
    let route =
        |method, path, style, answer: fn(&mut Run<'_>) -> Step<Answer>, doc| Route { method, path, style, answer, doc };
    Vec::from([
        route("GET", "/api/health", Envelope, standards::health, Doc::new("health", "Whether the service answers", Anybody).gives(Schema::enveloped::<Health>())),
        route("GET", "/api/ready", Envelope, standards::ready, Doc::new("ready", "Whether it can sign, with its store at hand", Anybody).gives(Schema::enveloped::<Health>()).fails(&[503])),
        route("GET", "/api/docs", Envelope, pages::docs, Doc::new("docs", "This document, as Swagger UI shows it", Anybody).shows(HTML)),
        route("GET", "/api/redoc", Envelope, pages::redoc, Doc::new("redoc", "This document, as ReDoc shows it", Anybody).shows(HTML)),
        route("GET", "/api/openapi.json", Envelope, openapi::answer, Doc::new("openapi", "This document", Anybody).gives(Schema::of::<serde_json::Map<String, serde_json::Value>>())),
        route("GET", "/api/status", Envelope, pages::status, Doc::new("status", "Grants and refusals of the last minutes, for people", Anybody).shows(HTML).fails(&[403])),
        route("POST", "/api/auth/login", Envelope, accounts::login, Doc::new("login", "Logs in, for an access and a refresh token", Holder).takes(Body::json::<LoginBody>()).gives(Schema::enveloped::<Tokens>()).fails(&[400, 401, 403, 413, 415, 429, 503])),
        route("POST", "/api/auth/refresh", Envelope, accounts::refresh, Doc::new("refresh", "Gives the next access and refresh token; one that was used before ends the login", Holder).takes(Body::json::<RefreshBody>()).gives(Schema::enveloped::<Tokens>()).fails(&[400, 413, 415, 503])),
        route("DELETE", "/api/auth/revoke", Envelope, accounts::leave, Doc::new("leave", "Ends the login of the access token that is sent", Callers).gives(Schema::enveloped::<()>()).fails(&[401, 403, 429, 503])),
        route("POST", "/api/auth/revoke", OAuth, accounts::revoke, Doc::new("revoke", "Ends a token of this service's (RFC 7009). Backends that look at the signature alone take a JWT until it expires", Holder).takes(Body::form::<TokenToLookAt>()).gives(Schema::of::<standards::Nothing>()).fails(&[400, 413, 415, 503])),
        route("POST", "/api/auth/introspect", OAuth, accounts::introspect, Doc::new("introspect", "Whether a token of this service's is good, now (RFC 7662)", Clients).takes(Body::form::<TokenToLookAt>()).gives(Schema::of::<Introspection>()).fails(&[400, 401, 403, 413, 415, 429, 503])),
        route("GET", "/api/user", Envelope, accounts::user, Doc::new("user", "Who you are, and what you may have", Callers).gives(Schema::enveloped::<User>()).fails(&[401, 403, 429, 503])),
        route("POST", "/api/echo", Envelope, accounts::echo, Doc::new("echo", "Sends back what came", Callers).takes(Body::json::<serde_json::Map<String, serde_json::Value>>()).gives(Schema::enveloped::<Echo>()).fails(&[400, 401, 403, 413, 415, 429, 503])),
        route("POST", "/api/token", OAuth, exchange::token, Doc::new("token", "Exchanges what you have for the token that you need (RFC 8693), as far as the policy grants it", Clients).takes(Body::form::<TokenForm>()).gives(Schema::of::<Issued>()).fails(&[400, 401, 403, 413, 415, 429, 503])),
        route("GET", "/.well-known/openid-configuration", OAuth, standards::configuration, Doc::new("configuration", "Where what is (OpenID Connect Discovery 1.0)", Anybody).gives(Schema::of::<Configuration>())),
        route("GET", "/.well-known/oauth-authorization-server", OAuth, standards::configuration, Doc::new("server", "The same (RFC 8414)", Anybody).gives(Schema::of::<Configuration>())),
        route("GET", "/.well-known/jwks.json", OAuth, keys, Doc::new("keys", "The keys that the service's JWTs are signed with (RFC 7517)", Anybody).gives(Schema::of::<KeySet>()).fails(&[503])),
        route("GET", "/metrics", Envelope, pages::metrics, Doc::new("metrics", "Counters for Prometheus", Anybody).shows("text/plain; version=0.0.4; charset=utf-8").fails(&[403])),
    ])
}

/// Leads a request to its route. The name of the route goes with the answer, for metrics; and how errors are to be written.
pub(super) fn handle(run: &mut Run<'_>) -> (&'static str, Style, Step<Answer>) {
    let path = run.request.path().to_string();
    let base = run.service.settings.base_path().to_string();
    if door::is_here(run, &path) {
        let method = run.request.method.as_str();
        let done =
            if matches!(method, "GET" | "HEAD") { door::answer(run) } else { Err(not_allowed("GET, HEAD").into()) };
        return ("metadata", door::STYLE, done);
    }
    let below = path.strip_prefix(base.as_str()).unwrap_or_default();
    let table = table();
    let here: Vec<&Route> = table.iter().filter(|route| route.path == below).collect();
    let method = match run.request.method.as_str() {
        "HEAD" => "GET",
        method => method,
    };
    if let Some(route) = here.iter().find(|route| route.method == method) {
        return (route.path, route.style, (route.answer)(run));
    }
    let Some(first) = here.first() else {
        let message = format!("there is nothing at this path. See {base}/api/docs.");
        return ("none", Style::Envelope, Err(Failure::new(Kind::NotFound, message).into()));
    };
    let mut allowed: Vec<&str> = here.iter().map(|route| route.method).collect();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    (first.path, first.style, Err(not_allowed(&allowed.join(", ")).into()))
}

fn not_allowed(methods: &str) -> Failure {
    let mut failure = Failure::new(Kind::Method, format!("this path takes {methods}."));
    failure.header = Some(("allow", methods.to_string()));
    failure
}

fn keys(run: &mut Run<'_>) -> Step<Answer> {
    let ring = signing::ring(run)?;
    let age = format!("public, max-age={KEY_SET_AGE_S}");
    Ok(Answer::json(200, &ring.published()).with("cache-control", age))
}

impl Route {
    /// What the envelope of its answers is for.
    pub(super) fn content_type(&self) -> &'static str {
        self.doc.content_type.unwrap_or(JSON)
    }
}
