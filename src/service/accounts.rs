//! Logging in, staying in, and getting out; and who one is.

use super::answer::{Answer, Envelope, Failure, Kind, Meta};
use super::caller::{self, As, Asker};
use super::denied;
use super::exchange;
use super::families::{self, Family, Login};
use super::own::{self, Made};
use super::run::{Run, Step};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What one logs in with: a client's id and secret, or an ID token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum LoginBody {
    /// A client, by its secret.
    Client(ClientBody),
    /// Whoever has an ID token of an issuer that the policy names.
    Token(IdTokenBody),
    /// Whoever has logged in with this browser.
    Session(SessionBody),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientBody {
    /// As the policy has it.
    #[schemars(length(min = 1))]
    client_id: String,
    #[schemars(length(min = 1))]
    client_secret: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdTokenBody {
    /// For this service: its URL is the token's audience.
    #[schemars(length(min = 1))]
    id_token: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionBody {
    /// `browser`.
    #[allow(dead_code, reason = "there is but one")]
    session: OfBrowser,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OfBrowser {
    Browser,
}

/// What is refreshed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshBody {
    /// As it came with the login, or with the last refresh. It is good once.
    #[schemars(length(min = 1))]
    refresh_token: String,
}

/// What one logs in for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Tokens {
    /// For this service alone.
    access_token: String,
    /// `Bearer`.
    token_type: String,
    /// For how many seconds the access token is good.
    expires_in: u64,
    /// For the next access token; good once.
    refresh_token: String,
    /// For how many seconds the login lasts.
    refresh_expires_in: u64,
}

/// Who one is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct User {
    /// The callers of the policy that one is.
    callers: Vec<String>,
    /// How one is told apart from others who are the same callers.
    subject: String,
    /// When what one came with ends, in seconds since 1970; null where it does not.
    expires_at: Option<u64>,
    /// What the policy grants, in words.
    grants: Vec<String>,
}

/// What came, and from whom.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Echo {
    /// The object that was sent.
    echo: Map<String, Value>,
    /// The callers of the policy that one is.
    callers: Vec<String>,
}

/// What is looked at or revoked, as a form (RFC 7662, section 2.1; RFC 7009, section 2.1).
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "the form is read member by member; this says to others what there is")]
pub(super) struct TokenToLookAt {
    /// An access or refresh token, or a JWT, of this service's.
    #[schemars(length(min = 1, max = 16384))]
    token: String,
    /// Not looked at.
    token_type_hint: Option<String>,
    /// A client's id, where it does not come in the header `authorization`.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
}

