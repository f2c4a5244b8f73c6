//! Reads the JSON of credential files, token answers and claims (RFC 8259).
//!
//! Our own, because the smallest JSON crate weighs a third of the module. It checks the whole text once and then
//! looks members up in place: what is secret in a file is copied nowhere but where it is asked for.

use crate::secret::{Zeroizing, room};
use crate::text::{push, with_digit};
use alloc::string::String;
use core::fmt;

/// How deep arrays and objects may lie in each other.
const DEEPEST: u32 = 32;

/// One JSON value, as it was written.
#[derive(Clone, Copy)]
pub struct Json<'a>(&'a [u8]);

/// Text that is wiped when dropped.
pub type Text = Zeroizing<String>;

impl<'a> Json<'a> {
    /// Checks that the bytes are one value and nothing else; white space may surround it.
    ///
    /// ```
    /// use cloud_run_auth::json::Json;
    /// let value = Json::parse(br#"{"expires_in": "3599"}"#).unwrap();
    /// assert_eq!(value.get("expires_in").and_then(|seconds| seconds.as_seconds()), Some(3599));
    /// assert!(Json::parse(b"{} trailing").is_none());
    /// ```
    pub fn parse(bytes: &'a [u8]) -> Option<Json<'a>> {
        let mut reader = Reader(bytes);
        let value = reader.item()?;
        reader.space();
        reader.0.is_empty().then_some(value)
    }

    /// The member of that name; the last one where there are several, as in JavaScript.
    pub fn get(&self, name: &str) -> Option<Json<'a>> {
        let mut found = None;
        let mut parts = self.parts();
        while let Some((key, value)) = parts.next() {
            if parts.named && key.is(name) {
                found = Some(value);
            }
        }
        found
    }

    /// The text of the member of that name.
    pub fn text(&self, name: &str) -> Option<Text> {
        self.get(name)?.as_str()
    }

    /// Whether it is that text, or an array that holds it.
    pub fn names(&self, text: &str) -> bool {
        let mut found = self.is(text);
        let mut parts = self.parts();
        while let Some((item, _)) = parts.next() {
            found |= !parts.named && item.is(text);
        }
        found
    }

    /// The members of an object, and the items of an array as both name and value; nothing else has parts.
    pub(crate) fn parts(&self) -> Parts<'a> {
        let mut reader = Reader(self.0);
        let named = match reader.byte() {
            b'{' => true,
            b'[' => false,
            _ => {
                reader.0 = &[];
                false
            }
        };
        Parts { reader, named }
    }

    /// The text of a string, or else how it is written, as far as that is ASCII.
    pub(crate) fn word(&self) -> Text {
        if let Some(text) = self.as_str() {
            return text;
        }
        let mut out = Text::default();
        for byte in self.0 {
            push(&mut out, char::from(*byte));
        }
        out
    }

    /// As it is written.
    pub(crate) fn written(&self) -> Text {
        let mut reader = Reader(self.0);
        let mut out = Zeroizing::new(room(|| self.0.len()));
        while let Some(c) = reader.0.first().and_then(|_| {
            let first = reader.byte();
            reader.utf8(first)
        }) {
            push(&mut out, c);
        }
        out
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        self.first() == b'{'
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.first() == b'n'
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self.first(), b'-' | b'0'..=b'9')
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<Text> {
        let mut reader = Reader(self.0);
        if reader.byte() != b'"' {
            return None;
        }
        // Unescaping never lengthens a string, so this allocation is the only one and leaves no copy behind.
        let mut out = Zeroizing::new(room(|| self.0.len()));
        while let Some(c) = reader.character()? {
            push(&mut out, c);
        }
        Some(out)
    }

    /// Whole seconds, from a number or from a number in a string; fractions are cut off.
    /// Negative numbers count as 0, and whatever has an exponent as the largest that there is. Not a number: `None`.
    pub fn as_seconds(&self) -> Option<u64> {
        let text = match self.0 {
            // What is escaped in a string is no number.
            [b'"', text @ .., b'"'] => text,
            text => text,
        };
        if !is_number(text) {
            return None;
        }
        let mut whole = 0;
        for byte in text {
            match byte {
                b'0'..=b'9' => whole = with_digit(whole, *byte),
                b'.' => break,
                b'-' => return Some(0),
                _ => return Some(u64::MAX),
            }
        }
        Some(whole)
    }

    /// The byte that it begins with.
    pub(crate) fn first(&self) -> u8 {
        Reader(self.0).byte()
    }

    /// Whether it is that text.
    pub fn is(&self, text: &str) -> bool {
        self.as_str().is_some_and(|own| own.as_str() == text)
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(…)")
    }
}

