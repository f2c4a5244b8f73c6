//! The text of a policy, and where in it something is wrong.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something that is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

pub(super) type Item<'a> = Spanned<DeValue<'a>>;

/// What is read, and what was found wrong with it so far: all of it is told at once.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Source<'a> {
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        let column = before.chars().rev().take_while(|c| *c != '\n').count().saturating_add(1);
        (line, column)
    }

    pub(super) fn fault(&mut self, at: Range<usize>, message: String) {
        let (line, column) = self.place(at.start);
        self.faults.push(Fault { line, column, message });
    }

    /// A table with no other keys than these.
    pub(super) fn table<'b>(&mut self, what: &str, value: &'b Item<'a>, keys: &[&str]) -> Option<&'b DeTable<'a>> {
        let table = self.any_table(what, value)?;
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !keys.contains(&name) {
                self.fault(
                    key.span(),
                    format!("{what} has no key {name:?}. {}Its keys are {}.", meant(name, keys), keys.join(", ")),
                );
            }
        }
        Some(table)
    }

    pub(super) fn any_table<'b>(&mut self, what: &str, value: &'b Item<'a>) -> Option<&'b DeTable<'a>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.fault(value.span(), format!("{what} is no table but {}.", kind(value)));
        }
        table
    }

    /// A text that is not empty, of visible ASCII without spaces.
    pub(super) fn word(&mut self, what: &str, value: &Item<'a>) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            self.fault(value.span(), format!("{what} is no text but {}.", kind(value)));
            return None;
        };
        if text.is_empty() || text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            self.fault(value.span(), format!("{what} is empty, or has characters that are not visible ASCII."));
            return None;
        }
        Some(text.into())
    }

    /// A list of such, with at least one item and none twice.
    pub(super) fn words(&mut self, what: &str, value: &Item<'a>) -> Option<Vec<(String, Range<usize>)>> {
        let Some(items) = value.get_ref().as_array() else {
            self.fault(value.span(), format!("{what} is no list but {}. Give [\"…\"].", kind(value)));
            return None;
        };
        let mut found: Vec<(String, Range<usize>)> = Vec::new();
        for item in items.iter() {
            let Some(word) = self.word(&format!("an item of {what}"), item) else { continue };
            if found.iter().any(|(other, _)| *other == word) {
                self.fault(item.span(), format!("{what} names {word:?} twice."));
            }
            found.push((word, item.span()));
        }
        if items.is_empty() {
            self.fault(
                value.span(),
                format!("{what} is empty, and so grants nothing. Leave it out, or name something."),
            );
            return None;
        }
        Some(found)
    }

    /// A time as `90s`, `15m` or `1h`, in seconds.
    pub(super) fn duration(&mut self, what: &str, value: &Item<'a>) -> Option<u64> {
        let text = value.get_ref().as_str().unwrap_or_default();
        let seconds = [("s", 1), ("m", 60), ("h", 3600)].into_iter().find_map(|(unit, length)| {
            let digits = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse::<u64>().ok()?.checked_mul(length)
        });
        if seconds.is_none_or(|seconds| seconds == 0) {
            self.fault(value.span(), format!("{what} is no time. Give it as \"90s\", \"15m\" or \"1h\"."));
            return None;
        }
        seconds
    }
}

/// The nearest of some names, as a question; nothing where none is near.
pub(super) fn meant(name: &str, names: &[&str]) -> String {
    // Whoever wrote but the begin of a name meant it, too.
    let begins = |other: &str| name.len() >= 3 && other.starts_with(name);
    let near = names.iter().map(|other| (if begins(other) { 0 } else { distance(name, other) }, other)).min();
    match near {
        Some((steps, other)) if steps <= name.len().div_ceil(3) => format!("Did you mean {other:?}? "),
        _ => String::new(),
    }
}

pub(super) fn kind(value: &Item<'_>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// How many letters have to be changed, added or left out (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, c) in a.chars().enumerate() {
        let mut corner = core::mem::replace(row.first_mut().unwrap_or(&mut 0), i.saturating_add(1));
        let mut left = i.saturating_add(1);
        for (cell, d) in row.iter_mut().skip(1).zip(b.chars()) {
            let cost = if c == d { corner } else { corner.min(left).min(*cell).saturating_add(1) };
            corner = core::mem::replace(cell, cost);
            left = cost;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "ab"), distance("ab", ""), distance("ab", "ab")), (2, 2, 0));
        assert_eq!(meant("isuer", &["issuer", "claims"]), "Did you mean \"issuer\"? ");
        assert_eq!(meant("secret", &["client_id", "secret_hash"]), "Did you mean \"secret_hash\"? ");
        assert_eq!(meant("colour", &["issuer", "claims"]), "");
    }

    #[test]
    fn places_are_counted_in_characters() {
        let source = Source { text: "a\né = 1", faults: Vec::new() };
        assert_eq!((source.place(0), source.place(5), source.place(99)), ((1, 1), (2, 3), (2, 6)));
    }
}
