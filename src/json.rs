//! Reads the JSON of credential files, token answers and claims (RFC 8259).
//!
//! Our own, because a few hundred lines of it weigh a fifth of what the smallest
//! JSON crate adds to the module. It reads everything that RFC 8259 calls JSON and nothing else.

use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroizing;

/// How deep arrays and objects may lie in each other.
const DEEPEST: u32 = 32;

/// One JSON value. Strings are wiped when dropped, because credentials are read through here.
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(Text),
    /// A string, unescaped.
    String(Text),
    /// An array.
    Array(Vec<Json>),
    /// An object, its members in the order in which they were written.
    Object(Vec<(Text, Json)>),
}

/// Text that is wiped when dropped.
pub type Text = Zeroizing<alloc::string::String>;

impl Json {
    /// Reads one value; white space may surround it, nothing else.
    ///
    /// ```
    /// use cloud_run_auth::json::Json;
    /// let value = Json::parse(br#"{"expires_in": "3599"}"#).unwrap();
    /// assert_eq!(value.get("expires_in").and_then(Json::as_seconds), Some(3599));
    /// assert!(Json::parse(b"{} trailing").is_none());
    /// ```
    pub fn parse(bytes: &[u8]) -> Option<Json> {
        let mut reader = Reader { rest: core::str::from_utf8(bytes).ok()? };
        let value = reader.value(DEEPEST)?;
        reader.space();
        reader.rest.is_empty().then_some(value)
    }

    /// The member of that name; the last one where there are several, as in JavaScript.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().rev().find(|(key, _)| key.as_str() == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whole seconds, from a number or from a number in a string; fractions are cut off.
    /// Negative numbers count as 0, huge ones as the largest that there is. Not a number: `None`.
    pub fn as_seconds(&self) -> Option<u64> {
        let text = match self {
            Json::Number(text) | Json::String(text) => text.as_str(),
            _ => return None,
        };
        if !is_number(text) {
            return None;
        }
        if text.starts_with('-') {
            return Some(0);
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        scaled(whole, fraction, exponent)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        })
    }
}

/// `whole.fraction` times ten to the `exponent`, without floating point; fractions are cut off.
fn scaled(whole: &str, fraction: &str, exponent: &str) -> Option<u64> {
    let shrinks = exponent.starts_with('-');
    let exponent: usize = exponent.trim_start_matches(['+', '-']).parse().unwrap_or(usize::MAX).min(64);
    let mut digits: alloc::string::String = whole.into();
    if shrinks {
        digits.truncate(digits.len().saturating_sub(exponent));
    } else {
        digits.extend(fraction.chars().chain(core::iter::repeat('0')).take(exponent));
    }
    let digits = digits.trim_start_matches('0');
    Some(if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u64::MAX) })
}