/// A member of an object that is a text, of the object as it was written; empty, where there is none.
pub(crate) fn member(object: &str, name: &str) -> Text {
    Json::parse(object.as_bytes()).and_then(|json| json.text(name)).unwrap_or_default()
}

/// What is left of the parts of a value.
pub(crate) struct Parts<'a> {
    reader: Reader<'a>,
    /// Whether they have names.
    pub(crate) named: bool,
}

impl<'a> Parts<'a> {
    /// The next part, as name and value.
    pub(crate) fn next(&mut self) -> Option<(Json<'a>, Json<'a>)> {
        let name = self.reader.item()?;
        // A colon, and below a comma or the end: what was checked already.
        self.reader.sign();
        let mut value = name;
        if self.named {
            value = self.reader.item()?;
            self.reader.sign();
        }
        Some((name, value))
    }
}

/// What is left to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next byte; at the end 0, which no JSON text holds.
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    /// The next byte behind white space.
    fn sign(&mut self) -> u8 {
        self.space();
        self.byte()
    }

    /// Goes past a value, if it is one, from white space before it.
    fn value(&mut self, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.space();
        match self.0.first()? {
            b'"' => self.string()?,
            // In ASCII both closing brackets stand two behind the opening one.
            open @ (b'{' | b'[') => {
                let close = open.wrapping_add(2);
                self.byte();
                self.space();
                if self.0.first() == Some(&close) {
                    self.byte();
                    return Some(());
                }
                loop {
                    if *open == b'{' {
                        self.space();
                        self.string()?;
                        (self.sign() == b':').then_some(())?;
                    }
                    self.value(depth)?;
                    match self.sign() {
                        b',' => {}
                        byte => return (byte == close).then_some(()),
                    }
                }
            }
            _ => {
                let end = self.0.iter().position(|byte| matches!(byte, 0..=b' ' | b',' | b']' | b'}'));
                let (word, rest) = self.0.split_at_checked(end.unwrap_or(self.0.len()))?;
                self.0 = rest;
                (matches!(word, b"true" | b"false" | b"null") || is_number(word)).then_some(())?;
            }
        }
        Some(())
    }

    /// Goes past a string.
    fn string(&mut self) -> Option<()> {
        (self.byte() == b'"').then_some(())?;
        while self.character()?.is_some() {}
        Some(())
    }

    /// The next value.
    fn item(&mut self) -> Option<Json<'a>> {
        self.space();
        let begin = self.0;
        self.value(DEEPEST)?;
        Some(Json(self.since(begin)))
    }

    fn since(&self, begin: &'a [u8]) -> &'a [u8] {
        begin.get(..begin.len().saturating_sub(self.0.len())).unwrap_or_default()
    }

    /// The next character of a string, nothing at its end; or `None` for what no string may hold.
    fn character(&mut self) -> Option<Option<char>> {
        match self.byte() {
            b'"' => Some(None),
            b'\\' => self.escaped().map(Some),
            first => self.utf8(first).filter(|c| *c >= ' ').map(Some),
        }
    }

    /// What an escape stands for, behind its backslash.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.byte() {
            b'u' => {
                let mut unit = self.four_digits();
                // The first half of a surrogate pair needs its second; which makes no character alone.
                if unit >> 10 == 0xd800 >> 10 && self.byte() == b'\\' && self.byte() == b'u' {
                    let low = self.four_digits();
                    (low >> 10 == 0xdc00 >> 10).then_some(())?;
                    unit = ((unit & 0x3ff) << 10 | low & 0x3ff).wrapping_add(0x10000);
                }
                char::from_u32(unit)?
            }
            letter => {
                // Each letter, and behind it what it stands for.
                let pairs = b"\"\"\\\\//b\x08f\x0cn\nr\rt\t".as_chunks().0;
                char::from(pairs.iter().find(|[known, _]| *known == letter)?[1])
            }
        })
    }

    /// Four hexadecimal digits; where there are none, more than any character has.
    fn four_digits(&mut self) -> u32 {
        let mut out = 0;
        for _ in 0..4 {
            out = out << 4 | char::from(self.byte()).to_digit(16).unwrap_or(u32::MAX);
        }
        out
    }

    /// The character that begins with that byte (RFC 3629): `core` reads whole texts, with 600 bytes more.
    fn utf8(&mut self, first: u8) -> Option<char> {
        let length = first.leading_ones();
        let mut code = u32::from(first) & 0x7f >> length;
        for _ in 1..length {
            let byte = self.byte();
            (byte & 0xc0 == 0x80).then_some(())?;
            code = code << 6 | u32::from(byte & 0x3f);
        }
        // Nothing may be written longer than it has to be; a byte of the middle cannot begin.
        char::from_u32(code).filter(|c| length == 0 || length > 1 && c.len_utf8() == length as usize)
    }
}

