//! Finding, cutting and joining text. The pattern searchers and the formatting machinery of `core` do it too, and
//! would be a tenth of the module.

use crate::error::shown;
use crate::secret::room;
use alloc::string::String;

/// Joins pieces to one text, in one allocation, so that no part of a secret is left behind by a second.
pub(crate) fn concat(pieces: &[&str]) -> String {
    let mut out = room(|| pieces.iter().map(|piece| piece.len()).sum());
    append(&mut out, pieces);
    out
}

/// Appends one piece after the other.
pub(crate) fn append(out: &mut String, pieces: &[&str]) {
    for piece in pieces {
        out.push_str(piece);
    }
}

/// A message: where it has a `~`, a stranger's words are put in, made fit to be [`shown`]; where it has a `$`, our own.
pub(crate) fn filled(message: &str, strangers: &str, own: &str) -> String {
    let mut out = String::new();
    for c in message.chars() {
        match c {
            '~' => out.push_str(&shown(strangers)),
            '$' => out.push_str(own),
            _ => push(&mut out, c),
        }
    }
    out
}

/// Appends a character. `String::push` would bring a vector's growth for a second time, as the standard library was compiled.
pub(crate) fn push(out: &mut String, c: char) {
    out.push_str(c.encode_utf8(&mut [0; 4]));
}

/// Appends a number in decimal digits.
pub(crate) fn push_decimal(out: &mut String, number: u64) {
    if number > 9 {
        push_decimal(out, number / 10);
    }
    push(out, char::from(b'0' | (number % 10) as u8));
}

/// A number in decimal digits.
pub(crate) fn decimal(number: u64) -> String {
    let mut out = String::new();
    push_decimal(&mut out, number);
    out
}

/// Decimal digits as a number, the largest there is where they say more; none where there are none, or other characters.
pub(crate) fn number(text: &str) -> Option<u64> {
    let mut out = 0;
    for byte in text.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        out = with_digit(out, byte);
    }
    (!text.is_empty()).then_some(out)
}

/// A number with one more digit at its end; from a bound just below the largest there is, that one. To saturate with
/// `saturating_mul` would bring a multiplication of 128 bits.
pub(crate) fn with_digit(number: u64, digit: u8) -> u64 {
    if number < u64::MAX / 11 { number.wrapping_mul(10).wrapping_add(u64::from(digit & 15)) } else { u64::MAX }
}

/// What stands between two places; nothing, where they are no places of the text. With both ends always, so that there
/// is one code for it.
pub(crate) fn part(text: &str, begin: usize, end: usize) -> &str {
    text.get(begin..end).unwrap_or_default()
}

/// What stands before and after the first place where `mark` stands.
pub(crate) fn cut<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let before = before(text, mark);
    let behind = part(text, before.len().wrapping_add(mark.len()), text.len());
    (before.len() < text.len()).then_some((before, behind))
}

/// What stands before the first place where `mark` stands: all, where it stands nowhere.
pub(crate) fn before<'a>(text: &'a str, mark: &str) -> &'a str {
    if !cfg!(target_arch = "wasm32") {
        // Where nobody counts bytes, plans are followed four times as fast with the searcher of `core`.
        return part(text, 0, text.find(mark).unwrap_or(text.len()));
    }
    let begins = |at: &usize| text.as_bytes().get(*at..).is_some_and(|rest| rest.starts_with(mark.as_bytes()));
    part(text, 0, (0..text.len()).find(begins).unwrap_or(text.len()))
}

/// What stands behind the last place where `mark` stands: all, where it stands nowhere.
pub(crate) fn after_last<'a>(mut text: &'a str, mark: &str) -> &'a str {
    while let Some((_, after)) = cut(text, mark) {
        text = after;
    }
    text
}

/// Whether `part` stands somewhere in the text.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    before(text, part).len() < text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_there_and_back() {
        for n in [0, 7, 10, 1_800_000_000, u64::MAX] {
            assert_eq!((decimal(n), number(&decimal(n))), (std::string::ToString::to_string(&n), Some(n)));
        }
        assert_eq!(number("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(
            (number(""), number("-1"), number("1.5"), number("+1"), number("٣")),
            (None, None, None, None, None)
        );
    }

    #[test]
    fn text_is_cut_at_the_first_mark() {
        assert_eq!(cut("a--b--c", "--"), Some(("a", "b--c")));
        assert_eq!((cut("abc", "--"), cut("-", "--")), (None, None));
        assert_eq!((before("é?x", "?"), before("é", "?")), ("é", "é"));
    }
}
