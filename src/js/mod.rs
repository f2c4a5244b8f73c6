//! The synchronous boundary that the npm package drives: values in, one step out.
//!
//! No promise, future or callback crosses it, and no frame of the module lives across an await. A session
//! holds no state in here: what it needs is handed in, so that the module can be started anew at any time.
//!
//! There are three exports. [`check`] is on the way of every request. Everything else goes through [`call`] as text,
//! its fields parted by zero characters: against an export each, with arrays built through js-sys, that saves a
//! quarter of the module and half of its glue.

mod fields;
mod turn;

use crate::config::Limits;
use crate::credential::{Credential, Hosts};
use crate::error::AuthError;
use crate::grant::Target;
use crate::http::Response;
use crate::jose::base64::{decode_url, encode_url};
use crate::secret::Secret;
use crate::session::{BaseUrl, Hop, Path, may_resend, redirected, verdict};
use crate::time::Now;
use crate::token::{Ask, CredentialId, Event, Key, Mode, OperationId, Source, Tokens};
use alloc::vec::Vec;
use core::cell::RefCell;
use fields::{Answer, Fields};
use wasm_bindgen::prelude::*;

/// What lives across calls. A restart of the module begins with a new one.
struct State(RefCell<Tokens>);

// SAFETY: a WebAssembly module without shared memory has one thread.
#[allow(unsafe_code, reason = "a static has to be Sync, and there is no second thread")]
unsafe impl Sync for State {}

/// Made when the module is compiled: as data it costs less than the code that would make it.
static STATE: State = State(RefCell::new(Tokens::new(Limits::usual(), 0)));

/// Starts with nothing had. `flight_dead_after_ms`: where those who follow a flight cannot be woken, else 0.
#[wasm_bindgen]
pub fn start(flight_dead_after_ms: u32) {
    STATE.0.borrow_mut().set_flight_dead_after((flight_dead_after_ms > 0).then_some(flight_dead_after_ms.into()));
    let mut seed = [0; 8];
    // Without a seed refreshes are not spread; that is no reason to refuse the work. The boundary's source of random bytes
    // throws where there is none, so this comes last, and while nothing is borrowed.
    let _ = getrandom::fill(&mut seed);
    STATE.0.borrow_mut().set_seed(u64::from_le_bytes(seed));
}

/// Whether a path may be joined as it is (0), once the host's parser agrees (1), or not at all (2).
#[wasm_bindgen]
pub fn check(path: &str) -> u32 {
    match verdict(path) {
        Ok(Path::Plain) => 0,
        Ok(Path::Careful) => 1,
        Err(_) => 2,
    }
}

/// Everything else, by the letter in the first field. An error's answer begins with the field `!`.
///
/// | letter | fields | answer |
/// |---|---|---|
/// | `p` | path | why it may not be joined |
/// | `b` | insecure, base URL, absolute URL or nothing | href, prefix, origin, audience, itself; an error where the absolute URL is not below |
/// | `m` | status, sent before, replayable | `1` where a call is to be sent again with a new token |
/// | `r` | status, hops, replayable, method, from, to | `0` handed back, `1` followed, `2` followed as a GET |
/// | `c` | renew, hosts, emulator, file | the number of the credential that the file holds |
/// | `f` | number | the number of the credential function that the caller numbers so |
/// | `g` | wall, mono, deadline, credential or 0, access, mode, hosts, emulator, file, audience or scopes | a turn |
/// | `s` | wall, mono, call, event, value, date, retry after, text | a turn |
/// | `a` | call | nothing: it is given up |
/// | `k` | credential | its private key as base64url of PKCS #8 DER, until it is forgotten |
/// | `w` | credential | nothing: its private key is wiped, the host holds it in a form that cannot be read out |
/// | `i` | serial, key | nothing: the token is dropped, unless it has been replaced since |
/// | `o` | wall, mono, expiry, key | serial, refresh and expiry of a token that the host kept over a restart |
#[wasm_bindgen]
pub fn call(what: &str) -> Vec<u8> {
    let mut out = Answer::new();
    if let Err(failure) = answer(&mut STATE.0.borrow_mut(), Fields::new(what), &mut out) {
        out.error(&failure);
    }
    out.into_bytes()
}

