//! How long one call may take.

use super::host::{clear_timeout, now, set_timeout};
use crate::error::{AuthError, Code};
use crate::text::decimal;
use core::cell::Cell;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal};

/// A timer and what it aborts. To drop it is to give the call up: what is under way is aborted too.
pub(super) struct Limit {
    controller: AbortController,
    timer: Option<JsValue>,
    ms: Option<u32>,
    ends_ms: u64,
    met: Cell<bool>,
}

/// How long a call without a timeout counts as alive.
const AN_HOUR_MS: u32 = 3_600_000;

impl Limit {
    /// Begins now. Without milliseconds there is no limit.
    ///
    /// # Errors
    /// `unsupported_by_host` where there is no AbortController.
    pub(super) fn start(ms: Option<u32>) -> Result<Limit, AuthError> {
        let unsupported = |_| {
            AuthError::new(
                Code::UnsupportedByHost,
                &["there is no AbortController here, without which no call can be ended."],
            )
        };
        let controller = AbortController::new().map_err(unsupported)?;
        // The function is JavaScript's own: nothing of ours is called back, should this call be cut off and forgotten.
        let abort = Reflect::get(&controller, &"abort".into())
            .map_err(unsupported)?
            .unchecked_into::<Function>()
            .bind0(&controller);
        let timer = ms.map(|ms| set_timeout(&abort, f64::from(ms)));
        let ends_ms = now().mono_ms.saturating_add(ms.unwrap_or(AN_HOUR_MS).into());
        Ok(Limit { controller, timer, ms, ends_ms, met: Cell::new(false) })
    }

    /// Aborts when the time is over.
    pub(super) fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }

    /// When the time is over, by the monotonic clock.
    pub(super) fn ends_ms(&self) -> u64 {
        self.ends_ms
    }

    /// Why to go no further.
    pub(super) fn over(&self) -> Option<AuthError> {
        let ms = self.ms.filter(|_| self.controller.signal().aborted())?;
        Some(AuthError::transient(
            Code::Timeout,
            &[
                "the call had no answer within its timeout of ",
                &decimal(ms.into()),
                " ms. Give it a longer timeout, or look at what is slow.",
            ],
        ))
    }

    /// What was waited for is there: nothing is aborted any more.
    pub(super) fn met(&self) {
        self.met.set(true);
        if let Some(timer) = &self.timer {
            clear_timeout(timer);
        }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        if !self.met.get() {
            self.met();
            self.controller.abort();
        }
    }
}
