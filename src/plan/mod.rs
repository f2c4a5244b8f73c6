//! Plans: what is to be done step by step, as text. The types of credentials differ in a few names, URLs and bodies each; as
//! lines of text they are a fifth of the code that they would be, and a type can be read at a glance.
//!
//! A plan is a line for each step: its first character says what it is, and the rest is a [template](crate::template), whose
//! fields are parted by `|`. These are carried out here:
//!
//! | line | what it does |
//! |---|---|
//! | `:mark` | nothing; it is where others go to. A mark without a name is gone to by the lines before it alone |
//! | `*mark` | nothing; it is where the line before goes to when the host fails |
//! | `=name\|text` | notes a text, if it is none that is empty |
//! | `/name\|name\|sign\|text` | notes what stands before and after a sign in a text |
//! | `?text\|mark` | goes to the mark, if there is a text |
//! | `-text\|mark` | goes to the mark, if there is none |
//! | `@text\|words\|mark` | goes to the mark, if the text is among the words |
//! | `vtext\|words\|mark` | goes to the mark, if it is not |
//! | `#text\|least\|most\|mark` | goes to the mark, unless the text is a number from least to most, or empty |
//! | `nnames` | ends with an error, unless the file has all these |
//! | `i` | goes one source deeper into the file |
//! | `!text` | ends with an error, whose code the first letter says: `a` for the first of [`Code::ALL`] |
//!
//! Where a line names no mark to go to, it goes to the next one. Every other line is for whoever follows the plan.

mod book;

use crate::error::{AuthError, Code};
use crate::facts::Facts;
use crate::json::Text;
use crate::record::Fields;
use crate::template::fill;
use crate::text::{before, concat, contains, cut, number, part};
use book::BOOK;

/// The line that begins there.
pub(crate) fn line(at: usize) -> &'static str {
    before(part(BOOK, at, BOOK.len()), "\n")
}

/// Where a mark is; without a name it is the next one from there on.
///
/// # Errors
/// `unsupported_credential`: only a file's type can be a mark that is not there.
pub(crate) fn marked(mark: &str, at: usize, facts: &Facts) -> Result<usize, AuthError> {
    // From the line break on that is before it.
    let begin = if mark.is_empty() { at.wrapping_sub(1) } else { 0 };
    let rest = part(BOOK, begin, BOOK.len());
    let front = before(rest, &concat(&["\n:", mark, if mark.is_empty() { "" } else { "\n" }])).len();
    if front < rest.len() {
        return Ok(front.wrapping_add(begin).wrapping_add(1));
    }
    Err(failed("ithe credential's type, !.type, is not supported. Give another.", facts))
}

/// An error, by the letter of its code and the template of its message.
pub(crate) fn failed(template: &str, facts: &Facts) -> AuthError {
    let message = fill(part(template, 1, template.len()), facts);
    let letter = template.as_bytes().first().copied().unwrap_or_default();
    let code = Code::ALL.get(usize::from(letter.wrapping_sub(b'a'))).copied().unwrap_or(Code::CoreFailed);
    let passes = matches!(code, Code::ExchangeUnavailable | Code::InvalidAnswer) || !facts.get("passing").is_empty();
    AuthError::of(code, concat(&[&message]), passes)
}

/// Follows a plan up to the next line that is not for this room, and gives that line's sign and its text.
///
/// # Errors
/// What the plan ends with.
pub(crate) fn follow(at: &mut usize, facts: &mut Facts) -> Result<(u8, Text), AuthError> {
    loop {
        let line = line(*at);
        *at = line.len().wrapping_add(*at).wrapping_add(1);
        let sign = line.as_bytes().first().copied().unwrap_or_default();
        let template = part(line, 1, line.len());
        if sign == b'!' {
            return Err(failed(template, facts));
        }
        let text = fill(template, facts);
        let mut fields = Fields::new(&text);
        let goes = match sign {
            b':' | b'*' => false,
            b'i' => {
                facts.depth = facts.depth.wrapping_add(1);
                false
            }
            b'=' => {
                let name = fields.text();
                if !fields.rest().is_empty() {
                    facts.put(name, fields.rest());
                }
                false
            }
            b'/' => {
                let (front, back, mark) = (fields.text(), fields.text(), fields.text());
                let (before, after) = cut(fields.rest(), mark).unwrap_or((fields.rest(), ""));
                facts.put(front, before);
                facts.put(back, after);
                false
            }
            b'n' => {
                let mut names = text.as_str();
                while !names.is_empty() {
                    let name = before(names, " ");
                    names = part(names, name.len().wrapping_add(1), names.len());
                    if facts.get(&concat(&[".", name])).is_empty() {
                        facts.put("bad", name);
                        names = "";
                        *at = marked("bad", 0, facts)?;
                    }
                }
                false
            }
            b'?' => !fields.text().is_empty(),
            b'-' => fields.text().is_empty(),
            b'@' | b'v' => {
                let word = concat(&[" ", fields.text(), " "]);
                contains(&concat(&[" ", fields.text(), " "]), &word) == (sign == b'@')
            }
            b'#' => {
                let (text, least, most) = (fields.text(), fields.number(), fields.number());
                !text.is_empty() && number(text).is_none_or(|it| it < least || it > most)
            }
            _ => return Ok((sign, text)),
        };
        if goes {
            *at = marked(fields.text(), *at, facts)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether every line goes to a mark that is there, and every mark stands once.
    #[test]
    fn every_line_goes_somewhere() {
        let marks: std::vec::Vec<&str> = BOOK.lines().filter_map(|line| line.strip_prefix(':')).collect();
        assert!(BOOK.starts_with('\n') && BOOK.ends_with('\n') && BOOK.is_ascii());
        for line in BOOK.lines() {
            let fields: std::vec::Vec<&str> = line.split('|').collect();
            let mark = match line.as_bytes().first() {
                Some(b'?' | b'-') => fields.get(1).copied().unwrap_or_default(),
                Some(b'@' | b'v') => fields.get(2).copied().unwrap_or_default(),
                Some(b'#') => fields.get(3).copied().unwrap_or_default(),
                Some(b'*' | b'N' | b':') => line.get(1..).unwrap_or_default(),
                _ => continue,
            };
            let count = marks.iter().filter(|known| **known == mark).count();
            assert!(count == 1 || mark.is_empty() || mark.contains('$'), "{line} goes to {count}");
        }
        for line in BOOK.lines().filter_map(|line| line.strip_prefix('!')) {
            assert!(usize::from(line.as_bytes()[0] - b'a') < Code::ALL.len(), "{line}");
        }
        for sign in ["2", "3", "4", "5", "7", "8", "9", "H"] {
            assert!(marks.contains(&sign), "{sign}");
        }
    }

    #[test]
    fn signs_do_what_they_say() {
        let mut facts = Facts::default();
        facts.put(".type", "canary");
        let error = marked("nowhere", 0, &facts).unwrap_err();
        assert_eq!(error.code, Code::UnsupportedCredential);
        assert_eq!(failed("ax !.type.", &facts).message, "x canary.");
        assert!(failed("o", &facts).transient && !failed("h", &facts).transient);
    }
}
