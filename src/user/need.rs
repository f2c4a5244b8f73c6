//! What is asked for, whether a record is that, and the exchange that makes it so.

use super::record::Record;
use crate::config::{Limits, Retry, Turns};
use crate::credential::Credential;
use crate::error::{AuthError, Code};
use crate::facts::Facts;
use crate::grant::Target;
use crate::secret::Secret;
use crate::time::Now;
use crate::token::{Context, Exchange, Notes, Said, Step};

/// What a token is asked for, and by which rules.
pub(super) struct Need<'a> {
    pub(super) shared: &'a Facts,
    pub(super) access: bool,
    pub(super) scopes: &'a str,
    pub(super) limits: &'a Limits,
    pub(super) turns: Turns,
    pub(super) retry: Retry,
}

/// How an attempt at something ends, unless with an error.
pub(super) type Next = Result<Step, AuthError>;

/// The exchange of the record's refresh token: the request, or what its answer means. There is one step to it, so that nothing needs
/// to be kept of it but the record.
pub(super) fn exchange(read: &Secret, need: &Need<'_>, said: Option<&Said<'_>>, timeout_ms: u64, now: Now) -> Next {
    let record = Record::read(read.expose_text(), 0, 0)?;
    let mut credential = Credential::of(need.shared.clone(), Some(&record.file(need.shared)))?;
    let target = Target::parse(true, "openid")?;
    let mut notes = Notes::default();
    let mut exchange = Exchange::default();
    let mut context =
        Context { credential: &mut credential, notes: &mut notes, target: &target, limits: need.limits, timeout_ms };
    let first = exchange.next(&mut context, &Said::BEGUN, now);
    match said {
        Some(said) if first.is_ok() => exchange.next(&mut context, said, now),
        _ => first,
    }
}

/// Whether the record is what is asked for.
pub(super) fn permitted(record: &Record<'_>, need: &Need<'_>) -> Result<(), AuthError> {
    let why = record.text("needs_reauth");
    if !why.is_empty() {
        return Err(refused(&why));
    }
    same_user(&record.text("sub"), need.shared.get("sub"))?;
    let client = need.shared.get("client_id");
    if !client.is_empty() && record.text("client_id").as_str() != client {
        return Err(AuthError::plain(
            Code::InvalidCredential,
            "the user's token is of another OAuth client than the one that was given. Give the one that the user logged in with.",
        ));
    }
    let first = record.lacks(need.scopes);
    let scope = if first.is_empty() { record.lacks(need.shared.get("scopes")) } else { first };
    if !scope.is_empty() {
        return Err(AuthError::about(
            Code::ScopesMissing,
            "the user has not granted ~. Log the user in again and ask for it.",
            scope,
            "",
        ));
    }
    Ok(())
}

/// Whether both are the same user, as far as both are known.
pub(super) fn same_user(one: &str, other: &str) -> Result<(), AuthError> {
    if one.is_empty() || other.is_empty() || one == other {
        return Ok(());
    }
    Err(AuthError::plain(
        Code::UserMismatch,
        "the token is another user's than the one who was asked for. Look whose record it is.",
    ))
}

pub(super) fn refused(why: &str) -> AuthError {
    AuthError::about(
        Code::LoginRequired,
        "the provider no longer accepts the user's refresh token (~): it was revoked, or has ended. Log the user in again.",
        if why.is_empty() { "invalid_grant" } else { why },
        "",
    )
}
