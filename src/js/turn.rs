//! Turns as text: their kind, and what belongs to the kind.

use super::fields::Answer;
use crate::error::{AuthError, Code};
use crate::time::Now;
use crate::token::{Action, Event, Lease, OperationId, Tokens, Turn};

/// Tells a call what happened, and writes its turn. Kind 0: the lease, the key, the token unless it was handed out before,
/// the key that had to go. Every other, from 2 on: the call's number, the flight that it leads (0: none), and what belongs
/// to the action.
pub(super) fn next(
    tokens: &mut Tokens,
    id: OperationId,
    event: &Event,
    now: Now,
    out: &mut Answer,
) -> Result<(), AuthError> {
    match tokens.try_step(id, event, now)? {
        Turn::Done { result, evicted } => {
            let key = result?;
            out.text("0");
            if let Some(held) = tokens.lease(&key) {
                lease(&held, out);
            }
            out.text(key.as_str());
            let token = tokens.take_token(&key);
            out.bytes(token.as_ref().map_or(b"", |token| token.expose()));
            out.text(evicted.as_ref().map_or("", |key| key.as_str()));
            Ok(())
        }
        Turn::Act { leads, action } => act(tokens, id, leads.map_or(0, |flight| flight.0), &action, out),
    }
}

/// Serial, refresh and expiry.
pub(super) fn lease(held: &Lease, out: &mut Answer) {
    let (refresh, expires) = held.deadlines_ms();
    out.number(held.serial.into());
    out.number(refresh);
    out.number(expires);
}

fn act(tokens: &mut Tokens, id: OperationId, leads: u32, action: &Action, out: &mut Answer) -> Result<(), AuthError> {
    let begin = |out: &mut Answer, kind: &str| {
        out.text(kind);
        out.number(id.0.into());
        out.number(leads.into());
    };
    match action {
        Action::Sign { input, .. } => {
            begin(out, "2");
            if let Some((number, credential)) = tokens.leader(id) {
                out.number(number.0.into());
                out.text(credential.fingerprint().as_str());
            }
            out.text(input);
        }
        Action::Send(request) => {
            begin(out, "3");
            out.text(request.method);
            out.text(&request.url);
            out.number(request.timeout_ms);
            let body = request.body.and_then(|body| tokens.secret(id, body));
            out.bytes(body.as_ref().map_or(b"", |body| body.expose()));
            for (name, value) in &request.headers {
                out.text(name);
                out.text(value);
            }
        }
        Action::Read { path } => {
            begin(out, "4");
            out.text(path);
        }
        Action::Call { target, .. } => {
            begin(out, "5");
            out.text(if target.is_access() { "1" } else { "" });
            out.text(target.as_str());
        }
        Action::Join { flight, poll_ms } => {
            begin(out, "6");
            out.number(flight.0.into());
            out.number(*poll_ms);
        }
        // No credential of this module asks for the others; a turn never holds a Done.
        _ => {
            tokens.abandon(id);
            return Err(AuthError::plain(Code::UnsupportedByHost, "this host cannot do what the credential needs."));
        }
    }
    Ok(())
}
