//! Finding, cutting and joining text. The pattern searchers and the formatting machinery of `core` do it too, and
//! would be a tenth of the module.

use alloc::string::String;

/// Joins pieces to one text, in one allocation, so that no part of a secret is left behind by a second.
pub(crate) fn concat(pieces: &[&str]) -> String {
    let mut out = String::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    for piece in pieces {
        out.push_str(piece);
    }
    out
}

/// A number in decimal digits.
pub(crate) fn decimal(mut number: u64) -> String {
    let mut digits = String::new();
    loop {
        digits.insert(0, char::from(b'0' | (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return digits;
        }
    }
}

/// Decimal digits as a number, the largest there is where they say more; none where there are none, or other characters.
pub(crate) fn number(text: &str) -> Option<u64> {
    let mut out = 0_u64;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        out = out.saturating_mul(10).saturating_add(u64::from(digit));
    }
    (!text.is_empty()).then_some(out)
}

/// What stands before and after the first place where `mark` stands.
pub(crate) fn cut<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(mark.len()).position(|window| window == mark.as_bytes())?;
    Some((text.get(..at)?, text.get(at.checked_add(mark.len())?..)?))
}

/// What stands before the first place where `mark` stands: all, where it stands nowhere.
pub(crate) fn before<'a>(text: &'a str, mark: &str) -> &'a str {
    cut(text, mark).map_or(text, |(before, _)| before)
}

/// Whether `part` stands somewhere in the text.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    cut(text, part).is_some()
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
        assert_eq!((number(""), number("-1"), number("1.5"), number("+1"), number("٣")), (None, None, None, None, None));
    }

    #[test]
    fn text_is_cut_at_the_first_mark() {
        assert_eq!(cut("a--b--c", "--"), Some(("a", "b--c")));
        assert_eq!((cut("abc", "--"), cut("-", "--")), (None, None));
        assert_eq!((before("é?x", "?"), before("é", "?")), ("é", "é"));
    }
}
