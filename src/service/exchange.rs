//! Tokens for callers: what one has is exchanged for what he needs (RFC 8693), or a client asks by its secret (RFC 6749, section 4.4).

use super::answer::{Answer, Failure, Kind};
use super::caller::{self, As, Asker};
use super::own::{self, Made};
use super::policy::{Refusal, Want};
use super::request::{Form, scopes};
use super::run::{Action, Run, Step};
use crate::jose::Claims;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub(super) const CREDENTIALS: &str = "client_credentials";
pub(super) const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
pub(super) const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// What `POST api/token` takes, as a form.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the form is read member by member; this says to others what there is")]
pub(super) struct TokenForm {
    /// What is asked for: an exchange of `subject_token` (RFC 8693), or a token by a client's secret (RFC 6749, section 4.4).
    grant_type: GrantType,
    /// Whoever asks: an ID token of an issuer that the policy names, or an access token of this service's.
    #[schemars(length(max = 16384))]
    subject_token: Option<String>,
    /// Of which kind that is.
    subject_token_type: Option<SubjectType>,
    /// Whom the token is to be for, exactly as the policy has it.
    #[schemars(length(max = 16384))]
    audience: Option<String>,
    /// What it is to be for, with a space between.
    #[schemars(length(max = 16384))]
    scope: Option<String>,
    /// Google's ID token, Google's access token, or a JWT that this service signs. Default: with an audience the ID token if it is granted,
    /// and else the JWT; without one the access token.
    requested_token_type: Option<RequestedType>,
    /// For how many seconds at the most a JWT is to be good.
    #[schemars(range(min = 1, max = 3600))]
    expires_in: Option<u32>,
    /// A client's id, where it does not come in the header `authorization`.
    #[schemars(length(max = 16384))]
    client_id: Option<String>,
    /// Its secret.
    #[schemars(length(max = 16384))]
    client_secret: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "for the document alone")]
enum GrantType {
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    Exchange,
    #[serde(rename = "client_credentials")]
    Credentials,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "for the document alone")]
enum SubjectType {
    #[serde(rename = "urn:ietf:params:oauth:token-type:id_token")]
    IdToken,
    #[serde(rename = "urn:ietf:params:oauth:token-type:jwt")]
    Jwt,
    #[serde(rename = "urn:ietf:params:oauth:token-type:access_token")]
    AccessToken,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "for the document alone")]
enum RequestedType {
    #[serde(rename = "urn:ietf:params:oauth:token-type:id_token")]
    IdToken,
    #[serde(rename = "urn:ietf:params:oauth:token-type:access_token")]
    AccessToken,
    #[serde(rename = "urn:ietf:params:oauth:token-type:jwt")]
    Jwt,
}

