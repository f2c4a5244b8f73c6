//! Reads the JSON of credential files, token answers and claims (RFC 8259).
//!
//! Our own, because the smallest JSON crate weighs a third of the module. It checks the whole text once and then
//! looks members up in place: what is secret in a file is copied nowhere but where it is asked for.

use crate::text::number;
use alloc::string::String;
use core::fmt;
use core::str::Chars;
use zeroize::Zeroizing;

/// How deep arrays and objects may lie in each other.
const DEEPEST: u32 = 32;

/// One JSON value, as it was written.
#[derive(Clone, Copy)]
pub struct Json<'a>(&'a str);

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
        let text = core::str::from_utf8(bytes).ok()?;
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(DEEPEST)?;
        reader.space();
        (reader.at == text.len()).then_some(value)
    }

    /// The member of that name; the last one where there are several, as in JavaScript.
    pub fn get(&self, name: &str) -> Option<Json<'a>> {
        let mut found = None;
        self.each(&mut |key, value| {
            if key.is_some_and(|key| key.as_str().is_some_and(|key| key.as_str() == name)) {
                found = Some(value);
            }
        });
        found
    }

    /// Whether some item of an array is so.
    pub fn any(&self, mut is: impl FnMut(Json<'a>) -> bool) -> bool {
        let mut any = false;
        self.each(&mut |key, value| any |= key.is_none() && is(value));
        any
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
        if self.first() != b'"' {
            return None;
        }
        // Unescaping never lengthens a string, so this allocation is the only one and leaves no copy behind.
        let mut out = Zeroizing::new(String::with_capacity(self.0.len()));
        let mut chars = self.0.get(1..self.0.len().checked_sub(1)?)?.chars();
        while let Some(c) = chars.next() {
            out.push(if c == '\\' { unescaped(&mut chars)? } else { c });
        }
        Some(out)
    }

    /// Whole seconds, from a number or from a number in a string; fractions are cut off.
    /// Negative numbers count as 0, and whatever has an exponent as the largest that there is. Not a number: `None`.
    pub fn as_seconds(&self) -> Option<u64> {
        let text = match self.as_str() {
            Some(text) => text,
            None => Zeroizing::new(self.0.into()),
        };
        if !is_number(text.as_bytes()) {
            return None;
        }
        if text.as_bytes().first() == Some(&b'-') {
            return Some(0);
        }
        let whole = text.bytes().position(|byte| !byte.is_ascii_digit());
        match whole.and_then(|at| text.as_bytes().get(at)) {
            Some(b'e' | b'E') => Some(u64::MAX),
            _ => number(text.get(..whole.unwrap_or(text.len()))?),
        }
    }

    fn first(&self) -> u8 {
        self.0.as_bytes().first().copied().unwrap_or_default()
    }

    /// Goes through the members of an object, or the items of an array, which have no key.
    fn each(&self, visit: &mut dyn FnMut(Option<Json<'a>>, Json<'a>)) {
        if matches!(self.first(), b'{' | b'[') {
            Reader { text: self.0, at: 0 }.container(DEEPEST, visit);
        }
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(…)")
    }
}

/// Appends `text` as a JSON string, quotes included (RFC 8259, section 7).
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        // Values with control characters are refused long before; a space cannot end the string.
        out.push(if c < ' ' { ' ' } else { c });
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.skip();
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let eaten = self.peek() == byte;
        if eaten {
            self.skip();
        }
        eaten
    }

    fn value(&mut self, depth: u32) -> Option<Json<'a>> {
        let depth = depth.checked_sub(1)?;
        self.space();
        let began = self.at;
        match self.peek() {
            b'{' | b'[' => self.container(depth, &mut |_, _| {})?,
            b'"' => self.string()?,
            _ => self.word()?,
        }
        self.text.get(began..self.at).map(Json)
    }

    fn container(&mut self, depth: u32, visit: &mut dyn FnMut(Option<Json<'a>>, Json<'a>)) -> Option<()> {
        let open = self.peek();
        // In ASCII both closing brackets stand two behind the opening one.
        let close = open.saturating_add(2);
        self.skip();
        if self.eat(close) {
            return Some(());
        }
        loop {
            let mut key = None;
            if open == b'{' {
                self.space();
                let began = self.at;
                self.string()?;
                key = Some(Json(self.text.get(began..self.at)?));
                self.eat(b':').then_some(())?;
            }
            let value = self.value(depth)?;
            visit(key, value);
            if !self.eat(b',') {
                return self.eat(close).then_some(());
            }
        }
    }

    fn string(&mut self) -> Option<()> {
        (self.peek() == b'"').then_some(())?;
        self.skip();
        let mut chars = self.text.get(self.at..)?.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => _ = unescaped(&mut chars)?,
                c if c < ' ' => return None,
                _ => {}
            }
        }
        self.at = self.text.len().saturating_sub(chars.as_str().len());
        Some(())
    }

    /// A number, or one of the three names.
    fn word(&mut self) -> Option<()> {
        let began = self.at;
        while matches!(self.peek(), b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') {
            self.skip();
        }
        let word = self.text.as_bytes().get(began..self.at)?;
        (matches!(word, b"true" | b"false" | b"null") || is_number(word)).then_some(())
    }
}

