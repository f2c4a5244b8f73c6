//! The loop that awaits: it does what the core asks for, and tells the core what came of it.
//!
//! No borrow of the tokens outlives a synchronous call, and nothing that one call awaits belongs to another.
extern crate std;

use super::host::{Sleep, fetch, import_key, now, object, read_at_most, reason, sign};
use super::limit::Limit;
use crate::config::{LARGEST_ANSWER, Limits};
use crate::credential::{Credential, Fingerprint, Terms};
use crate::error::{AuthError, Code};
use crate::grant::Target;
use crate::http::{Request, Response, retry_after_ms};
use crate::jose::Algorithm;
use crate::secret::Secret;
use crate::text::{concat, decimal};
use crate::time::http_date;
use crate::token::{Action, Ask, CredentialId, Event, Key, Mode, OperationId, Source, Tokens, Turn};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use js_sys::{Error, Object};
use wasm_bindgen::JsValue;
use web_sys::{CryptoKey, ResponseType};

std::thread_local! {
    /// The tokens of the whole module. Made at first use, because a Worker may draw no randomness before.
    static TOKENS: RefCell<Option<Tokens>> = const { RefCell::new(None) };
    /// Keys that cannot be read out, the oldest first.
    static KEYS: RefCell<Vec<(Fingerprint, CryptoKey)>> = const { RefCell::new(Vec::new()) };
}

/// How long without an answer before a flight counts as dead; so long, too, an early refresh may hold its call up.
const PATIENCE_MS: u32 = 2000;

/// Who calls.
#[derive(Debug)]
pub(super) struct Caller {
    credential: Option<(Secret, Fingerprint)>,
    hosts: Terms,
    number: Cell<Option<CredentialId>>,
}

/// A token that was had.
pub(super) struct Held {
    pub(super) token: Secret,
    /// Whether it is about to end.
    pub(super) stale: bool,
    key: Key,
    serial: u32,
}

impl Caller {
    /// # Errors
    /// What is wrong with the credential.
    pub(super) fn new(credential: Option<Secret>, hosts: Terms) -> Result<Caller, AuthError> {
        let checked = |text: Secret| {
            let fingerprint = Credential::from_json_with(text.expose_text(), &hosts)?.fingerprint().clone();
            Ok((text, fingerprint))
        };
        Ok(Caller { credential: credential.map(checked).transpose()?, hosts, number: Cell::new(None) })
    }

    fn source(&self) -> Result<Source, AuthError> {
        let Some((text, _)) = &self.credential else {
            return Ok(Source::Environment { file: Default::default(), hosts: self.hosts.clone() });
        };
        if let Some(number) = self.number.get().filter(|number| with(|tokens| tokens.credential(*number).is_some())) {
            return Ok(Source::Credential(number));
        }
        let mut credential = Credential::from_json_with(text.expose_text(), &self.hosts)?;
        // Whoever has to sign reads it again: among the tokens it would stay for good.
        credential.forget_private_key();
        let number = with(|tokens| tokens.register(credential, false));
        self.number.set(Some(number));
        Ok(Source::Credential(number))
    }
}

/// A token for that target: one that is had, or a new one.
///
/// # Errors
/// Why there is none; `timeout` where the limit was reached first.
pub(super) async fn acquire(caller: &Caller, target: &Target, mode: Mode, limit: &Limit) -> Result<Held, AuthError> {
    let ask = Ask { source: caller.source()?, target: target.clone(), mode, deadline_ms: limit.ends_ms() };
    let (number, mut turn) = with(|tokens| tokens.begin(ask, now()));
    let operation = Operation(number.unwrap_or(OperationId(0)));
    loop {
        let action = match turn {
            Turn::Done { result, .. } => return held(result?),
            Turn::Act { action, .. } => action,
        };
        let event = happening(caller, operation.0, action, mode, limit).await;
        if let Some(over) = limit.over() {
            return Err(over);
        }
        turn = with(|tokens| tokens.step(operation.0, event, now()));
    }
}

/// Drops a token that a server would not have.
pub(super) fn invalidate(held: &Held) {
    with(|tokens| tokens.invalidate(&held.key, held.serial));
}

/// A call that waits. Whoever drops it, ended or not, gives it up.
struct Operation(OperationId);

impl Drop for Operation {
    fn drop(&mut self) {
        TOKENS.with(|tokens| {
            // Never within another call of the tokens'; but a drop must not panic.
            if let Ok(mut tokens) = tokens.try_borrow_mut() {
                tokens.iter_mut().for_each(|tokens| tokens.abandon(self.0));
            }
        });
    }
}

fn with<T>(work: impl FnOnce(&mut Tokens) -> T) -> T {
    TOKENS.with_borrow_mut(|tokens| work(tokens.get_or_insert_with(fresh)))
}