/// What is answered (RFC 8693, section 2.2.1).
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Issued {
    /// The token, of whichever kind.
    access_token: String,
    /// Of which kind it is.
    issued_token_type: String,
    /// How it is sent.
    token_type: String,
    /// For how many seconds it is good.
    expires_in: u64,
    /// What it is for, with a space between.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

const KNOWN: &[&str] = &[
    "grant_type",
    "subject_token",
    "subject_token_type",
    "audience",
    "scope",
    "requested_token_type",
    "expires_in",
    "client_id",
    "client_secret",
];

/// `POST api/token`.
pub(super) fn token(run: &mut Run<'_>) -> Step<Answer> {
    let form = run.request.form()?;
    // What is not understood might have narrowed what is asked for: actors and resources, say.
    if let Some(other) = form.names().find(|name| !KNOWN.contains(name)) {
        let name = crate::error::shown(other);
        return Err(Failure::new(Kind::Request, format!("there is no parameter {name:?} here.")).into());
    }
    let grant_type = form.needed("grant_type")?;
    if grant_type != EXCHANGE && grant_type != CREDENTIALS {
        return Err(
            Failure::new(Kind::GrantType, format!("grant_type is neither {EXCHANGE} nor {CREDENTIALS}.")).into()
        );
    }
    // What is asked for is read before anybody is looked at: a bad question costs nothing.
    let asked = asked(&form)?;
    let asker = if grant_type == EXCHANGE { by_subject(run, &form)? } else { by_client(run, &form)? };
    let want = asked.want(run, &asker);
    let minted = mint(run, &asker, &want, asked.ttl_s)?;
    let kind = match want {
        Want::IdToken { .. } => ID_TOKEN,
        Want::AccessToken { .. } => ACCESS_TOKEN,
        Want::Jwt { .. } => JWT,
    };
    let scope = Some(want.scopes().join(" ")).filter(|scope| !scope.is_empty());
    Ok(Answer::json(
        200,
        &Issued {
            access_token: minted.token,
            issued_token_type: kind.to_string(),
            token_type: "Bearer".to_string(),
            expires_in: minted.ttl_s,
            scope,
        },
    )
    .with("pragma", "no-cache".to_string()))
}

fn by_subject(run: &mut Run<'_>, form: &Form) -> Step<Asker> {
    if run.request.header("authorization").is_some() || form.one("client_secret")?.is_some() {
        let message = "a subject token says who asks: leave out the client, or ask by client_credentials.";
        return Err(Failure::new(Kind::Request, message.to_string()).into());
    }
    let token = form.needed("subject_token")?;
    match form.needed("subject_token_type")? {
        ACCESS_TOKEN if own::says_so(run, token) => caller::by_token(run, token, As::Subject),
        ID_TOKEN | JWT if !own::says_so(run, token) => caller::by_id_token(run, token, As::Subject),
        ACCESS_TOKEN | ID_TOKEN | JWT => {
            let help =
                "An access token is one of this service's, an ID token or JWT one of an issuer that the policy names";
            Err(Failure::new(Kind::Subject, format!("subject_token is not of subject_token_type. {help}.")).into())
        }
        _ => {
            let message = format!("subject_token_type is none of {ID_TOKEN}, {JWT} and {ACCESS_TOKEN}.");
            Err(Failure::new(Kind::Request, message).into())
        }
    }
}

fn by_client(run: &mut Run<'_>, form: &Form) -> Step<Asker> {
    if form.one("subject_token")?.is_some() {
        let message = format!("subject_token goes with grant_type {EXCHANGE}.");
        return Err(Failure::new(Kind::Request, message).into());
    }
    client(run, form)
}

/// A client by its secret, in the header or in the form, and not in both (RFC 6749, section 2.3).
pub(super) fn client(run: &mut Run<'_>, form: &Form) -> Step<Asker> {
    let (id, secret) = (form.one("client_id")?, form.one("client_secret")?);
    match (run.request.header("authorization"), secret) {
        (Some(_), Some(_)) => {
            let message = "the client's secret came in the header and in the form: send it once.";
            Err(Failure::new(Kind::Request, message.to_string()).into())
        }
        (Some(header), None) => {
            let Some((_, rest)) = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            else {
                let message = "a client sends its id and secret by Authorization: Basic, or in the form.";
                return Err(Failure::new(Kind::Client, message.to_string()).into());
            };
            let (named, secret) = caller::basic(rest)?;
            if id.is_some_and(|id| id != named) {
                let message = "client_id is another one than in the header.";
                return Err(Failure::new(Kind::Request, message.to_string()).into());
            }
            caller::by_secret(run, &named, &secret)
        }
        (None, Some(secret)) => {
            let id = id.ok_or_else(|| Failure::new(Kind::Request, "client_id is missing.".to_string()))?;
            caller::by_secret(run, id, secret)
        }
        (None, None) => {
            let message = "there is no client: send its id and secret by Authorization: Basic, or in the form.";
            Err(Failure::new(Kind::Client, message.to_string()).into())
        }
    }
}

/// What somebody asks for, as the form says it.
struct Asked {
    kind: Option<String>,
    audience: Option<String>,
    scopes: Vec<String>,
    ttl_s: Option<u64>,
}

fn asked(form: &Form) -> Result<Asked, Failure> {
    let kind = form.one("requested_token_type")?.map(String::from);
    let audience = form.one("audience")?.map(String::from);
    let scopes = scopes(form.one("scope")?.unwrap_or_default())?;
    let ttl_s = match form.one("expires_in")? {
        Some(text) => {
            let read = text.parse::<u64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
            let good = read.filter(|seconds| (1..=3600).contains(seconds));
            let message = "expires_in is no whole number of seconds from 1 to 3600.";
            Some(good.ok_or_else(|| Failure::new(Kind::Request, message.to_string()))?)
        }
        None => None,
    };
    let wrong = |message: &str| Err(Failure::new(Kind::Request, message.to_string()));
    match kind.as_deref() {
        Some(ID_TOKEN) if audience.is_none() => return wrong("audience is missing: an ID token is for one."),
        Some(ID_TOKEN) if !scopes.is_empty() => return wrong("an ID token of Google's has no scope: leave it out."),
        Some(JWT) if audience.is_none() => return wrong("audience is missing: a JWT is for one."),
        Some(ACCESS_TOKEN) if audience.is_some() => {
            return wrong("an access token of Google's is for scopes, and has no audience: leave it out.");
        }
        Some(ID_TOKEN | JWT | ACCESS_TOKEN) => {}
        None if audience.is_none() && scopes.is_empty() => {
            return wrong("give an audience, or scope for an access token.");
        }
        None => {}
        Some(_) => {
            let message = format!("requested_token_type is none of {ID_TOKEN}, {ACCESS_TOKEN} and {JWT}.");
            return Err(Failure::new(Kind::Request, message));
        }
    }
    let googles = matches!(kind.as_deref(), Some(ID_TOKEN | ACCESS_TOKEN)) || audience.is_none();
    if googles && ttl_s.is_some() {
        return wrong("expires_in is for JWTs: tokens of Google's live for an hour.");
    }
    let audience_is_good = |audience: &str| audience.bytes().all(|byte| byte.is_ascii_graphic());
    if audience.as_deref().is_some_and(|audience| !audience_is_good(audience)) {
        return Err(Failure::new(Kind::Target, "audience has characters that are not visible ASCII.".to_string()));
    }
    Ok(Asked { kind, audience, scopes, ttl_s })
}

impl Asked {
    fn want(&self, run: &Run<'_>, asker: &Asker) -> Want {
        let (audience, scopes) = (self.audience.clone().unwrap_or_default(), self.scopes.clone());
        let names: Vec<&str> = asker.names.iter().map(String::as_str).collect();
        match self.kind.as_deref() {
            Some(ID_TOKEN) => Want::IdToken { audience },
            Some(ACCESS_TOKEN) => Want::AccessToken { scopes },
            None if self.audience.is_none() => Want::AccessToken { scopes },
            None if scopes.is_empty() && self.ttl_s.is_none() => {
                let id_token = Want::IdToken { audience: audience.clone() };
                if run.policy.decide(&names, &id_token).is_ok() { id_token } else { Want::Jwt { audience, scopes } }
            }
            _ => Want::Jwt { audience, scopes },
        }
    }
}

/// A token, and for how long it is good.
pub(super) struct Minted {
    pub(super) token: String,
    pub(super) ttl_s: u64,
}

/// Gives somebody what he wants, if the policy grants it to him.
pub(super) fn mint(run: &mut Run<'_>, asker: &Asker, want: &Want, asked_s: Option<u64>) -> Step<Minted> {
    let names: Vec<&str> = asker.names.iter().map(String::as_str).collect();
    let decision = run.policy.decide(&names, want).map_err(|refusal| refused(run, asker, want, refusal))?;
    run.caller = decision.caller.clone();
    let now_s = run.now.wall_s();
    let (minted, jti) = match want {
        Want::Jwt { audience, scopes } => {
            // No longer than the grant, than what he came with, and than he asks for.
            let left = asker.ends_s.map_or(u64::MAX, |ends_s| ends_s.saturating_sub(now_s));
            let ttl_s = decision.ttl_s.min(left).min(asked_s.unwrap_or(u64::MAX));
            if ttl_s == 0 {
                return Err(Failure::new(Kind::Subject, "the token that came is over.".to_string()).into());
            }
            let made = Made { subject: &decision.caller, audience, scopes, ttl_s, family: &asker.sid };
            let (token, jti) = own::jwt(run, &made)?;
            (Minted { token, ttl_s }, jti)
        }
        Want::IdToken { audience } => (id_token(run, audience)?, String::new()),
        Want::AccessToken { scopes } => {
            let came = run.made(Action::MintAccessToken { scopes: scopes.clone() })?;
            let text = came.map_err(|why| google_failed(&why))?;
            // The host says until when it is good, in ms; and then the token.
            let (until, token) = text.split_once(' ').unwrap_or(("0", &text));
            let until_s = until.parse::<u64>().unwrap_or_default().checked_div(1000).unwrap_or_default();
            let ttl_s = until_s.saturating_sub(now_s);
            if token.is_empty() || ttl_s == 0 {
                return Err(google_failed("what came is over, or empty").into());
            }
            (Minted { token: token.to_string(), ttl_s }, String::new())
        }
    };
    let Minted { token, ttl_s } = minted;
    let ttl_s = ttl_s.min(decision.ttl_s);
    note(
        run,
        asker,
        want,
        "grant",
        &json!({ "caller": decision.caller, "line": decision.line, "ttl": ttl_s, "jti": jti }),
    );
    run.service.metrics.granted(&decision.caller, want.kind(), run.clock);
    Ok(Minted { token, ttl_s })
}

fn id_token(run: &mut Run<'_>, audience: &str) -> Step<Minted> {
    let came = run.made(Action::MintIdToken { audience: audience.into() })?;
    let token = came.map_err(|why| google_failed(&why))?;
    // What Google made is looked at: for another audience it would be somebody else's key.
    let claims = Claims::read(token.as_bytes()).filter(|claims| claims.is_for(audience));
    let ttl_s = claims.and_then(|claims| claims.seconds("exp")).map(|exp| exp.saturating_sub(run.now.wall_s()));
    match ttl_s {
        Some(ttl_s) if ttl_s > 0 => Ok(Minted { token, ttl_s }),
        _ => Err(google_failed("what came is no ID token for that audience").into()),
    }
}

fn refused(run: &mut Run<'_>, asker: &Asker, want: &Want, refusal: Refusal) -> Failure {
    note(run, asker, want, "refusal", &json!({ "caller": asker.names.join(" "), "reason": refusal.as_str() }));
    let who = asker.names.join(", ");
    let (kind, what) = match refusal {
        Refusal::NothingOfTheKind => (Kind::Target, "nothing of this kind"),
        Refusal::Audience => (Kind::Target, "nothing for this audience"),
        Refusal::Scopes => (Kind::Scope, "not all of these scopes by one grant"),
    };
    Failure::new(kind, format!("the policy grants {who} {what}. See cloud-run-auth policy explain."))
        .because(refusal.as_str())
}

fn google_failed(why: &str) -> Failure {
    let message = format!("there is no token to be had from Google ({}). Try again later.", crate::error::shown(why));
    Failure::new(Kind::Unavailable, message).because("google")
}

/// A line of the log: who got or was refused what.
fn note(run: &mut Run<'_>, asker: &Asker, want: &Want, event: &str, more: &serde_json::Value) {
    let mut line = json!({
        "event": event,
        "sub": asker.subject,
        "kind": want.kind(),
        "aud": want.audience(),
        "scope": want.scopes().join(" "),
        "request_id": run.seed.id("request"),
    });
    if let (Some(line), Some(more)) = (line.as_object_mut(), more.as_object()) {
        for (name, value) in more {
            line.insert(name.clone(), value.clone());
        }
    }
    run.log.push(line);
}
