//! The synchronous boundary that the npm package drives: values in, one step out.
//!
//! No promise, future or callback crosses it, and no frame of the module lives across an await. A session
//! holds no state in here either: what it needs is handed in, so that the module can be started anew at any time.

mod encode;

use crate::config::Limits;
use crate::credential::{Credential, Endpoints, Fingerprint, Trust};
use crate::error::AuthError;
use crate::grant::{Audience, Scopes, Target};
use crate::http::Response;
use crate::secret::Secret;
use crate::session::{BaseUrl, Path, may_resend, redirected, verdict};
use crate::time::Now;
use crate::token::{Ask, Event, Key, Mode, OperationId, Source, Tokens, Turn};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use encode::{array, error, number, text};
use js_sys::Array;
use wasm_bindgen::prelude::*;

/// The core of one module. Errors are thrown as arrays: code, message, transient, retry after, status, error, description.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    tokens: RefCell<Tokens>,
}

#[wasm_bindgen]
impl Core {
    /// Starts with nothing had. `flight_dead_after_ms`: where those who follow a flight cannot be woken, else 0.
    #[wasm_bindgen(constructor)]
    pub fn new(flight_dead_after_ms: f64) -> Core {
        let flight_dead_after_ms = (flight_dead_after_ms > 0.0).then_some(flight_dead_after_ms as u64);
        let mut seed = [0; 8];
        // Without a seed refreshes are not spread; that is no reason to refuse the work.
        let _ = getrandom::fill(&mut seed);
        let limits = Limits { flight_dead_after_ms, ..Limits::default() };
        Core { tokens: RefCell::new(Tokens::new(limits, u64::from_le_bytes(seed))) }
    }

    /// Whether a path may be joined as it is (0), once the host's parser agrees (1), or not at all (2).
    pub fn check(&self, path: &str) -> u32 {
        match verdict(path) {
            Ok(Path::Plain) => 0,
            Ok(Path::Careful) => 1,
            Err(_) => 2,
        }
    }

    /// A base URL's href, prefix, origin and audience.
    pub fn base(&self, typed: &str, insecure: bool) -> Result<Array, JsValue> {
        let base = parse_base(typed, insecure)?;
        Ok(array([text(&base.href()), text(&base.prefix()), text(&base.origin()), text(&base.audience())]))
    }

    /// A path joined to a base URL.
    pub fn join(&self, typed: &str, insecure: bool, input: &str) -> Result<String, JsValue> {
        parse_base(typed, insecure)?.join(input).map_err(|failure| error(&failure))
    }

    /// Throws where an absolute URL does not lie below the base URL.
    pub fn covers(&self, typed: &str, insecure: bool, href: &str) -> Result<(), JsValue> {
        parse_base(typed, insecure)?.covers(href).map_err(|failure| error(&failure))
    }

    /// Whether a call is to be sent again, with a new token.
    #[wasm_bindgen(js_name = mayResend)]
    pub fn may_resend(&self, status: u16, sent_before: bool, replayable: bool) -> bool {
        may_resend(status, sent_before, replayable)
    }

    /// Where a redirect leads and whether it becomes a GET; none where the answer is handed back.
    pub fn redirect(&self, status: u16, method: &str, current: &str, location: &str, hops: u32, replayable: bool) -> Option<Array> {
        let hop = redirected(status, method, current, location, hops, replayable)?;
        Some(array([text(&hop.url), JsValue::from_bool(hop.becomes_get)]))
    }

    /// Takes a credential file in and gives its fingerprint. `hosts`: those it may name, with spaces between them.
    pub fn register(&self, file: String, hosts: &str, emulator: &str, renew: bool) -> Result<String, JsValue> {
        let file = Secret::from(file);
        let trust = endpoints(emulator)?.widen(&trust(hosts));
        let credential = Credential::from_json_with(file.expose_text(), &trust).map_err(|failure| error(&failure))?;
        Ok(self.tokens.borrow_mut().register(credential, renew).as_str().into())
    }

    /// Takes a credential function in, by the caller's number for it, and gives its fingerprint.
    pub fn function(&self, number: u32) -> String {
        self.tokens.borrow_mut().register(Credential::function(number), false).as_str().into()
    }

