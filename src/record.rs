//! Texts of several fields, parted by zero characters. What can hold any character comes last: so a zero character too
//! many always ends in a value that may not hold one.

#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
use crate::text::push_decimal;
use crate::text::{before, number, part};
#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
use alloc::{string::String, vec::Vec};

/// What is left to be read, field by field.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    pub(crate) fn new(text: &'a str) -> Fields<'a> {
        Fields(text)
    }

    /// The next field; empty where there is none.
    pub(crate) fn text(&mut self) -> &'a str {
        let field = before(self.0, "\0");
        self.0 = part(self.0, field.len().wrapping_add(1), self.0.len());
        field
    }

    /// The next field as a number; 0 where it is none.
    pub(crate) fn number(&mut self) -> u64 {
        number(self.text()).unwrap_or_default()
    }

    /// As [`number`](Fields::number), of what is counted from 0 to some thousands, or is a number of ours.
    pub(crate) fn small(&mut self) -> u32 {
        self.number() as u32
    }

    /// Whether the next field is a number other than 0.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn flag(&mut self) -> bool {
        self.number() > 0
    }

    /// All that is left, zero characters included.
    pub(crate) fn rest(&self) -> &'a str {
        self.0
    }
}

/// The text of that number in a list of them, each with its end. One text is less than a table of them.
pub(crate) fn nth(texts: &'static str, number: u8) -> &'static str {
    let mut fields = Fields(texts);
    for _ in 0..number {
        fields.text();
    }
    fields.text()
}

/// Fields that are written, each with its end. Bytes, because what is secret need not be checked for being text
/// (`from_utf8` alone is 680 bytes of a module).
#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
pub(crate) struct Record(Vec<u8>);

#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
impl Record {
    pub(crate) const fn new() -> Record {
        Record(Vec::new())
    }

    pub(crate) fn bytes(&mut self, field: &[u8]) {
        self.raw(field);
        self.raw(b"\0");
    }

    /// What is no field.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, field: &str) {
        self.bytes(field.as_bytes());
    }

    pub(crate) fn number(&mut self, field: u64) {
        let mut digits = String::new();
        push_decimal(&mut digits, field);
        self.text(&digits);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