/// What an escape stands for, behind its backslash.
fn unescaped(chars: &mut Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = four_digits(chars)?;
            // The first half of a surrogate pair needs its second.
            if unit >> 10 != 0xd800 >> 10 {
                return char::from_u32(unit);
            }
            (chars.next() == Some('\\') && chars.next() == Some('u')).then_some(())?;
            let low = four_digits(chars)?;
            (low >> 10 == 0xdc00 >> 10).then_some(())?;
            return char::from_u32(((unit & 0x3ff) << 10 | low & 0x3ff).saturating_add(0x10000));
        }
        _ => return None,
    })
}

fn four_digits(chars: &mut Chars<'_>) -> Option<u32> {
    let mut out = 0;
    for _ in 0..4 {
        out = out << 4 | chars.next()?.to_digit(16)?;
    }
    Some(out)
}

/// RFC 8259, section 6: no leading zeros, no bare point, no empty exponent.
fn is_number(text: &[u8]) -> bool {
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let zero_first = rest.starts_with(b"0");
    let whole = digits(&mut rest);
    let mut good = whole == 1 || whole > 1 && !zero_first;
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = fraction;
        good &= digits(&mut rest) > 0;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        rest = match exponent {
            [b'+' | b'-', unsigned @ ..] => unsigned,
            _ => exponent,
        };
        good &= digits(&mut rest) > 0;
    }
    good && rest.is_empty()
}

/// Cuts the digits off the front, and says how many there were.
fn digits(text: &mut &[u8]) -> usize {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *text = text.get(count..).unwrap_or_default();
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_another_reader_on_what_is_json() {
        for text in [
            "{}", "[]", " [1 , 2]\n", "\"a\"", "null", "true", "-0", "1e5", "1.5E-3", "[[[]]]", r#"{"a":{"b":[1,"c"]}}"#, r#""\u00e9\ud83d\ude00\/""#, "\"\u{7f}é\"", "[{},{}]", r#"{"":""}"#,
            "", " ", "{", "[1,]", "[,1]", "{,}", "[}", "{]", "{\"a\"}", "{\"a\":1,}", "{1:2}", "01", "-01", "00", "1.", ".5", "+1", "1e", "1e+", "-", "--1", "nul", "nulll", "True", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "[1]]", "'a'", "\u{feff}{}", "{\"a\":1 \"b\":2}", "\"\\u+123\"", "\"\\\"", "1 2", "\"a", "[1 2]", "{\"a\" 1}",
        ] {
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(Json::parse(text.as_bytes()).is_some(), theirs, "{text}");
        }
    }

    #[test]
    fn members_are_found_and_strings_unescaped() {
        let value = Json::parse(br#" {"x":{"k":1}, "k" : "a\nb\u00e9\ud83d\ude00\"\\" ,"\u006c":[ "p", {"q":2} ]} "#).unwrap();
        assert_eq!(value.get("k").unwrap().as_str().unwrap().as_str(), "a\nbé😀\"\\");
        let list = value.get("l").unwrap();
        assert!(list.any(|item| item.as_str().is_some_and(|text| text.as_str() == "p")));
        assert!(!list.any(|item| item.is_null()) && list.get("q").is_none() && value.get("q").is_none());
        assert!(value.is_object() && !list.is_object() && value.get("x").unwrap().get("k").unwrap().is_number());
    }

    #[test]
    fn depth_and_bytes_are_limited() {
        assert!(Json::parse("[".repeat(100_000).as_bytes()).is_none());
        assert!(Json::parse(&[b'"', 0xff, b'"']).is_none());
    }

    #[test]
    fn seconds_in_every_shape_that_servers_send() {
        for (text, seconds) in [
            ("3599", Some(3599)), ("\"3599\"", Some(3599)), ("3599.9", Some(3599)), ("-5", Some(0)), ("-0.5", Some(0)), ("1e18", Some(u64::MAX)), ("1e309", Some(u64::MAX)), ("0", Some(0)),
            ("99999999999999999999", Some(u64::MAX)), ("\"\"", None), ("\"soon\"", None), ("null", None), ("[1]", None), ("\"1e\"", None), ("\"0x10\"", None),
        ] {
            assert_eq!(Json::parse(text.as_bytes()).unwrap().as_seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn a_string_written_is_the_string_read() {
        let mut out = String::new();
        write_string(&mut out, "a\"b\\cé");
        assert_eq!(Json::parse(out.as_bytes()).unwrap().as_str().unwrap().as_str(), "a\"b\\cé");
    }

    #[test]
    fn the_last_of_several_members_counts_and_nothing_is_shown() {
        let value = Json::parse(br#"{"a":"x","a":"canary"}"#).unwrap();
        assert_eq!(value.get("a").unwrap().as_str().unwrap().as_str(), "canary");
        assert_eq!(std::format!("{value:?}"), "Json(…)");
    }
}