    /// Begins a call. `credential`: a fingerprint, or empty for the file that the environment names.
    #[allow(clippy::too_many_arguments, reason = "an object would be read field by field, at many times the cost")]
    pub fn begin(&self, credential: String, file: String, access: bool, wanted: &str, hosts: &str, emulator: &str, mode: u8, deadline_ms: f64, wall_ms: f64, mono_ms: f64) -> Result<Array, JsValue> {
        let source = match credential.is_empty() {
            true => Source::Environment { file: Some(file) },
            false => Source::Credential(Fingerprint::from_text(credential)),
        };
        let target = match access {
            true => Scopes::parse(wanted).map(Target::AccessToken),
            false => Audience::parse(wanted).map(Target::IdToken),
        };
        let mode = match mode {
            0 => Mode::Usual,
            1 => Mode::Early,
            _ => Mode::Forced,
        };
        let target = target.map_err(|failure| error(&failure))?;
        let ask = Ask { source, target, trust: trust(hosts), endpoints: endpoints(emulator)?, mode, deadline_ms: deadline_ms as u64 };
        let mut tokens = self.tokens.borrow_mut();
        let (id, turn) = tokens.begin(ask, now(wall_ms, mono_ms));
        Ok(encode::turn(&mut tokens, id.unwrap_or(OperationId(0)), turn))
    }

    /// Tells a call what happened. `kind` is the event's; the other values are what it carries.
    #[allow(clippy::too_many_arguments, reason = "an object would be read field by field, at many times the cost")]
    pub fn step(&self, operation: u32, kind: u8, value: f64, words: String, bytes: Vec<u8>, wall_ms: f64, mono_ms: f64) -> Array {
        let event = match kind {
            0 => Event::Failed(words),
            1 => Event::Signed(bytes),
            2 => {
                let (date, retry_after) = words.split_once('\n').unwrap_or_default();
                Event::Answered(Response { status: value as u16, date: some(date), retry_after: some(retry_after), body: Secret::new(bytes) })
            }
            3 => Event::Returned(Secret::new(bytes)),
            4 => Event::Granted { token: Secret::from(words), expires_at_ms: (value > 0.0).then_some(value as u64) },
            _ => Event::Woken,
        };
        let id = OperationId(operation);
        let mut tokens = self.tokens.borrow_mut();
        let turn: Turn = tokens.step(id, event, now(wall_ms, mono_ms));
        encode::turn(&mut tokens, id, turn)
    }

    /// Gives a call up.
    pub fn abandon(&self, operation: u32) {
        self.tokens.borrow_mut().abandon(OperationId(operation));
    }

    /// The private key of a credential as PKCS #8 DER, until it is forgotten.
    #[wasm_bindgen(js_name = privateKey)]
    pub fn private_key(&self, credential: String) -> Option<Vec<u8>> {
        let mut tokens = self.tokens.borrow_mut();
        Some(tokens.credential(&Fingerprint::from_text(credential))?.private_key()?.expose().into())
    }

    /// Wipes the private key of a credential: the host holds it now, in a form that cannot be read out.
    #[wasm_bindgen(js_name = forgetPrivateKey)]
    pub fn forget_private_key(&self, credential: String) {
        if let Some(credential) = self.tokens.borrow_mut().credential(&Fingerprint::from_text(credential)) {
            credential.forget_private_key();
        }
    }

    /// Drops a token that a server would not have, unless it has been replaced since.
    pub fn invalidate(&self, key: String, serial: u32) {
        self.tokens.borrow_mut().invalidate(&Key::from_text(key), serial);
    }

    /// Takes back what the host kept of a token over a restart; gives its serial, refresh and expiry.
    pub fn restore(&self, key: String, expires_at_ms: f64, wall_ms: f64, mono_ms: f64) -> Array {
        let lease = self.tokens.borrow_mut().restore(Key::from_text(key), expires_at_ms as u64, now(wall_ms, mono_ms));
        let (refresh, expires) = lease.deadlines_ms();
        array([number(f64::from(lease.serial)), number(refresh as f64), number(expires as f64)])
    }
}

fn now(wall_ms: f64, mono_ms: f64) -> Now {
    Now::new(wall_ms as u64, mono_ms as u64)
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

fn trust(hosts: &str) -> Trust {
    Trust::hosts(hosts.split(' ').filter(|host| !host.is_empty()))
}

fn endpoints(emulator: &str) -> Result<Endpoints, JsValue> {
    match emulator {
        "" => Ok(Endpoints::default()),
        origin => Endpoints::emulator(origin).map_err(|failure: AuthError| error(&failure)),
    }
}

fn parse_base(typed: &str, insecure: bool) -> Result<BaseUrl, JsValue> {
    BaseUrl::parse(typed, insecure).map_err(|failure| error(&failure))
}
