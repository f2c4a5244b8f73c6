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
use crate::grant::{Audience, Scopes, Target};
use crate::http::Response;
use crate::jose::base64::{decode_url, encode_url};
use crate::secret::Secret;
use crate::session::{BaseUrl, Hop, Path, may_resend, redirected, verdict};
use crate::text::decimal;
use crate::time::Now;
use crate::token::{Ask, CredentialId, Event, Key, Mode, OperationId, Source, Tokens};
use alloc::string::String;
use core::cell::RefCell;
use fields::{Fields, error, joined};
use wasm_bindgen::prelude::*;

/// What lives across calls. A restart of the module begins with a new one.
struct State(RefCell<Option<Tokens>>);

// SAFETY: a WebAssembly module without shared memory has one thread.
#[allow(unsafe_code, reason = "a static has to be Sync, and there is no second thread")]
unsafe impl Sync for State {}

static STATE: State = State(RefCell::new(None));

/// Starts with nothing had. `flight_dead_after_ms`: where those who follow a flight cannot be woken, else 0.
#[wasm_bindgen]
pub fn start(flight_dead_after_ms: u32) {
    let mut seed = [0; 8];
    // Without a seed refreshes are not spread; that is no reason to refuse the work.
    let _ = getrandom::fill(&mut seed);
    let flight_dead_after_ms = (flight_dead_after_ms > 0).then_some(u64::from(flight_dead_after_ms));
    let limits = Limits { flight_dead_after_ms, ..Limits::default() };
    STATE.0.borrow_mut().get_or_insert_with(|| Tokens::new(limits, u64::from_le_bytes(seed)));
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
pub fn call(what: &str) -> String {
    match STATE.0.borrow_mut().as_mut() {
        Some(tokens) => answer(tokens, Fields::new(what)).unwrap_or_else(|failure| error(&failure)),
        None => String::new(),
    }
}

fn answer(tokens: &mut Tokens, mut fields: Fields<'_>) -> Result<String, AuthError> {
    Ok(match fields.text() {
        "p" => crate::session::check(fields.rest()).map(|_| String::new())?,
        "b" => {
            let insecure = fields.flag();
            let base = BaseUrl::parse(fields.text(), insecure)?;
            match fields.rest() {
                "" => joined(&[&base.href(), &base.prefix(), base.origin(), &base.audience(), &base.itself()]),
                covered => base.covers(covered).map(|()| String::new())?,
            }
        }
        "m" => decimal(u64::from(may_resend(fields.number() as u16, fields.flag(), fields.flag()))),
        "r" => {
            let (status, hops, replayable) = (fields.number() as u16, fields.number() as u32, fields.flag());
            decimal(match redirected(status, fields.text(), fields.text(), fields.rest(), hops, replayable) {
                Hop::HandedBack => 0,
                Hop::Again => 1,
                Hop::AsGet => 2,
            })
        }
        "c" => {
            let renew = fields.flag();
            let hosts = hosts(&mut fields)?;
            registered(tokens, Credential::from_json_with(fields.rest(), &hosts)?, renew)
        }
        "f" => registered(tokens, Credential::function(fields.number() as u32), false),
        "g" => {
            let (now, deadline_ms) = (now(&mut fields), fields.number());
            let (credential, access, mode) = (fields.number() as u32, fields.flag(), fields.number());
            let hosts = hosts(&mut fields)?;
            let file = fields.text();
            let source = if credential == 0 { Source::Environment { file: file.into() } } else { Source::Credential(CredentialId(credential)) };
            let target = if access { Target::AccessToken(Scopes::parse(fields.rest())?) } else { Target::IdToken(Audience::parse(fields.rest())?) };
            let mode = match mode {
                0 => Mode::Usual,
                1 => Mode::Early,
                _ => Mode::Forced,
            };
            let (id, turn) = tokens.begin(Ask { source, target, hosts, mode, deadline_ms }, now);
            turn::text(tokens, id.unwrap_or(OperationId(0)), turn)
        }
        "s" => {
            let (now, id) = (now(&mut fields), OperationId(fields.number() as u32));
            let event = event(&mut fields);
            let turn = tokens.step(id, event, now);
            turn::text(tokens, id, turn)
        }
        "a" => {
            tokens.abandon(OperationId(fields.number() as u32));
            String::new()
        }
        "k" => {
            let credential = tokens.credential(CredentialId(fields.number() as u32));
            credential.and_then(|credential| credential.private_key()).map(|key| encode_url(key.expose())).unwrap_or_default()
        }
        "w" => {
            if let Some(credential) = tokens.credential(CredentialId(fields.number() as u32)) {
                credential.forget_private_key();
            }
            String::new()
        }
        "i" => {
            let serial = fields.number() as u32;
            tokens.invalidate(&Key::from_text(fields.rest().into()), serial);
            String::new()
        }
        "o" => {
            let (now, expires_at_ms) = (now(&mut fields), fields.number());
            turn::lease(&tokens.restore(Key::from_text(fields.rest().into()), expires_at_ms, now))
        }
        _ => String::new(),
    })
}

fn event(fields: &mut Fields<'_>) -> Event {
    let (kind, value, date_ms, retry_after_ms) = (fields.number(), fields.number(), fields.number(), fields.number());
    let some = |value: u64| (value > 0).then_some(value);
    let text = fields.rest();
    match kind {
        0 => Event::Failed(text.into()),
        1 => Event::Signed(decode_url(text.as_bytes()).unwrap_or_default()),
        2 => Event::Answered(Response { status: value as u16, date_ms: some(date_ms), retry_after_ms: some(retry_after_ms), body: Secret::new(text) }),
        3 => Event::Returned(Secret::new(text)),
        4 => Event::Granted { token: Secret::new(text), expires_at_ms: some(value) },
        _ => Event::Woken,
    }
}

fn registered(tokens: &mut Tokens, credential: Credential, renew: bool) -> String {
    decimal(u64::from(tokens.register(credential, renew).0))
}

fn now(fields: &mut Fields<'_>) -> Now {
    Now::new(fields.number(), fields.number())
}

fn hosts(fields: &mut Fields<'_>) -> Result<Hosts, AuthError> {
    let hosts = Hosts::google().allow(fields.text());
    match fields.text() {
        "" => Ok(hosts),
        emulator => hosts.emulator(emulator),
    }
}
