//! Sends one call, and again where a new token or a redirect asks for it.

use super::Error;
use super::driver::{Held, acquire, invalidate};
use super::headers::{QUOTA_PROJECT, payer};
use super::host::{Sleep, discard, fetch, now, set};
use super::limit::Limit;
use super::session::Config;
use super::tokens::with;
use crate::config::Retry;
use crate::error::{AuthError, Code};
use crate::http::retry_after_ms;
use crate::secret::Secret;
use crate::session::{Hop, may_resend, may_retry, redirected};
use crate::text::concat;
use crate::time::http_date;
use crate::token::{Mode, Tokens};
use alloc::string::String;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use js_sys::{Object, Reflect};
use web_sys::{Headers, Response, ResponseType, Url};

/// One call as the caller wrote it: read once, sent perhaps more than once.
pub(super) struct Draft {
    pub(super) url: String,
    pub(super) method: String,
    /// Without the token.
    pub(super) headers: Headers,
    /// What fetch gets beside method and headers.
    pub(super) init: Object,
    pub(super) replayable: bool,
    /// Whether it may be sent twice, whatever its method.
    pub(super) idempotent: bool,
    pub(super) follows: bool,
    /// Which header takes the token.
    pub(super) carrier: &'static str,
}

/// Gets a token and sends.
///
/// # Errors
/// As [`Call::send`](super::Call::send).
pub(super) async fn deliver(config: &Config, draft: Draft, timeout: Option<u32>) -> Result<Response, Error> {
    let limit = Limit::start(timeout)?;
    let held = acquire(&config.caller, &config.target, Mode::Usual, &limit).await?;
    if !held.stale {
        return send(config, draft, held, &limit).await;
    }
    // Side by side, because nobody else would go on with the new token's exchange once this call is over.
    let (response, _) = both(send(config, draft, held, &limit), refresh(config)).await;
    response
}

/// Gets a new token early; where none is to be had, the old one is used until it ends.
async fn refresh(config: &Config) {
    if let Ok(limit) = Limit::start(None) {
        let _ = acquire(&config.caller, &config.target, Mode::Early, &limit).await;
    }
}

/// Sends until the answer is one for the caller.
async fn send(config: &Config, mut draft: Draft, mut held: Held, limit: &Limit) -> Result<Response, Error> {
    let mut resent = false;
    let mut hops = 0_u32;
    let mut sent = 0_u32;
    loop {
        let outcome = send_once(config, &draft, &held, limit).await;
        if let Ok(response) = &outcome
            && response.status() == 401
        {
            if !resent {
                invalidate(&held);
            }
            if !may_resend(401, resent, draft.replayable) {
                limit.met();
                return outcome;
            }
            resent = true;
            discard(response);
        } else if let Ok(response) = &outcome
            && let Some(next) = draft.redirected(response, hops)?
        {
            discard(response);
            draft = next;
            hops = hops.saturating_add(1);
            continue;
        } else {
            sent = sent.saturating_add(1);
            let Some(wait_ms) = draft.waits(&config.caller.retry, &outcome, sent, limit) else {
                limit.met();
                return outcome;
            };
            if let Ok(response) = &outcome {
                discard(response);
            }
            Sleep::new(wait_ms).await;
        }
        // Others may have a new one by now, or this one may have ended.
        held = acquire(&config.caller, &config.target, Mode::Usual, limit).await?;
    }
}

/// How long the service asks to be left alone.
fn asked_ms(headers: &Headers) -> u64 {
    let header = |name| headers.get(name).ok().flatten();
    let date_ms = header("date").and_then(|date| http_date(&date)).unwrap_or(now().wall_ms);
    header("retry-after").and_then(|after| retry_after_ms(&after, Some(date_ms))).unwrap_or_default()
}

async fn send_once(config: &Config, draft: &Draft, held: &Held, limit: &Limit) -> Result<Response, Error> {
    let bearer = Secret::from(concat(&["Bearer ", held.token.expose_text()]));
    draft.headers.set(draft.carrier, bearer.expose_text()).map_err(Error::Fetch)?;
    if let Some(project) = payer(&draft.headers, &config.target, held) {
        draft.headers.set(QUOTA_PROJECT, &project).map_err(Error::Fetch)?;
    }
    set(&draft.init, "method", &draft.method.as_str().into());
    set(&draft.init, "headers", &draft.headers);
    set(&draft.init, "signal", &limit.signal());
    if draft.follows {
        set(&draft.init, "redirect", &"manual".into());
    }
    fetch(&draft.url, &draft.init).await.map_err(|thrown| limit.over().map_or(Error::Fetch(thrown), Error::Auth))
}

impl Draft {
    /// How long to wait before it is sent again, if it is.
    fn waits(&self, retry: &Retry, outcome: &Result<Response, Error>, sent: u32, limit: &Limit) -> Option<u64> {
        let (status, asked_ms) = match outcome {
            // A redirect that the host does not show has status 0.
            Ok(response) if !response.ok() => (response.status().max(1), asked_ms(&response.headers())),
            // Where redirects are to be errors, what was thrown may be one.
            Err(Error::Fetch(_)) if self.follows => (0, 0),
            _ => return None,
        };
        let methods = if self.idempotent { concat(&[" ", &self.method, " "]) } else { String::new() };
        let wait_ms = retry.wait_ms(sent, asked_ms, with(Tokens::random));
        let in_time = sent < retry.attempts && now().mono_ms.saturating_add(wait_ms) < limit.ends_ms();
        (in_time && self.replayable && may_retry(status, &self.method, &methods, "")).then_some(wait_ms)
    }

    /// The call that a redirect asks for, or nothing where its answer is the caller's.
    fn redirected(&self, response: &Response, hops: u32) -> Result<Option<Draft>, AuthError> {
        if !self.follows {
            return Ok(None);
        }
        if response.type_() == ResponseType::Opaqueredirect {
            return Err(AuthError::new(
                Code::RedirectRefused,
                &["the service redirects, and browsers do not say where to. Call the final URL."],
            ));
        }
        let location = response.headers().get("location").ok().flatten();
        let Some(to) = location.and_then(|location| Url::new_with_base(&location, &self.url).ok()) else {
            return Ok(None);
        };
        to.set_hash("");
        let Ok(from) = Url::new(&self.url) else { return Ok(None) };
        let hop = redirected(response.status(), &self.method, &from.href(), &to.href(), hops, self.replayable);
        Ok(match hop {
            Hop::HandedBack => None,
            Hop::Again => Some(Draft {
                url: to.href(),
                method: self.method.clone(),
                headers: self.headers.clone(),
                init: self.init.clone(),
                ..*self
            }),
            Hop::AsGet => Some(self.as_get(to.href())),
        })
    }

    /// A GET without the body and without what is said about it (Fetch standard, HTTP-redirect fetch, step 12).
    fn as_get(&self, url: String) -> Draft {
        for name in ["body", "duplex"] {
            let _ = Reflect::delete_property(&self.init, &name.into());
        }
        for name in ["content-type", "content-length", "content-encoding", "content-language", "content-location"] {
            let _ = self.headers.delete(name);
        }
        Draft {
            url,
            method: "GET".into(),
            headers: self.headers.clone(),
            init: self.init.clone(),
            replayable: true,
            ..*self
        }
    }
}

/// Both at once; over when both are.
async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none()
            && let Poll::Ready(value) = one.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = other.as_mut().poll(context)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(value), Some(other)) => Poll::Ready((value, other)),
            (value, other) => {
                (first, second) = (value, other);
                Poll::Pending
            }
        }
    })
    .await
}