fn fresh() -> Tokens {
    let mut seed = [0; 8];
    // Without a seed refreshes are not spread; that is no reason to refuse the work.
    let _ = getrandom::fill(&mut seed);
    Tokens::new(
        Limits { flight_dead_after_ms: Some(PATIENCE_MS.into()), ..Limits::default() },
        u64::from_le_bytes(seed),
    )
}

fn held(key: Key) -> Result<Held, AuthError> {
    let found = with(|tokens| {
        let lease = tokens.lease(&key)?;
        let token = Secret::new(tokens.token(&key)?.expose());
        let stale = lease.deadlines_ms().0 <= now().wall_ms;
        Some(Held { token, stale, key, serial: lease.serial })
    });
    found.ok_or_else(|| AuthError::transient(Code::CoreFailed, &["the token went before it was used. Try again."]))
}

/// Does what is asked for.
async fn happening(caller: &Caller, operation: OperationId, action: Action, mode: Mode, limit: &Limit) -> Event {
    let done = match action {
        Action::Sign { algorithm: Algorithm::Rs256, input } => signed(caller, &input).await.map(Event::Signed),
        Action::Send(request) => answered(request, mode, limit).await.map(Event::Answered),
        Action::Join { poll_ms: ms, .. } | Action::Wait { ms } => {
            Sleep::new(ms).await;
            Ok(Event::Woken)
        }
        _ => Err(Error::new("this client cannot do what the credential needs").into()),
    };
    done.unwrap_or_else(|thrown| Event::Failed(reason(&thrown)))
}

async fn signed(caller: &Caller, input: &str) -> Result<Vec<u8>, JsValue> {
    let Some((text, fingerprint)) = &caller.credential else { return Err(Error::new("there is no key").into()) };
    let known =
        KEYS.with_borrow(|keys| keys.iter().find(|(print, _)| print == fingerprint).map(|(_, key)| key.clone()));
    let key = match known {
        Some(key) => key,
        None => {
            let credential = Credential::from_json_with(text.expose_text(), &caller.hosts)
                .map_err(|error| Error::new(&error.message))?;
            let der = credential.private_key().ok_or_else(|| Error::new("there is no key"))?;
            let key = import_key(der).await?;
            keep(fingerprint, &key);
            key
        }
    };
    sign(&key, input).await
}

fn keep(fingerprint: &Fingerprint, key: &CryptoKey) {
    KEYS.with_borrow_mut(|keys| {
        keys.retain(|(print, _)| print != fingerprint);
        if keys.len() >= Limits::default().credentials {
            keys.remove(0);
        }
        keys.push((fingerprint.clone(), key.clone()));
    });
}

async fn answered(request: Request, mode: Mode, limit: &Limit) -> Result<Response, JsValue> {
    let body = request.body.and_then(|body| with(|tokens| tokens.secret(body)));
    let most_ms = if mode == Mode::Early { PATIENCE_MS } else { u32::try_from(request.timeout_ms).unwrap_or(u32::MAX) };
    // A limit of its own, unless the call's comes first: then the call is over, and not just this request.
    let sooner = limit.ends_ms().saturating_sub(now().mono_ms) > u64::from(most_ms);
    let own =
        if sooner { Some(Limit::start(Some(most_ms)).map_err(|error| Error::new(&error.message))?) } else { None };
    let sent = exchanged(&request, body, own.as_ref().unwrap_or(limit)).await;
    let Some(own) = own else { return sent };
    if own.over().is_some() {
        return Err(Error::new(&concat(&["it had no answer within ", &decimal(most_ms.into()), " ms"])).into());
    }
    own.met();
    sent
}

/// The request, and its answer to the end.
async fn exchanged(request: &Request, body: Option<Secret>, limit: &Limit) -> Result<Response, JsValue> {
    let headers: Vec<(&str, JsValue)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.into())).collect();
    let init = object(&[
        ("method", request.method.as_str().into()),
        ("headers", object(&headers).into()),
        ("redirect", "manual".into()),
        ("signal", limit.signal().into()),
    ]);
    if let Some(body) = body {
        set_body(&init, &body);
    }
    let response = fetch(&request.url, &init).await?;
    if response.type_() == ResponseType::Opaqueredirect {
        return Err(Error::new("it redirects, which credentials do not follow").into());
    }
    let header = |name| response.headers().get(name).ok().flatten();
    let date_ms = header("date").and_then(|date| http_date(&date));
    let retry_after_ms =
        header("retry-after").and_then(|after| retry_after_ms(&after, date_ms.or(Some(now().wall_ms))));
    let body = read_at_most(&response, LARGEST_ANSWER.saturating_add(1)).await?;
    Ok(Response { status: response.status(), date_ms, retry_after_ms, body })
}

fn set_body(init: &Object, body: &Secret) {
    super::host::set(init, "body", &body.expose_text().into());
}
