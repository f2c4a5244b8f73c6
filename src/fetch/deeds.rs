//! What the core asks this host to do for a token: sign, send, wait. Whatever else it may ask for cannot be done here.
extern crate std;

use super::caller::Caller;
use super::host::{Sleep, fetch, import_key, now, object, read_at_most, reason, set, sign};
use super::limit::Limit;
use super::tokens::with;
use crate::config::{LARGEST_ANSWER, Limits};
use crate::credential::Fingerprint;
use crate::error::{AuthError, Code};
use crate::http::{Request, Response, retry_after_ms};
use crate::jose::Algorithm;
use crate::secret::Secret;
use crate::text::{concat, contains, decimal};
use crate::time::http_date;
use crate::token::{Action, Event};
use alloc::vec::Vec;
use core::cell::RefCell;
use js_sys::Error;
use wasm_bindgen::JsValue;
use web_sys::{CryptoKey, ResponseType};

std::thread_local! {
    /// Keys that cannot be read out, the oldest first.
    static KEYS: RefCell<Vec<(Fingerprint, CryptoKey)>> = const { RefCell::new(Vec::new()) };
}

/// Does what is asked for, and gives what came of it.
///
/// # Errors
/// `unsupported_by_host`. The core is not told: for it no other try would be better.
pub(super) async fn happening(
    caller: &Caller,
    action: Action,
    ends_ms: u64,
    limit: &Limit,
) -> Result<Event, AuthError> {
    let done = match action {
        Action::Sign { algorithm: Algorithm::Rs256, input } => signed(caller, &input).await.map(Event::Signed),
        Action::Send(request) if request.client_certificate.is_empty() => {
            answered(request, ends_ms, limit).await.map(Event::Answered)
        }
        Action::Join { poll_ms: ms, .. } | Action::Wait { ms } => {
            Sleep::new(ms).await;
            Ok(Event::Woken)
        }
        // Whoever were told to set this one would find that nobody here reads it.
        Action::Environment { names } if names.iter().any(|name| name == ALLOW_EXECUTABLES) => {
            return Err(unable("programs"));
        }
        Action::Environment { .. } => Ok(Event::Returned(Secret::default())),
        Action::Read { .. } => return Err(unable("files")),
        Action::Certificates { .. } | Action::Send(_) => return Err(unable("client certificates")),
        Action::Run { .. } => return Err(unable("programs")),
        _ => return Err(unable("functions for tokens")),
    };
    Ok(done.unwrap_or_else(|thrown| Event::Failed(reason(&thrown))))
}

const ALLOW_EXECUTABLES: &str = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES";

fn unable(what: &str) -> AuthError {
    AuthError::new(
        Code::UnsupportedByHost,
        &[
            "there are no ",
            what,
            " here, which the credential needs. Give it a credential_source with the URL of its subject token, or another credential.",
        ],
    )
}

async fn signed(caller: &Caller, input: &str) -> Result<Vec<u8>, JsValue> {
    let no_key = || Error::new("there is no key");
    let fingerprint = caller.fingerprint().ok_or_else(no_key)?;
    let known =
        KEYS.with_borrow(|keys| keys.iter().find(|(print, _)| print == fingerprint).map(|(_, key)| key.clone()));
    let key = match known {
        Some(key) => key,
        None => {
            let credential = caller.read().map_err(|error| Error::new(&error.message))?.ok_or_else(no_key)?;
            let key = import_key(credential.private_key().ok_or_else(no_key)?).await?;
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

/// The answer, if it is there before `ends_ms` by the monotonic clock.
async fn answered(request: Request, ends_ms: u64, limit: &Limit) -> Result<Response, JsValue> {
    let body = request.body.and_then(|body| with(|tokens| tokens.secret(body)));
    let now_ms = now().mono_ms;
    let most_ms = request.timeout_ms.min(ends_ms.saturating_sub(now_ms)).max(1);
    let most_ms = u32::try_from(most_ms).unwrap_or(u32::MAX);
    // A limit of its own, unless the call's comes first: then the call is over, and not just this request.
    let sooner = limit.ends_ms().saturating_sub(now_ms) > u64::from(most_ms);
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
        set(&init, "body", &body.expose_text().into());
    }
    let response = fetch(&request.url, &init).await?;
    let header = |name| response.headers().get(name).ok().flatten();
    // Whoever answers in the metadata server's place does not know of this header.
    let asks_google = request.headers.iter().any(|(name, _)| name == FLAVOR);
    if asks_google && header(FLAVOR).as_deref() != Some("Google") {
        return Err(Error::new("it is not Google's").into());
    }
    if response.type_() == ResponseType::Opaqueredirect {
        return Err(Error::new("it redirects, which credentials do not follow").into());
    }
    // Each time it is unpacked a small answer may become a large one.
    if header("content-encoding").is_some_and(|encodings| contains(&encodings, ",")) {
        return Err(Error::new("it is encoded more than once").into());
    }
    let date_ms = header("date").and_then(|date| http_date(&date));
    let retry_after_ms =
        header("retry-after").and_then(|after| retry_after_ms(&after, date_ms.or(Some(now().wall_ms))));
    let body = read_at_most(&response, LARGEST_ANSWER.saturating_add(1)).await?;
    Ok(Response { status: response.status(), date_ms, retry_after_ms, body })
}

const FLAVOR: &str = "metadata-flavor";
