//! The loop that awaits: it does what the core asks for, and tells the core what came of it.
//!
//! No borrow of the tokens outlives a synchronous call, and nothing that one call awaits belongs to another.

use super::caller::Caller;
use super::deeds::happening;
use super::host::now;
use super::limit::Limit;
use super::tokens::{Operation, PATIENCE_MS, with};
use crate::error::{AuthError, Code};
use crate::grant::Target;
use crate::secret::Secret;
use crate::token::{Ask, Key, Mode, OperationId, Turn};
use alloc::string::String;

/// A token that was had.
pub(super) struct Held {
    pub(super) token: Secret,
    /// The project that the credential's file wants to pay for calls of Google's APIs; empty where it names none.
    pub(super) quota_project: String,
    /// Whether it is about to end.
    pub(super) stale: bool,
    key: Key,
    serial: u32,
}

/// A token for that target: one that is had, or a new one.
///
/// # Errors
/// Why there is none; `timeout` where the limit was reached first.
pub(super) async fn acquire(caller: &Caller, target: &Target, mode: Mode, limit: &Limit) -> Result<Held, AuthError> {
    let deadline_ms = limit.ends_ms();
    let ask = Ask { source: caller.source()?, target: target.clone(), mode, deadline_ms, retry: caller.retry };
    // Of all that an early refresh does together: its call waits for it.
    let ends_ms = if mode == Mode::Early { now().mono_ms.saturating_add(PATIENCE_MS.into()) } else { u64::MAX };
    let (number, mut turn) = with(|tokens| tokens.begin(ask, now()));
    let operation = Operation(number.unwrap_or(OperationId(0)));
    let result = loop {
        let action = match turn {
            Turn::Done { result, .. } => break result,
            Turn::Act { action, .. } => action,
        };
        let event = happening(caller, action, ends_ms, limit).await;
        if let Some(over) = limit.over() {
            return Err(over);
        }
        let event = event?;
        turn = with(|tokens| tokens.step(operation.0, event, now()));
    };
    // Before anything is awaited: by then the token may have had to go for another.
    let held = result.and_then(|key| held(caller, key));
    // Also where there is no token: a refresh token may have come on the way.
    let handed_on = caller.hand_on(ends_ms.min(limit.ends_ms()).saturating_sub(now().mono_ms)).await;
    let held = held?;
    handed_on.map(|()| held)
}

/// Drops a token that a server would not have.
pub(super) fn invalidate(held: &Held) {
    with(|tokens| tokens.invalidate(&held.key, held.serial));
}

fn held(caller: &Caller, key: Key) -> Result<Held, AuthError> {
    let found = with(|tokens| {
        let lease = tokens.lease(&key)?;
        let token = Secret::new(tokens.token(&key)?.expose());
        let stale = lease.deadlines_ms().0 <= now().wall_ms;
        Some(Held { token, quota_project: String::new(), stale, key, serial: lease.serial })
    });
    let found = found.map(|held| Held { quota_project: caller.quota_project(), ..held });
    found.ok_or_else(|| AuthError::transient(Code::CoreFailed, &["the token went before it was used. Try again."]))
}