/// What there is to be known of a token (RFC 7662, section 2.2).
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Introspection {
    /// Whether it is good, now. Of one that is not, nothing else is told.
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

/// `POST api/auth/login`.
pub(super) fn login(run: &mut Run<'_>) -> Step<Answer> {
    let asker = match run.request.json::<LoginBody>()? {
        LoginBody::Client(ClientBody { client_id, client_secret }) => {
            caller::by_secret(run, &client_id, &client_secret)?
        }
        LoginBody::Token(IdTokenBody { id_token }) => {
            if own::says_so(run, &id_token) {
                return Err(own::not_good("id_token is a token of this service's own.").into());
            }
            caller::by_id_token(run, &id_token, As::Bearer)?
        }
        LoginBody::Session(_) if run.request.session.is_some() => caller::by_session(run)?,
        LoginBody::Session(_) => {
            let message = "nobody is logged in with this browser.";
            return Err(Failure::new(Kind::Caller, message.to_string()).because("nobody").into());
        }
    };
    let login = families::begin(run, &asker.subject, &asker.names)?;
    run.log.push(json!({ "event": "login", "caller": asker.names.join(" "), "sub": asker.subject, "sid": login.sid }));
    tokens(run, &login, "you are logged in.")
}

/// `POST api/auth/refresh`.
pub(super) fn refresh(run: &mut Run<'_>) -> Step<Answer> {
    let RefreshBody { refresh_token } = run.request.json()?;
    let login = families::refresh(run, &refresh_token)?;
    let names = login.family.callers(run.policy);
    run.caller = names.first().cloned().unwrap_or_default();
    if names.is_empty() {
        families::end(run, &login.sid)?;
        let message = "the policy no longer knows whoever logged in, so that the login has ended.";
        return Err(Failure::new(Kind::Grant, message.to_string()).because("no_caller").into());
    }
    tokens(run, &login, "the refresh token that you sent is used up; here is the next one.")
}

fn tokens(run: &mut Run<'_>, login: &Login, message: &str) -> Step<Answer> {
    let ttl_s = run.service.settings.access_ttl_s.min(login.ends_in_s);
    let issuer = run.service.settings.issuer.clone();
    let subject = login.family.callers(run.policy).first().cloned().unwrap_or_default();
    let made = Made { subject: &subject, audience: &issuer, scopes: &[], ttl_s, family: &login.sid };
    let (access_token, _) = own::access(run, &made)?;
    let tokens = Tokens {
        access_token,
        token_type: "Bearer".to_string(),
        expires_in: ttl_s,
        refresh_token: login.refresh_token.clone(),
        refresh_expires_in: login.ends_in_s,
    };
    Ok(enveloped(run, tokens, message))
}

/// `DELETE api/auth/revoke`: whoever has an access token ends its login.
pub(super) fn leave(run: &mut Run<'_>) -> Step<Answer> {
    let asker = caller::by_header(run)?;
    if asker.sid.is_empty() {
        let message =
            "this is no access token of a login. Send the one that came with the login, or POST what is to be revoked.";
        return Err(Failure::new(Kind::Forbidden, message.to_string()).because("no_login").into());
    }
    families::end(run, &asker.sid)?;
    run.log.push(json!({ "event": "revoke", "caller": asker.names.join(" "), "sub": asker.subject, "sid": asker.sid }));
    Ok(enveloped(run, Value::Null, "the login has ended, and with it its tokens."))
}

/// `POST api/auth/revoke`: whoever has a token of the service's may end it (RFC 7009).
pub(super) fn revoke(run: &mut Run<'_>) -> Step<Answer> {
    let form = run.request.form()?;
    let token = form.needed("token")?.to_string();
    if families::is_refresh(&token) {
        families::end_refresh(run, &token)?;
    } else if let Some(own) = own::read(run, &token)? {
        // A backend has the JWT that it was sent: by that it may not end its caller's login, but that JWT alone.
        if own.is_access {
            families::end(run, own.text("sid"))?;
        } else {
            denied::deny(run, own.text("jti"), own.ends_s())?;
        }
        run.log.push(
            json!({ "event": "revoke", "caller": own.text("sub"), "jti": own.text("jti"), "sid": own.text("sid") }),
        );
    }
    // Section 2.2: a token that is none is as good as revoked.
    Ok(Answer::json(200, &json!({})))
}

/// `POST api/auth/introspect` (RFC 7662), for callers.
pub(super) fn introspect(run: &mut Run<'_>) -> Step<Answer> {
    let form = run.request.form()?;
    let token = form.needed("token")?.to_string();
    let bearer =
        run.request.header("authorization").is_some_and(|header| !header.to_ascii_lowercase().starts_with("basic "));
    if bearer {
        caller::by_header(run)?
    } else {
        exchange::client(run, &form)?
    };
    let found = if families::is_refresh(&token) { of_refresh(run, &token)? } else { of_token(run, &token)? };
    Ok(Answer::json(200, &found.unwrap_or_default()))
}

fn of_refresh(run: &mut Run<'_>, token: &str) -> Step<Option<Introspection>> {
    let family = families::look_refresh(run, token)?;
    Ok(family.filter(|family| !family.callers(run.policy).is_empty()).map(|family: Family| Introspection {
        active: true,
        iss: Some(run.service.settings.issuer.clone()),
        sub: family.callers(run.policy).first().cloned(),
        token_type: Some("refresh_token".to_string()),
        exp: Some(family.ends_s()),
        ..Introspection::default()
    }))
}

fn of_token(run: &mut Run<'_>, token: &str) -> Step<Option<Introspection>> {
    let Some(own) = own::read(run, token)? else { return Ok(None) };
    let sid = own.text("sid").to_string();
    // What was had by a login ends with it.
    let ended =
        !sid.is_empty() && families::look(run, &sid)?.is_none_or(|family| family.callers(run.policy).is_empty());
    if ended || !own.is_access && denied::is_denied(run, own.text("jti"))? {
        return Ok(None);
    }
    let text = |name: &str| Some(own.text(name).to_string()).filter(|text| !text.is_empty());
    Ok(Some(Introspection {
        active: true,
        iss: text("iss"),
        sub: text("sub"),
        aud: text("aud"),
        client_id: text("client_id"),
        scope: text("scope"),
        token_type: Some("Bearer".to_string()),
        exp: Some(own.ends_s()),
        iat: own.claims.get("iat").and_then(Value::as_u64),
        jti: text("jti"),
    }))
}

/// `GET api/user`.
pub(super) fn user(run: &mut Run<'_>) -> Step<Answer> {
    let Asker { names, subject, ends_s, .. } = caller::by_header(run)?;
    let callers: Vec<&str> = names.iter().map(String::as_str).collect();
    let grants = run.policy.granted(&callers);
    Ok(enveloped(
        run,
        User { callers: names, subject, expires_at: ends_s, grants },
        "this is who you are, and what you may have.",
    ))
}

/// `POST api/echo`.
pub(super) fn echo(run: &mut Run<'_>) -> Step<Answer> {
    let asker = caller::by_header(run)?;
    let echo = run.request.json::<Map<String, Value>>()?;
    Ok(enveloped(run, Echo { echo, callers: asker.names }, "this is what you sent."))
}

/// An answer as it was asked for, in its envelope.
pub(super) fn enveloped<T: Serialize>(run: &Run<'_>, data: T, message: &str) -> Answer {
    let meta = Meta { request_id: run.seed.id("request"), code: None };
    Answer::json(200, &Envelope { success: true, data, message: message.to_string(), meta })
}
