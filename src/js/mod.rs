//! The synchronous boundary that the npm package drives: values in, one step out.
//!
//! No promise, future or callback crosses it, and no frame of the module lives across an await. A session
//! holds no state in here: what it needs is handed in, so that the module can be started anew at any time.
//!
//! There are three exports. [`check`] is on the way of every request. Everything else goes through [`call`] as text,
//! its fields parted by zero characters: against an export each, with arrays built through js-sys, that saves a
//! quarter of the module and half of its glue. Text comes in as the bytes that a `TextEncoder` made of it: for strings
//! the glue has an encoder of its own.

mod turn;

use crate::config::Limits;
use crate::credential::{Credential, Hosts};
use crate::error::AuthError;
use crate::grant::Target;
use crate::http::Received;
use crate::record::{Fields, Record};
use crate::session::{Verdict, audience, hop, may_resend, read, verdict};
use crate::time::Now;
use crate::token::{Asked, CredentialId, Happening, Key, Mode, OperationId, Said, Tokens};
use alloc::vec::Vec;
use core::cell::RefCell;
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
pub fn check(path: &[u8]) -> u32 {
    match verdict(text(path)) {
        Verdict::Plain => 0,
        Verdict::Careful => 1,
        _ => 2,
    }
}

/// Everything else, by the letter in the first field. An error's answer begins with the field `!`.
///
/// | letter | fields | answer |
/// |---|---|---|
/// | `p` | path | why it may not be joined |
/// | `b` | insecure, base URL | href, itself, audience |
/// | `r` | status, sent before, hops, replayable, same origin, method | `0` handed back, `1` followed, `2` followed as a GET, `3` sent again with a new token |
/// | `c` | renew, hosts, emulator, function, file | the number of the credential: that of the function that the caller numbers so, or else of the file |
/// | `g` | wall, mono, deadline, credential, access, mode, audience or sorted scopes; where the credential is 0: hosts, emulator and file before the last | a turn |
/// | `s` | wall, mono, call, event, value, date, retry after, text | a turn |
/// | `a` | call | nothing: it is given up |
/// | `k` | call | the bytes of the private key that it is to sign with, PKCS #8 DER, and no zero character behind them; none once it is forgotten |
/// | `w` | call | nothing: that key is wiped, the host holds it in a form that cannot be read out |
/// | `i` | serial, key | nothing: the token is dropped, unless it has been replaced since |
/// | `o` | wall, mono, expiry, key | serial, refresh and expiry of a token that the host kept over a restart |
#[wasm_bindgen]
pub fn call(what: &[u8]) -> Vec<u8> {
    let mut out = Record::new();
    // Where it lies is kept from the compiler: with an address in each instruction, no code is shared by two vectors, and it
    // is 25 bytes more, gzipped.
    let state = core::hint::black_box(&STATE);
    if let Err(failure) = answer(&mut state.0.borrow_mut(), Fields::new(text(what)), &mut out) {
        turn::error(&failure, &mut out);
    }
    out.into_bytes()
}

/// What the host's encoder made. To look whether it is UTF-8 would cost more than it would for wasm-bindgen, which believes
/// its own glue the same.
fn text(bytes: &[u8]) -> &str {
    // SAFETY: our own driver is the only caller, and a TextEncoder gives nothing but UTF-8.
    #[allow(unsafe_code, reason = "700 bytes of a module that has to be small")]
    unsafe {
        core::str::from_utf8_unchecked(bytes)
    }
}

/// Whoever fails has written nothing yet.
fn answer(tokens: &mut Tokens, mut fields: Fields<'_>, out: &mut Record) -> Result<(), AuthError> {
    let mut hosts = Hosts::google();
    match fields.text().as_bytes() {
        b"p" => _ = crate::session::check(fields.rest())?,
        b"b" => {
            let insecure = fields.flag();
            let url = read(fields.rest(), insecure)?;
            out.text(&url.href());
            out.text(url.as_str());
            out.text(audience(&url, fields.rest()));
        }
        b"r" => {
            let (status, sent_before) = (fields.small() as u16, fields.flag());
            let (hops, replayable, same_origin) = (fields.small(), fields.flag(), fields.flag());
            let hop = hop(status, fields.rest(), same_origin, hops, replayable);
            out.number(if may_resend(status, sent_before, replayable) { 3 } else { hop as u64 });
        }
        b"c" => {
            let renew = fields.flag();
            hosts.set(fields.text(), fields.text())?;
            let credential = match fields.small() {
                0 => Credential::from_json_with(fields.rest(), &hosts)?,
                function => Credential::function(function),
            };
            out.number(tokens.register(credential, renew).0.into());
        }
        b"g" => {
            let (now, deadline_ms) = (now(&mut fields), fields.number());
            let (credential, access, mode) = (fields.small(), fields.flag(), fields.small());
            let mut file = "";
            if credential == 0 {
                hosts.set(fields.text(), fields.text())?;
                file = fields.text();
            }
            let target = Target::parse(access, fields.rest())?;
            let mode = match mode {
                0 => Mode::Usual,
                1 => Mode::Early,
                _ => Mode::Forced,
            };
            let (credential, hosts) = (CredentialId(credential), core::mem::take(&mut hosts));
            let id = tokens.admit(Asked { credential, file: file.into(), hosts, target, mode, deadline_ms }, now)?;
            return turn::next(tokens, id, &Said::BEGUN, now, out);
        }
        b"s" => {
            let (now, id) = (now(&mut fields), OperationId(fields.number()));
            return turn::next(tokens, id, &said(&mut fields), now, out);
        }
        b"a" => tokens.abandon(OperationId(fields.number())),
        b"k" => {
            if let Some(key) = tokens.leader(OperationId(fields.number())).and_then(|(_, it)| it.private_key()) {
                out.raw(key.expose());
            }
        }
        b"w" => {
            if let Some((_, credential)) = tokens.leader(OperationId(fields.number())) {
                credential.forget_private_key();
            }
        }
        b"i" => {
            let serial = fields.small();
            tokens.invalidate_text(fields.rest(), serial);
        }
        b"o" => {
            let (now, expires_at_ms) = (now(&mut fields), fields.number());
            tokens.restore(Key::from_text(fields.rest().into()), expires_at_ms, now);
            if let Some(entry) = tokens.last_used() {
                turn::lease(&entry.lease, out);
            }
        }
        _ => {}
    }
    Ok(())
}

fn said<'a>(fields: &mut Fields<'a>) -> Said<'a> {
    let kind = match fields.small() {
        0 => Happening::Failed,
        1 => Happening::Signed,
        2 => Happening::Answered,
        3 => Happening::Returned,
        4 => Happening::Granted,
        _ => Happening::Woken,
    };
    let (value, date_ms, retry_after_ms) = (fields.number(), fields.number(), fields.number());
    let some = |value: u64| (value > 0).then_some(value);
    let answer = Received {
        status: value as u16,
        date_ms: some(date_ms),
        retry_after_ms: some(retry_after_ms),
        body: fields.rest(),
    };
    Said { kind, expires_at_ms: value, answer }
}

fn now(fields: &mut Fields<'_>) -> Now {
    Now::new(fields.number(), fields.number())
}
