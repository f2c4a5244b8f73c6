//! What goes out to JavaScript: fields, each followed by a zero character.

use crate::error::{AuthError, Code};
use crate::text::{concat, decimal};
use crate::token::{Action, Lease, OperationId, Tokens, Turn};
use alloc::string::String;

/// A turn: its kind, and what belongs to the kind.
pub(super) fn turn(tokens: &mut Tokens, id: OperationId, turn: Turn) -> String {
    match turn {
        // 0: the lease, the key, the token unless it was handed out before, the key that had to go.
        Turn::Done { result: Ok(key), evicted } => {
            let lease = tokens.lease(&key).map(|held| lease(&held)).unwrap_or_default();
            let token = tokens.take_token(&key);
            let (token, gone) = (token.as_ref().map_or("", |token| token.expose_text()), evicted.as_ref().map_or("", |key| key.as_str()));
            concat(&["0\0", &lease, &fields(&[key.as_str(), token, gone])])
        }
        Turn::Done { result: Err(failure), .. } => error(&failure),
        // Every other: the call's number, the flight that it leads (0: none), what belongs to the action.
        Turn::Act { leads, action } => {
            let (kind, rest) = act(tokens, id, action);
            let leads = leads.map_or(0, |flight| flight.0);
            concat(&[&fields(&[kind, &decimal(u64::from(id.0)), &decimal(u64::from(leads))]), &rest])
        }
    }
}

/// What was asked for, or the error.
pub(super) fn outcome(result: Result<String, AuthError>) -> String {
    result.unwrap_or_else(|failure| error(&failure))
}

/// Serial, refresh and expiry.
pub(super) fn lease(held: &Lease) -> String {
    let (refresh, expires) = held.deadlines_ms();
    fields(&[&decimal(u64::from(held.serial)), &decimal(refresh), &decimal(expires)])
}

/// Fields, each with its end.
pub(super) fn fields(fields: &[&str]) -> String {
    let mut out = String::with_capacity(fields.iter().map(|field| field.len().saturating_add(1)).sum());
    for field in fields {
        out.push_str(field);
        out.push('\0');
    }
    out
}

/// The kind of an action, and what belongs to it.
fn act(tokens: &mut Tokens, id: OperationId, action: Action) -> (&'static str, String) {
    match action {
        Action::Sign { input, .. } => {
            let (number, print) = tokens.leader(id).map(|(number, credential)| (number.0, credential.fingerprint().as_str())).unwrap_or_default();
            ("2", fields(&[&decimal(u64::from(number)), print, &input]))
        }
        Action::Send(request) => {
            let body = request.body.and_then(|body| tokens.secret(id, body));
            let body = body.as_ref().map_or("", |body| body.expose_text());
            let mut out = fields(&[request.method, &request.url, &decimal(request.timeout_ms), body]);
            for (name, value) in &request.headers {
                out.push_str(&fields(&[name, value]));
            }
            ("3", out)
        }
        Action::Read { path } => ("4", fields(&[&path])),
        Action::Call { target, .. } => ("5", fields(&[if target.is_access() { "1" } else { "" }, target.as_str()])),
        Action::Join { flight, poll_ms } => ("6", fields(&[&decimal(u64::from(flight.0)), &decimal(poll_ms)])),
        // No credential of this module asks for the others; a turn never holds a Done.
        _ => ("1", error(&AuthError::new(Code::UnsupportedByHost, &["this host cannot do what the credential needs."]))),
    }
}

/// Kind 1: code, message, transient, retry after, and what the server said.
fn error(failure: &AuthError) -> String {
    let retry_after = failure.retry_after_ms.map(decimal).unwrap_or_default();
    let mut out = fields(&["1", failure.code.as_str(), &failure.message, if failure.transient { "1" } else { "" }, &retry_after]);
    if let Some(said) = &failure.server {
        let words = |words: &Option<String>| words.clone().unwrap_or_default();
        out.push_str(&fields(&[&decimal(u64::from(said.status)), &words(&said.error), &words(&said.description)]));
    }
    out
}