/// Appends `text` as a JSON string, quotes included (RFC 8259, section 7).
pub(crate) fn write_string(out: &mut alloc::string::String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Values with control characters are refused long before; a space cannot end the string.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    fn value(&mut self, depth: u32) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        self.space();
        match self.rest.as_bytes().first()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Json::String),
            b't' => self.eat("true").map(|()| Json::Bool(true)),
            b'f' => self.eat("false").map(|()| Json::Bool(false)),
            b'n' => self.eat("null").map(|()| Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Json> {
        let mut members = Vec::new();
        self.eat("{")?;
        self.space();
        if self.eat("}").is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.space();
            self.eat(":")?;
            members.push((key, self.value(depth)?));
            self.space();
            if self.eat(",").is_none() {
                self.eat("}")?;
                return Some(Json::Object(members));
            }
        }
    }

    fn array(&mut self, depth: u32) -> Option<Json> {
        let mut items = Vec::new();
        self.eat("[")?;
        self.space();
        if self.eat("]").is_some() {
            return Some(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            if self.eat(",").is_none() {
                self.eat("]")?;
                return Some(Json::Array(items));
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let (text, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
        if !is_number(text) {
            return None;
        }
        self.rest = rest;
        Some(Json::Number(Zeroizing::new(text.into())))
    }

    fn string(&mut self) -> Option<Text> {
        self.eat("\"")?;
        // Unescaping never lengthens a string, so this allocation is the only one and leaves no copy behind.
        let mut out = Zeroizing::new(alloc::string::String::with_capacity(self.raw_length()?));
        loop {
            let mut chars = self.rest.chars();
            let c = chars.next()?;
            self.rest = chars.as_str();
            match c {
                '"' => return Some(out),
                '\\' => out.push(self.escape()?),
                c if c < ' ' => return None,
                c => out.push(c),
            }
        }
    }

    /// The bytes up to the closing quote.
    fn raw_length(&self) -> Option<usize> {
        let mut escaped = false;
        self.rest.bytes().position(|b| {
            let closes = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            closes
        })
    }

    fn escape(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(),
            _ => return None,
        })
    }

    /// The four digits after `\u`, and the second half where they are a surrogate's first.
    fn unicode(&mut self) -> Option<char> {
        let high = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        self.eat("\\u")?;
        let low = self.four_digits()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32((((high & 0x3ff) << 10) | low).checked_add(0x10000)?)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.rest = rest;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// RFC 8259, section 6: no leading zeros, no bare point, no empty exponent.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, "0"), |(m, e)| (m, e));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && digits(fraction) && digits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_another_reader_on_what_is_json() {
        for text in [
            "{}", "[]", " [1 , 2]\n", "\"a\"", "null", "true", "-0", "1e5", "1.5E-3", "[[[]]]", r#"{"a":{"b":[1,"c"]}}"#, r#""\u00e9\ud83d\ude00\/""#, "\"\u{7f}é\"",
            "", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", ".5", "+1", "1e", "-", "nul", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "[1]]", "'a'", "\u{feff}{}", "{\"a\":1 \"b\":2}", "\"\\u+123\"", "\"\\\"", "1 2",
        ] {
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(Json::parse(text.as_bytes()).is_some(), theirs, "{text}");
        }
    }

    #[test]
    fn strings_are_unescaped() {
        let value = Json::parse(br#"{"k":"a\nb\u00e9\ud83d\ude00\"\\"}"#).unwrap();
        assert_eq!(value.get("k").and_then(Json::as_str), Some("a\nbé😀\"\\"));
    }

    #[test]
    fn depth_and_bytes_are_limited() {
        assert!(Json::parse("[".repeat(100_000).as_bytes()).is_none());
        assert!(Json::parse(&[b'"', 0xff, b'"']).is_none());
    }

    #[test]
    fn seconds_in_every_shape_that_servers_send() {
        for (text, seconds) in [
            ("3599", Some(3599)), ("\"3599\"", Some(3599)), ("3599.9", Some(3599)), ("-5", Some(0)), ("1e18", Some(1_000_000_000_000_000_000)),
            ("1.5e2", Some(150)), ("1500e-2", Some(15)), ("1e309", Some(u64::MAX)), ("0", Some(0)), ("0e5", Some(0)), ("\"\"", None), ("\"soon\"", None), ("null", None), ("[1]", None), ("\"1e\"", None),
        ] {
            assert_eq!(Json::parse(text.as_bytes()).unwrap().as_seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn a_string_written_is_the_string_read() {
        let mut out = alloc::string::String::new();
        write_string(&mut out, "a\"b\\cé");
        assert_eq!(Json::parse(out.as_bytes()).unwrap().as_str(), Some("a\"b\\cé"));
    }

    #[test]
    fn the_last_of_several_members_counts_and_nothing_is_shown() {
        let value = Json::parse(br#"{"a":"x","a":"canary"}"#).unwrap();
        assert_eq!(value.get("a").and_then(Json::as_str), Some("canary"));
        assert_eq!(alloc::format!("{value:?}"), "an object");
    }
}