/// RFC 8259, section 6: no leading zeros, no bare point, no empty exponent.
fn is_number(text: &[u8]) -> bool {
    let mut state = 0;
    for byte in text {
        // Where each character leads from each state; a dash leads nowhere. The states: at the begin, behind a minus, at 0,
        // in the whole part, behind the point, in the fraction, behind the e, behind the exponent's sign, in the exponent.
        let next = match byte {
            b'0' => b"22-355888",
            b'1'..=b'9' => b"33-355888",
            b'.' => b"--44-----",
            b'e' | b'E' => b"--66-6---",
            b'-' => b"1-----7--",
            b'+' => b"------7--",
            _ => b"---------",
        };
        state = usize::from(next.get(state).unwrap_or(&b'-') & 15);
    }
    matches!(state, 2 | 3 | 5 | 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_another_reader_on_what_is_json() {
        for text in [
            "{}",
            "[]",
            " [1 , 2]\n",
            "\"a\"",
            "null",
            "true",
            "-0",
            "1e5",
            "1.5E-3",
            "[[[]]]",
            r#"{"a":{"b":[1,"c"]}}"#,
            r#""\u00e9\ud83d\ude00\/""#,
            "\"\u{7f}é\"",
            "[{},{}]",
            r#"{"":""}"#,
            "",
            " ",
            "{",
            "[1,]",
            "[,1]",
            "{,}",
            "[}",
            "{]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{1:2}",
            "01",
            "-01",
            "00",
            "1.",
            ".5",
            "+1",
            "1e",
            "1e+",
            "-",
            "--1",
            "nul",
            "nulll",
            "True",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"a\nb\"",
            "[1]]",
            "'a'",
            "\u{feff}{}",
            "{\"a\":1 \"b\":2}",
            "\"\\u+123\"",
            "\"\\\"",
            "1 2",
            "\"a",
            "[1 2]",
            "{\"a\" 1}",
        ] {
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(Json::parse(text.as_bytes()).is_some(), theirs, "{text}");
        }
    }

    #[test]
    fn members_are_found_and_strings_unescaped() {
        let value =
            Json::parse(br#" {"x":{"k":1}, "k" : "a\nb\u00e9\ud83d\ude00\"\\" ,"\u006c":[ "p", {"q":2} ]} "#).unwrap();
        assert_eq!(value.get("k").unwrap().as_str().unwrap().as_str(), "a\nbé😀\"\\");
        let list = value.get("l").unwrap();
        assert!(list.names("p") && !list.names("q") && list.get("q").is_none() && value.get("q").is_none());
        assert!(value.get("l").unwrap().names("p") && Json::parse(b"\"p\"").unwrap().names("p") && !value.names("k"));
        assert!(value.is_object() && !list.is_object() && value.get("x").unwrap().get("k").unwrap().is_number());
    }

    #[test]
    fn depth_and_bytes_are_limited() {
        assert!(Json::parse("[".repeat(100_000).as_bytes()).is_none());
        for bytes in [
            &b"\xff"[..],
            b"\x80",
            b"\xc0\x80",
            b"\xc1\xbf",
            b"\xe0\x9f\xbf",
            b"\xed\xa0\x80",
            b"\xf0\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
            b"\xf8\x88\x80\x80\x80",
            b"\xe2\x82",
            b"\xc3",
            b"\xc3\xa9",
            b"\xe2\x82\xac",
            b"\xed\x9f\xbf",
            b"\xf0\x9f\x98\x80",
            b"\xf4\x8f\xbf\xbf",
        ] {
            let text = [b"\"", bytes, b"\""].concat();
            assert_eq!(Json::parse(&text).is_some(), std::str::from_utf8(bytes).is_ok(), "{bytes:x?}");
        }
    }

    #[test]
    fn seconds_in_every_shape_that_servers_send() {
        for (text, seconds) in [
            ("3599", Some(3599)),
            ("\"3599\"", Some(3599)),
            ("3599.9", Some(3599)),
            ("-5", Some(0)),
            ("-0.5", Some(0)),
            ("1e18", Some(u64::MAX)),
            ("1e-5", Some(u64::MAX)),
            ("1e309", Some(u64::MAX)),
            ("0", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("\"\"", None),
            ("\"soon\"", None),
            ("null", None),
            ("[1]", None),
            ("\"1e\"", None),
            ("\"0x10\"", None),
        ] {
            assert_eq!(Json::parse(text.as_bytes()).unwrap().as_seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn the_last_of_several_members_counts_and_nothing_is_shown() {
        let value = Json::parse(br#"{"a":"x","a":"canary"}"#).unwrap();
        assert_eq!(value.get("a").unwrap().as_str().unwrap().as_str(), "canary");
        assert_eq!(std::format!("{value:?}"), "Json(…)");
    }
}
