//! The synchronous boundary that the npm package drives: values in, one step out.
//!
//! No promise, future or callback crosses it, and no frame of the module lives across an await. A session
//! holds no state in here: what it needs is handed in, so that the module can be started anew at any time.
//!
//! Answers are texts, their fields parted by zero characters, which no field can hold. Against arrays built
//! through js-sys that saves five kilobytes of the module and two of its glue, and is read as fast.

mod encode;

use crate::config::Limits;
use crate::credential::{Credential, Hosts};
use crate::error::AuthError;
use crate::grant::{Audience, Scopes, Target};
use crate::http::Response;
use crate::secret::Secret;
use crate::session::{BaseUrl, Hop, Path, check, may_resend, redirected, verdict};
use crate::text::decimal;
use crate::time::Now;
use crate::token::{Ask, CredentialId, Event, Key, Mode, OperationId, Source, Tokens};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use wasm_bindgen::prelude::*;

/// What lives across calls. A restart of the module begins with a new one.
struct State(RefCell<Option<Tokens>>);

// SAFETY: a WebAssembly module without shared memory has one thread.
#[allow(unsafe_code, reason = "a static has to be Sync, and there is no second thread")]
unsafe impl Sync for State {}

static STATE: State = State(RefCell::new(None));

/// One look at what lives across calls: borrowed for the length of a synchronous call, and by one call at a time.
fn with<T>(work: impl FnOnce(&mut Tokens) -> T) -> T
where
    T: Default,
{
    STATE.0.borrow_mut().as_mut().map(work).unwrap_or_default()
}

/// Starts with nothing had. `flight_dead_after_ms`: where those who follow a flight cannot be woken, else 0.
#[wasm_bindgen]
pub fn start(flight_dead_after_ms: u32) {
    let mut seed = [0; 8];
    // Without a seed refreshes are not spread; that is no reason to refuse the work.
    let _ = getrandom::fill(&mut seed);
    let flight_dead_after_ms = (flight_dead_after_ms > 0).then_some(u64::from(flight_dead_after_ms));
    let limits = Limits { flight_dead_after_ms, ..Limits::default() };
    *STATE.0.borrow_mut() = Some(Tokens::new(limits, u64::from_le_bytes(seed)));
}

/// Whether a path may be joined as it is (0), once the host's parser agrees (1), or not at all (2).
#[wasm_bindgen(js_name = checkPath)]
pub fn check_path(path: &str) -> u32 {
    match verdict(path) {
        Ok(Path::Plain) => 0,
        Ok(Path::Careful) => 1,
        Err(_) => 2,
    }
}

/// Why a path may not be joined.
#[wasm_bindgen(js_name = refusePath)]
pub fn refuse_path(path: &str) -> String {
    encode::outcome(check(path).map(|_| String::new()))
}

/// A base URL's href, prefix, origin, audience, and itself; and whether an absolute URL, unless it is empty, lies below it.
#[wasm_bindgen(js_name = readBase)]
pub fn read_base(typed: &str, insecure: bool, covered: &str) -> String {
    let base = BaseUrl::parse(typed, insecure).and_then(|base| if covered.is_empty() { Ok(base) } else { base.covers(covered).map(|()| base) });
    encode::outcome(base.map(|base| encode::fields(&[&base.href(), &base.prefix(), base.origin(), &base.audience(), &base.itself()])))
}

/// Whether a call is to be sent again, with a new token.
#[wasm_bindgen(js_name = mayResend)]
pub fn resend(status: u16, sent_before: bool, replayable: bool) -> bool {
    may_resend(status, sent_before, replayable)
}

/// Whether a redirect is handed back (0), followed (1), or followed as a GET (2).
#[wasm_bindgen]
pub fn redirect(status: u16, method: &str, from: &str, to: &str, hops: u32, replayable: bool) -> u32 {
    match redirected(status, method, from, to, hops, replayable) {
        Hop::HandedBack => 0,
        Hop::Again => 1,
        Hop::AsGet => 2,
    }
}

/// Takes a credential in and gives its number: a file's text, or the caller's number for a function. `hosts`:
/// those that the file may name, with spaces between them.
#[wasm_bindgen]
pub fn register(file: &str, function: u32, hosts: &str, emulator: &str, renew: bool) -> String {
    let credential = if function > 0 { Ok(Credential::function(function)) } else { parse_hosts(hosts, emulator).and_then(|hosts| Credential::from_json_with(file, &hosts)) };
    encode::outcome(credential.map(|credential| with(|tokens| decimal(u64::from(tokens.register(credential, renew).0)))))
}

