//! Fields of a text, parted by zero characters. What can hold any character comes last: so a zero character too many
//! always ends in a value that may not hold one.

use crate::error::AuthError;
use crate::text::{cut, number, push_decimal};
use alloc::string::String;
use alloc::vec::Vec;

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

    /// The next field, which is one letter.
    pub(super) fn letter(&mut self) -> u8 {
        self.text().as_bytes().first().copied().unwrap_or_default()
    }

    /// The next field as a number; 0 where it is none.
    pub(super) fn number(&mut self) -> u64 {
        number(self.text()).unwrap_or_default()
    }

    /// As [`number`](Fields::number), of what is counted from 0 to some thousands, or is a number of ours.
    pub(super) fn small(&mut self) -> u32 {
        self.number() as u32
    }

    /// Whether the next field is a number other than 0.
    pub(super) fn flag(&mut self) -> bool {
        self.number() > 0
    }

    /// All that is left, zero characters included.
    pub(super) fn rest(&self) -> &'a str {
        self.0
    }
}

/// What goes back, each field with its end. It is bytes that JavaScript reads as UTF-8: so nothing that is secret
/// has to be checked for being text (`from_utf8` alone is 680 bytes of a module).
pub(super) struct Answer(Vec<u8>);

impl Answer {
    pub(super) const fn new() -> Answer {
        Answer(Vec::new())
    }

    pub(super) fn bytes(&mut self, field: &[u8]) {
        self.0.extend_from_slice(field);
        self.0.push(0);
    }

    pub(super) fn text(&mut self, field: &str) {
        self.bytes(field.as_bytes());
    }

    pub(super) fn number(&mut self, field: u64) {
        let mut digits = String::new();
        push_decimal(&mut digits, field);
        self.text(&digits);
    }

    /// An error: the field `!`, code, message, transient, retry after, and what the server said.
    pub(super) fn error(&mut self, failure: &AuthError) {
        self.text("!");
        self.text(failure.code.as_str());
        self.text(&failure.message);
        self.text(if failure.transient { "1" } else { "" });
        match failure.retry_after_ms {
            Some(ms) => self.number(ms),
            None => self.text(""),
        }
        let Some(said) = &failure.server else { return self.text("\0\0") };
        self.number(said.status.into());
        self.text(said.error.as_deref().unwrap_or_default());
        self.text(said.description.as_deref().unwrap_or_default());
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
