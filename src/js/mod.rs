//! The synchronous boundary that the npm package drives: values in, one step out.
//!
//! No promise, future or callback crosses it, and no frame of the module lives across an await. A session
//! holds no state in here: what it needs is handed in, so that the module can be started anew at any time.
//!
//! Questions and answers are texts, their fields parted by zero characters, and lie in a room in the module's memory that
//! the host writes to and reads from: against an export for each question, with arrays built through js-sys, that saves a
//! quarter of the module, and of the glue all but a few lines.

#[cfg(all(feature = "login", not(feature = "serve")))]
mod login;
#[cfg(feature = "serve")]
mod service;
#[cfg(not(any(feature = "user", feature = "login", feature = "verify", feature = "serve", feature = "signature")))]
mod session;
#[cfg(all(
    feature = "signature",
    not(any(feature = "user", feature = "login", feature = "verify", feature = "serve"))
))]
mod signature;
#[cfg(not(any(feature = "user", feature = "login", feature = "verify", feature = "serve", feature = "signature")))]
mod turn;
#[cfg(all(feature = "user", not(any(feature = "login", feature = "verify", feature = "serve"))))]
mod user;
#[cfg(all(feature = "verify", not(any(feature = "login", feature = "serve"))))]
mod verify;

use crate::error::AuthError;
use crate::http::Received;
use crate::record::{Fields, Record};
use crate::token::Said;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
#[cfg(all(feature = "login", not(feature = "serve")))]
use login::{KEPT, Kept, answer};
#[cfg(feature = "serve")]
use service::{KEPT, Kept, answer};
#[cfg(not(any(
    feature = "user",
    feature = "login",
    feature = "verify",
    feature = "serve",
    feature = "signature"
)))]
use session::{KEPT, Kept, answer};
#[cfg(all(
    feature = "signature",
    not(any(feature = "user", feature = "login", feature = "verify", feature = "serve"))
))]
use signature::{KEPT, Kept, answer};
#[cfg(all(feature = "user", not(any(feature = "login", feature = "verify", feature = "serve"))))]
use user::{KEPT, Kept, answer};
#[cfg(all(feature = "verify", not(any(feature = "login", feature = "serve"))))]
use verify::{KEPT, Kept, answer};
use wasm_bindgen::prelude::*;

/// What lives across calls. A restart of the module begins with a new one.
struct State {
    kept: RefCell<Kept>,
    /// Random bytes that the host handed in and nobody took.
    entropy: Cell<u64>,
    /// The question, until [`call`] takes it; then the answer, until the host asks for another [`room`].
    room: Cell<Vec<u8>>,
}

// SAFETY: a WebAssembly module without shared memory has one thread.
#[allow(unsafe_code, reason = "a static has to be Sync, and there is no second thread")]
unsafe impl Sync for State {}

/// Made when the module is compiled: as data it costs less than the code that would make it.
static STATE: State = State { kept: RefCell::new(KEPT), entropy: Cell::new(0), room: Cell::new(Vec::new()) };

/// Where a text of that length lies: the answer, if that is how long it is, or else room for a question that is no longer.
/// What was there before is given back, and so wiped.
#[wasm_bindgen]
pub fn room(length: usize) -> *mut u8 {
    let mut room = STATE.room.take();
    if room.len() != length {
        room = alloc::vec![0; length];
    }
    let at = room.as_mut_ptr();
    STATE.room.set(room);
    at
}

/// Answers the question that begins the room and is that long, by the letter in its first field, and says how long the answer
/// is. Wall and monotonic clock come next, in milliseconds. An error's answer begins with the field `!`.
///
/// What there is to be asked is said where it is answered.
#[wasm_bindgen]
pub fn call(length: usize) -> usize {
    let mut question = STATE.room.take();
    question.truncate(length);
    let mut out = Record::new();
    // Where it lies is kept from the compiler: with an address in each instruction, no code is shared by two vectors, and it
    // is 25 bytes more, gzipped.
    let state = core::hint::black_box(&STATE);
    if let Err(failure) = answer(&mut state.kept.borrow_mut(), Fields::new(text(&question)), &mut out) {
        error(&failure, &mut out);
    }
    let answer = out.into_bytes();
    let length = answer.len();
    STATE.room.set(answer);
    length
}

/// Takes the random bytes that the host handed in: for the boundary's source of getrandom.
pub fn entropy() -> u64 {
    STATE.entropy.take()
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

fn said<'a>(fields: &mut Fields<'a>) -> Said<'a> {
    let kind = fields.small();
    let (value, date_ms, retry_after_ms) = (fields.number(), fields.number(), fields.number());
    let answer = Received { status: value as u16, date_ms, retry_after_ms, body: fields.rest() };
    Said { kind, expires_at_ms: value, answer }
}

/// The field `!`, code, message, transient, retry after, and what the server said.
fn error(failure: &AuthError, out: &mut Record) {
    out.text("!");
    out.text(failure.code.as_str());
    out.text(&failure.message);
    out.text(if failure.transient { "1" } else { "" });
    match failure.retry_after_ms {
        Some(ms) => out.number(ms),
        None => out.text(""),
    }
    let Some(said) = &failure.server else { return out.text("\0\0") };
    out.number(said.status.into());
    out.text(&said.error);
    out.text(&said.description);
}