/// Begins a call. `credential`: its number, or 0 for the file that the environment names.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments, reason = "an object would be read field by field, at many times the cost")]
pub fn begin(credential: u32, file: String, access: bool, wanted: &str, hosts: &str, emulator: &str, mode: u32, deadline_ms: f64, wall_ms: f64, mono_ms: f64) -> String {
    let source = if credential == 0 { Source::Environment { file } } else { Source::Credential(CredentialId(credential)) };
    let mode = match mode {
        0 => Mode::Usual,
        1 => Mode::Early,
        _ => Mode::Forced,
    };
    let target = if access { Scopes::parse(wanted).map(Target::AccessToken) } else { Audience::parse(wanted).map(Target::IdToken) };
    let ask = target.and_then(|target| Ok(Ask { source, target, hosts: parse_hosts(hosts, emulator)?, mode, deadline_ms: deadline_ms as u64 }));
    encode::outcome(ask.map(|ask| {
        with(|tokens| {
            let (id, turn) = tokens.begin(ask, Now::new(wall_ms as u64, mono_ms as u64));
            encode::turn(tokens, id.unwrap_or(OperationId(0)), turn)
        })
    }))
}

/// Tells a call what happened. `kind` is the event's; the other values are what it carries.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments, reason = "an object would be read field by field, at many times the cost")]
pub fn step(operation: u32, kind: u32, value: f64, date_ms: f64, retry_after_ms: f64, bytes: Vec<u8>, wall_ms: f64, mono_ms: f64) -> String {
    let event = match kind {
        0 => Event::Failed(String::from_utf8(bytes).unwrap_or_default()),
        1 => Event::Signed(bytes),
        2 => Event::Answered(Response { status: value as u16, date_ms: some(date_ms), retry_after_ms: some(retry_after_ms), body: Secret::new(bytes) }),
        3 => Event::Returned(Secret::new(bytes)),
        4 => Event::Granted { token: Secret::new(bytes), expires_at_ms: some(value) },
        _ => Event::Woken,
    };
    with(|tokens| {
        let turn = tokens.step(OperationId(operation), event, Now::new(wall_ms as u64, mono_ms as u64));
        encode::turn(tokens, OperationId(operation), turn)
    })
}

/// Gives a call up.
#[wasm_bindgen]
pub fn abandon(operation: u32) {
    with(|tokens| tokens.abandon(OperationId(operation)));
}

/// The private key of a credential as PKCS #8 DER, until it is forgotten; then nothing.
#[wasm_bindgen(js_name = privateKey)]
pub fn private_key(credential: u32) -> Vec<u8> {
    with(|tokens| tokens.credential(CredentialId(credential)).and_then(|credential| credential.private_key()).map(|key| key.expose().into()).unwrap_or_default())
}

/// Wipes the private key of a credential: the host holds it now, in a form that cannot be read out.
#[wasm_bindgen(js_name = forgetPrivateKey)]
pub fn forget_private_key(credential: u32) {
    with(|tokens| {
        if let Some(credential) = tokens.credential(CredentialId(credential)) {
            credential.forget_private_key();
        }
    });
}

/// Drops a token that a server would not have, unless it has been replaced since.
#[wasm_bindgen]
pub fn invalidate(key: String, serial: u32) {
    with(|tokens| tokens.invalidate(&Key::from_text(key), serial));
}

/// Takes back what the host kept of a token over a restart; gives its serial, refresh and expiry.
#[wasm_bindgen]
pub fn restore(key: String, expires_at_ms: f64, wall_ms: f64, mono_ms: f64) -> String {
    with(|tokens| encode::lease(&tokens.restore(Key::from_text(key), expires_at_ms as u64, Now::new(wall_ms as u64, mono_ms as u64))))
}

/// A number that is there: what is not above 0, or is NaN, is not.
fn some(value: f64) -> Option<u64> {
    (value > 0.0).then_some(value as u64)
}

fn parse_hosts(hosts: &str, emulator: &str) -> Result<Hosts, AuthError> {
    let hosts = Hosts::google().allow(hosts);
    if emulator.is_empty() { Ok(hosts) } else { hosts.emulator(emulator) }
}
