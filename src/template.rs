//! Texts from templates: for every request, claim and message there is, one text with names in it is less code than a list of
//! pieces.

use crate::error::shown;
use crate::facts::Facts;
use crate::json::Text;
use crate::text::{before, cut, part, push};
use alloc::string::String;

/// Fills a template from facts. A sign and a name stand for the text of that name: `$name` as it is; `~name` as within a JSON
/// string; `#name` word by word as within an array of them, without the outer quotes; `*name` percent-encoded, as forms and
/// queries take it; `+name` the same with a comma for each space; `^name` a URL of Google's, at the emulator if there is one;
/// `!name` a stranger's words, made fit to be [`shown`]; `@name` nothing. What stands between two backticks is left out where
/// one of its names has no text. `|` parts fields by a zero character, `\` is a line break.
///
/// A template is ours alone: what a stranger wrote comes in by its name, and is not read for signs.
pub(crate) fn fill(template: &str, facts: &Facts) -> Text {
    let mut out = Text::default();
    // Where the part between backticks began, and whether all its names had a text so far.
    let (mut began, mut whole) = (usize::MAX, true);
    let mut rest = template;
    while let Some(sign) = rest.chars().next() {
        rest = part(rest, sign.len_utf8(), rest.len());
        match sign {
            '`' if began == usize::MAX => (began, whole) = (out.len(), true),
            '`' => {
                if !whole {
                    out.truncate(began);
                }
                began = usize::MAX;
            }
            '$' | '~' | '#' | '*' | '+' | '^' | '!' | '@' => {
                let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
                let mut end = rest.bytes().take_while(|byte| named(*byte)).count();
                // A point at the end is the sentence's.
                if part(rest, 0, end).as_bytes().ends_with(b".") {
                    end = end.wrapping_sub(1);
                }
                let text = facts.get(part(rest, 0, end));
                rest = part(rest, end, rest.len());
                whole &= !text.is_empty();
                match sign {
                    '!' => out.push_str(&shown(text)),
                    '@' => {}
                    _ => written(&mut out, sign, text, facts.get("emulator")),
                }
            }
            '|' => push(&mut out, '\0'),
            '\\' => push(&mut out, '\n'),
            _ => push(&mut out, sign),
        }
    }
    out
}

fn written(out: &mut String, sign: char, mut text: &str, emulator: &str) {
    if sign == '^' && !emulator.is_empty() {
        let rest = cut(text, "://").unwrap_or_default().1;
        text = part(rest, before(rest, "/").len(), rest.len());
        out.push_str(emulator);
    }
    for c in text.chars() {
        match (sign, c) {
            ('#', ' ') => out.push_str("\",\""),
            ('+', ' ') => out.push_str(","),
            ('~' | '#', '"' | '\\') => {
                out.push_str("\\");
                push(out, c);
            }
            // All but the unreserved characters of RFC 3986, section 2.3: of those every reader of forms (WHATWG URL, section 5)
            // and of queries makes the same.
            ('*' | '+', c) if !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.' | '_' | '~') => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    out.push_str("%");
                    push_hex(out, byte, b'A');
                }
            }
            _ => push(out, c),
        }
    }
}

/// Appends two hexadecimal digits, given the letter for ten.
pub(crate) fn push_hex(out: &mut String, byte: u8, ten: u8) {
    for half in [byte >> 4, byte & 15] {
        push(out, char::from(if half < 10 { half | b'0' } else { half.wrapping_add(ten).wrapping_sub(10) }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let mut facts = Facts::default();
        for (name, text) in
            [(".a.b", "\"x"), ("url", "https://s/?a=1&b=é"), ("two", "r s"), ("signs", "$two`~|\\"), ("E", "e")]
        {
            facts.put(name, text);
        }
        facts
    }

    #[test]
    fn each_sign_writes_in_its_own_way() {
        for (template, text) in [
            ("$.a.b|\"~.a.b\"", "\"x\0\"\\\"x\""),
            ("*url", "https%3A%2F%2Fs%2F%3Fa%3D1%26b%3D%C3%A9"),
            ("[\"#two\"]*two:+two", "[\"r\",\"s\"]r%20s:r,s"),
            ("$signs", "$two`~|\\"),
            ("\"~none\"", "\"\""),
            ("Is $two. $E.$E\\.", "Is r s. e.e\n."),
            ("^url", "https://s/?a=1&b=é"),
        ] {
            assert_eq!(fill(template, &facts()).as_str(), text, "{template}");
        }
        let mut facts = facts();
        facts.put("emulator", "http://127.0.0.1:1");
        assert_eq!(fill("^url", &facts).as_str(), "http://127.0.0.1:1/?a=1&b=é");
    }

    #[test]
    fn a_part_without_its_texts_is_left_out() {
        for (template, text) in [
            ("a`,$two`b`,$none`c", "a,r sbc"),
            ("`yes@two``no@none`", "yes"),
            ("`$two$none`", ""),
            ("`$none$two`$two", "r s"),
        ] {
            assert_eq!(fill(template, &facts()).as_str(), text, "{template}");
        }
    }
}
