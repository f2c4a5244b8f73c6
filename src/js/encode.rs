//! What goes out to JavaScript: arrays, because reading an element is the cheapest thing on both sides.

use crate::error::{AuthError, Code};
use crate::grant::Target;
use crate::token::{Action, Key, OperationId, Tokens, Turn};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

/// A turn: its kind, the call's number, the flight that it leads (0: none), and what belongs to the kind.
pub(super) fn turn(tokens: &mut Tokens, id: OperationId, turn: Turn) -> Array {
    match turn {
        Turn::Done { result: Ok(key), evicted } => had(tokens, &key, evicted.as_ref()),
        Turn::Done { result: Err(failure), .. } => array([number(1.0), error(&failure)]),
        Turn::Act { leads, action } => {
            let leads = leads.map_or(0, |flight| flight.0);
            let out = act(tokens, id, action);
            out.set(1, number(f64::from(id.0)));
            out.set(2, number(f64::from(leads)));
            out
        }
    }
}

/// Kind 0: key, serial, refresh, expiry, the token unless it was handed out before, the key that had to go.
fn had(tokens: &mut Tokens, key: &Key, evicted: Option<&Key>) -> Array {
    let (serial, (refresh, expires)) = tokens.lease(key).map_or((0, (0, 0)), |lease| (lease.serial, lease.deadlines_ms()));
    let token = tokens.take_token(key).map_or(JsValue::UNDEFINED, |token| text(token.expose_text()));
    let evicted = evicted.map_or(JsValue::UNDEFINED, |key| text(key.as_str()));
    array([number(0.0), text(key.as_str()), number(f64::from(serial)), number(refresh as f64), number(expires as f64), token, evicted])
}

fn act(tokens: &mut Tokens, id: OperationId, action: Action) -> Array {
    let [gap, also] = [JsValue::NULL, JsValue::NULL];
    match action {
        Action::Sign { key, input, .. } => array([number(2.0), gap, also, text(key.as_str()), text(&input)]),
        Action::Send(request) => {
            let headers = Array::new();
            for (name, value) in &request.headers {
                headers.push(&array([text(name), text(value)]));
            }
            let body = request.body.and_then(|body| tokens.secret(id, body));
            let body = body.map_or(JsValue::UNDEFINED, |body| Uint8Array::from(body.expose()).into());
            array([number(3.0), gap, also, text(request.method), text(&request.url), headers.into(), body, number(request.timeout_ms as f64)])
        }
        Action::Read { path } => array([number(4.0), gap, also, text(&path)]),
        Action::Call { function, target } => {
            let (access, wanted) = match &target {
                Target::IdToken(audience) => (false, text(audience.as_str())),
                Target::AccessToken(scopes) => (true, text(&scopes.joined())),
            };
            array([number(5.0), gap, also, number(f64::from(function)), JsValue::from_bool(access), wanted])
        }
        Action::Join { flight, poll_ms } => array([number(6.0), gap, also, number(f64::from(flight.0)), number(poll_ms as f64)]),
        Action::Wait { ms } => array([number(7.0), gap, also, number(ms as f64)]),
        // No credential of this module asks for these; a turn never holds a Done.
        Action::Verify { .. } | Action::Run { .. } | Action::Load { .. } | Action::Store { .. } | Action::Done(_) => {
            array([number(1.0), error(&AuthError::new(Code::UnsupportedByHost, "this host cannot do what the credential needs."))])
        }
    }
}

/// An error: code, message, transient, retry after, and what the server said.
pub(super) fn error(failure: &AuthError) -> JsValue {
    let out = array([text(failure.code.as_str()), text(&failure.message), JsValue::from_bool(failure.transient)]);
    out.push(&failure.retry_after_ms.map_or(JsValue::UNDEFINED, |ms| number(ms as f64)));
    if let Some(said) = &failure.server {
        let words = |words: &Option<alloc::string::String>| words.as_deref().map_or(JsValue::UNDEFINED, text);
        out.push(&number(f64::from(said.status)));
        out.push(&words(&said.error));
        out.push(&words(&said.description));
    }
    out.into()
}

pub(super) fn array<const N: usize>(items: [JsValue; N]) -> Array {
    let out = Array::new();
    items.iter().for_each(|item| {
        out.push(item);
    });
    out
}

pub(super) fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}

pub(super) fn number(number: f64) -> JsValue {
    JsValue::from_f64(number)
}
