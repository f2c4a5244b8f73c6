//! Fields of a text, parted by zero characters. What can hold any character comes last.

use crate::error::AuthError;
use crate::text::{cut, decimal, number};
use alloc::string::String;

/// What a call brought, field by field.
pub(super) struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    pub(super) fn new(text: &'a str) -> Fields<'a> {
        Fields(text)
    }

    /// The next field; empty where there is none.
    pub(super) fn text(&mut self) -> &'a str {
        let (field, rest) = cut(self.0, "\0").unwrap_or((self.0, ""));
        self.0 = rest;
        field
    }

    /// The next field as a number; 0 where it is none.
    pub(super) fn number(&mut self) -> u64 {
        number(self.text()).unwrap_or_default()
    }

    /// Whether the next field is a number other than 0.
    pub(super) fn flag(&mut self) -> bool {
        self.number() > 0
    }

    /// All that is left, zero characters included.
    pub(super) fn rest(&mut self) -> &'a str {
        self.0
    }
}

/// Fields as one text, each with its end.
pub(super) fn joined(fields: &[&str]) -> String {
    let mut out = String::new();
    for field in fields {
        out.push_str(field);
        out.push('\0');
    }
    out
}

/// An error: the field `!`, code, message, transient, retry after, and what the server said.
pub(super) fn error(failure: &AuthError) -> String {
    let retry_after = failure.retry_after_ms.map(decimal).unwrap_or_default();
    let (status, said) = failure.server.as_ref().map(|said| (decimal(u64::from(said.status)), said)).unzip();
    let words = |pick: fn(&crate::error::ServerSaid) -> &Option<String>| said.and_then(|said| pick(said).as_deref()).unwrap_or_default();
    joined(&[
        "!",
        failure.code.as_str(),
        &failure.message,
        if failure.transient { "1" } else { "" },
        &retry_after,
        status.as_deref().unwrap_or_default(),
        words(|said| &said.error),
        words(|said| &said.description),
    ])
}