/// Whoever fails has written nothing yet.
fn answer(tokens: &mut Tokens, mut fields: Fields<'_>, out: &mut Answer) -> Result<(), AuthError> {
    let mut hosts = Hosts::google();
    match fields.letter() {
        b'p' => _ = crate::session::check(fields.rest())?,
        b'b' => {
            let insecure = fields.flag();
            let base = BaseUrl::parse(fields.text(), insecure)?;
            if !fields.rest().is_empty() {
                return base.covers(fields.rest());
            }
            out.text(&base.href());
            out.text(base.prefix());
            out.text(base.origin());
            out.text(&base.audience());
            out.text(base.itself());
        }
        b'm' => out.number(may_resend(fields.small() as u16, fields.flag(), fields.flag()).into()),
        b'r' => {
            let (status, hops, replayable) = (fields.small() as u16, fields.small(), fields.flag());
            out.number(match redirected(status, fields.text(), fields.text(), fields.rest(), hops, replayable) {
                Hop::HandedBack => 0,
                Hop::Again => 1,
                Hop::AsGet => 2,
            });
        }
        b'c' => {
            let renew = fields.flag();
            hosts.set(fields.text(), fields.text())?;
            let credential = Credential::from_json_with(fields.rest(), &hosts)?;
            out.number(tokens.register(credential, renew).0.into());
        }
        b'f' => out.number(tokens.register(Credential::function(fields.small()), false).0.into()),
        b'g' => {
            let (now, deadline_ms) = (now(&mut fields), fields.number());
            let (credential, access, mode) = (fields.small(), fields.flag(), fields.small());
            hosts.set(fields.text(), fields.text())?;
            let file = fields.text();
            let target = Target::parse(access, fields.rest())?;
            let source = if credential == 0 {
                Source::Environment { file: file.into() }
            } else {
                Source::Credential(CredentialId(credential))
            };
            let mode = match mode {
                0 => Mode::Usual,
                1 => Mode::Early,
                _ => Mode::Forced,
            };
            let id = tokens.admit(Ask { source, target, hosts, mode, deadline_ms }, now)?;
            return turn::next(tokens, id, &Event::Begun, now, out);
        }
        b's' => {
            let (now, id) = (now(&mut fields), OperationId(fields.small()));
            return turn::next(tokens, id, &event(&mut fields), now, out);
        }
        b'a' => tokens.abandon(OperationId(fields.small())),
        b'k' => {
            if let Some(key) =
                tokens.credential(CredentialId(fields.small())).and_then(|credential| credential.private_key())
            {
                out.text(&encode_url(key.expose()));
            }
        }
        b'w' => {
            if let Some(credential) = tokens.credential(CredentialId(fields.small())) {
                credential.forget_private_key();
            }
        }
        b'i' => {
            let serial = fields.small();
            tokens.invalidate(&Key::from_text(fields.rest().into()), serial);
        }
        b'o' => {
            let (now, expires_at_ms) = (now(&mut fields), fields.number());
            turn::lease(&tokens.restore(Key::from_text(fields.rest().into()), expires_at_ms, now), out);
        }
        _ => {}
    }
    Ok(())
}

fn event(fields: &mut Fields<'_>) -> Event {
    let (kind, value, date_ms, retry_after_ms) = (fields.small(), fields.number(), fields.number(), fields.number());
    let some = |value: u64| (value > 0).then_some(value);
    let text = fields.rest();
    match kind {
        0 => Event::Failed(text.into()),
        1 => Event::Signed(decode_url(text.as_bytes()).unwrap_or_default()),
        2 => Event::Answered(Response {
            status: value as u16,
            date_ms: some(date_ms),
            retry_after_ms: some(retry_after_ms),
            body: Secret::new(text),
        }),
        3 => Event::Returned(Secret::new(text)),
        4 => Event::Granted { token: Secret::new(text), expires_at_ms: some(value) },
        _ => Event::Woken,
    }
}

fn now(fields: &mut Fields<'_>) -> Now {
    Now::new(fields.number(), fields.number())
}
