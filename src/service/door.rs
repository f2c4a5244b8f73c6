//! The metadata door: what Google's metadata server says, said by this service, so that any client library of Google's gets its tokens
//! here, in whatever language, once `GCE_METADATA_HOST` names it. Whoever comes is one caller, whom the policy names.

use super::answer::{Answer, Failure, Kind, Style};
use super::caller;
use super::exchange::{self, Minted};
use super::policy::{Metadata, Want};
use super::run::{Run, Step};
use super::settings::Door;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::json;

pub(super) const ROOT: &str = "/computeMetadata/v1/";
/// How Google's clients call the server; whatever else names us came by somebody's DNS.
const HOSTS: &[&str] = &[
    "metadata.google.internal",
    "metadata.google.internal.",
    "metadata",
    "169.254.169.254",
    "localhost",
    "127.0.0.1",
    "[::1]",
];

/// Whether a path is the door's: where there is none, there is nothing there.
pub(super) fn is_here(run: &Run<'_>, path: &str) -> bool {
    let asks = run.request.header("metadata-flavor").is_some();
    let on = run.service.settings.metadata != Door::Off && run.policy.metadata.is_some();
    on && (path.starts_with("/computeMetadata") || path == "/" && asks)
}

/// Everything below it.
pub(super) fn answer(run: &mut Run<'_>) -> Step<Answer> {
    admitted(run)?;
    let policy = run.policy;
    let Some(metadata) = &policy.metadata else { return Err(nothing().into()) };
    let path = run.request.path().to_string();
    if matches!(path.as_str(), "/" | "/computeMetadata" | "/computeMetadata/") {
        return Ok(text("computeMetadata/"));
    }
    let Some(rest) = path.strip_prefix(ROOT) else { return listed(&path) };
    match rest.trim_end_matches('/') {
        "" => Ok(text("instance/\nproject/\nuniverse/")),
        "instance" => Ok(text("service-accounts/")),
        "project" => Ok(text("numeric-project-id\nproject-id")),
        "project/project-id" => Ok(text(&metadata.project_id)),
        "project/numeric-project-id" => Ok(text(&metadata.numeric_project_id)),
        "universe" => Ok(text("universe-domain")),
        "universe/universe-domain" | "universe/universe_domain" => Ok(text("googleapis.com")),
        "instance/service-accounts" => accounts(run, metadata),
        rest => match rest.strip_prefix("instance/service-accounts/") {
            Some(rest) => account(run, metadata, rest),
            None => Err(nothing().into()),
        },
    }
}

/// Google's server answers such paths without their last slash by a redirect.
fn listed(path: &str) -> Step<Answer> {
    if path == "/computeMetadata/v1" {
        let answer = text(ROOT).with("location", ROOT.to_string());
        return Ok(Answer { status: 301, ..answer });
    }
    Err(nothing().into())
}

fn admitted(run: &Run<'_>) -> Result<(), Failure> {
    let forbidden = |message: &str| Err(Failure::new(Kind::Forbidden, message.to_string()).because("door"));
    if run.service.settings.metadata != Door::Open && !run.request.is_local() {
        return forbidden("the metadata door is for this machine alone.");
    }
    // Names that lead here by somebody else's DNS, and requests that a proxy was made to send, are how pages in browsers get at it.
    let host = run.request.header("host").unwrap_or_default();
    let name = named(host);
    let own = run.service.settings.issuer.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
    if !HOSTS.contains(&name) && (run.service.settings.metadata != Door::Open || own != Some(name)) {
        return forbidden("the header host does not name the metadata server.");
    }
    if run.request.header("metadata-flavor") != Some("Google") {
        return forbidden("the header Metadata-Flavor: Google is missing.");
    }
    let forwarded = |(name, _): &(String, String)| name.starts_with("x-forwarded-") || name == "forwarded";
    if run.request.headers.iter().any(forwarded) {
        return forbidden("the request was forwarded, which the metadata server takes from nobody.");
    }
    Ok(())
}

