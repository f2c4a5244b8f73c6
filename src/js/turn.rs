//! Turns as text: their kind, and what belongs to the kind.

use super::fields::{error, joined};
use crate::error::{AuthError, Code};
use crate::text::{concat, decimal};
use crate::token::{Action, Lease, OperationId, Tokens, Turn};
use alloc::string::String;

/// A turn. Kind 0: the lease, the key, the token unless it was handed out before, the key that had to go. Every
/// other, from 2 on: the call's number, the flight that it leads (0: none), and what belongs to the action.
pub(super) fn text(tokens: &mut Tokens, id: OperationId, turn: Turn) -> String {
    match turn {
        Turn::Done { result: Ok(key), evicted } => {
            let lease = tokens.lease(&key).map(|held| lease(&held)).unwrap_or_default();
            let token = tokens.take_token(&key);
            let token = token.as_ref().map_or("", |token| token.expose_text());
            concat(&["0\0", &lease, &joined(&[key.as_str(), token, evicted.as_ref().map_or("", |key| key.as_str())])])
        }
        Turn::Done { result: Err(failure), .. } => error(&failure),
        Turn::Act { leads, action } => {
            let leads = leads.map_or(0, |flight| flight.0);
            let Some((kind, rest)) = act(tokens, id, action) else {
                tokens.abandon(id);
                return error(&AuthError::new(Code::UnsupportedByHost, &["this host cannot do what the credential needs."]));
            };
            concat(&[kind, "\0", &decimal(u64::from(id.0)), "\0", &decimal(u64::from(leads)), "\0", &rest])
        }
    }
}

/// Serial, refresh and expiry.
pub(super) fn lease(held: &Lease) -> String {
    let (refresh, expires) = held.deadlines_ms();
    joined(&[&decimal(u64::from(held.serial)), &decimal(refresh), &decimal(expires)])
}

/// The kind of an action, and what belongs to it; none where no host of this module can do it.
fn act(tokens: &mut Tokens, id: OperationId, action: Action) -> Option<(&'static str, String)> {
    Some(match action {
        Action::Sign { input, .. } => {
            let (number, print) = tokens.leader(id).map(|(number, credential)| (number.0, credential.fingerprint().as_str())).unwrap_or_default();
            ("2", joined(&[&decimal(u64::from(number)), print, &input]))
        }
        Action::Send(request) => {
            let body = request.body.and_then(|body| tokens.secret(id, body));
            let body = body.as_ref().map_or("", |body| body.expose_text());
            let mut out = joined(&[request.method, &request.url, &decimal(request.timeout_ms), body]);
            for (name, value) in &request.headers {
                out.push_str(&joined(&[name, value]));
            }
            ("3", out)
        }
        Action::Read { path } => ("4", path),
        Action::Call { target, .. } => ("5", joined(&[if target.is_access() { "1" } else { "" }, target.as_str()])),
        Action::Join { flight, poll_ms } => ("6", joined(&[&decimal(u64::from(flight.0)), &decimal(poll_ms)])),
        // No credential of this module asks for the others; a turn never holds a Done.
        _ => return None,
    })
}