/// The name in a header host; nothing where more than a port is behind it.
fn named(host: &str) -> &str {
    let end = if host.starts_with('[') { host.find(']').map(|at| at.saturating_add(1)) } else { host.find(':') };
    let (name, rest) = host.split_at_checked(end.unwrap_or(host.len())).unwrap_or_default();
    let port = rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if rest.is_empty() || port { name } else { "" }
}

/// Whether a `Host` header names this machine, or there is none.
pub(super) fn is_own_name(host: Option<&str>) -> bool {
    host.is_none_or(|host| matches!(named(host), "localhost" | "127.0.0.1" | "[::1]"))
}

fn accounts(run: &mut Run<'_>, metadata: &Metadata) -> Step<Answer> {
    if recursive(run)? {
        let one = about(run, metadata);
        return Ok(google(Answer::json(200, &json!({ "default": one, &metadata.email: one }))));
    }
    Ok(text(&format!("default/\n{}/", metadata.email)))
}

fn account(run: &mut Run<'_>, metadata: &Metadata, rest: &str) -> Step<Answer> {
    let (who, what) = rest.split_once('/').unwrap_or((rest, ""));
    if who != "default" && who != metadata.email {
        return Err(nothing().into());
    }
    match what {
        "" if recursive(run)? => Ok(google(Answer::json(200, &about(run, metadata)))),
        "" => Ok(text("aliases\nemail\nidentity\nscopes\ntoken")),
        "aliases" => Ok(text("default")),
        "email" => Ok(text(&metadata.email)),
        "scopes" => Ok(text(&run.policy.access_scopes(&metadata.caller).join("\n"))),
        "identity" => identity(run, metadata),
        "token" => token(run, metadata),
        _ => Err(nothing().into()),
    }
}

fn about(run: &Run<'_>, metadata: &Metadata) -> serde_json::Value {
    let scopes = run.policy.access_scopes(&metadata.caller);
    json!({ "aliases": ["default"], "email": metadata.email, "scopes": scopes })
}

fn identity(run: &mut Run<'_>, metadata: &Metadata) -> Step<Answer> {
    let query = run.request.query();
    let audience = query.one("audience")?;
    let Some(audience) = audience.filter(|audience| audience.bytes().all(|byte| byte.is_ascii_graphic())) else {
        return Err(Failure::new(Kind::Request, "non-empty audience parameter required".to_string()).into());
    };
    let asker = caller::by_name(run, &metadata.caller)?;
    let want = Want::IdToken { audience: audience.to_string() };
    let Minted { token, .. } = exchange::mint(run, &asker, &want, None)?;
    Ok(google(Answer::new(200, "text/html", token)))
}

fn token(run: &mut Run<'_>, metadata: &Metadata) -> Step<Answer> {
    let query = run.request.query();
    let asked = query.one("scopes")?.map(|scopes| scopes.replace(',', " "));
    let scopes: Vec<String> = match asked {
        Some(asked) => super::request::scopes(&asked)?,
        None => run.policy.access_scopes(&metadata.caller).to_vec(),
    };
    let asker = caller::by_name(run, &metadata.caller)?;
    let Minted { token, ttl_s } = exchange::mint(run, &asker, &Want::AccessToken { scopes }, None)?;
    let body = json!({ "access_token": token, "expires_in": ttl_s, "token_type": "Bearer" });
    Ok(google(Answer::json(200, &body)))
}

fn recursive(run: &Run<'_>) -> Result<bool, Failure> {
    Ok(run.request.query().one("recursive")?.is_some_and(|value| value.eq_ignore_ascii_case("true")))
}

fn text(body: &str) -> Answer {
    google(Answer::new(200, "application/text", body.to_string()))
}

fn google(answer: Answer) -> Answer {
    answer.with("metadata-flavor", "Google".to_string()).with("server", "Metadata Server for VM".to_string())
}

fn nothing() -> Failure {
    let mut failure = Failure::new(Kind::NotFound, "there is nothing here.".to_string());
    failure.header = Some(("metadata-flavor", "Google".to_string()));
    failure
}

/// How its errors are written.
pub(super) const STYLE: Style = Style::Text;
