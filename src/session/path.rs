//! The base-URL rule for what callers write: relative, and below the base, for every URL parser that there is.

use crate::error::{AuthError, Code};
use crate::record::nth;
use crate::text::before;
use crate::url::{BACKSLASH, CLIMBS, CONTROL, FRAGMENT, has_scheme, held, to_show};
use alloc::vec::Vec;

/// An input that stays below any base that it is joined to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// Appended to a base, it needs no change in any URL parser.
    Plain,
    /// It stays below the base as we read it; the host's own parser is to agree before anything is sent.
    Careful,
}

/// The longest input that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// Whether an input may be joined to a base URL.
///
/// ```
/// use cloud_run_auth::session::{Path, check};
/// assert_eq!(check("/items?page=2"), Ok(Path::Plain));
/// assert_eq!(check("items/ä"), Ok(Path::Careful));
/// assert!(check("https://evil.example").is_err());
/// assert!(check("../admin").is_err());
/// ```
///
/// # Errors
/// `invalid_path` for an absolute or scheme-relative URL, a backslash, a control character, a fragment,
/// outer spaces, or `..` above the base, however encoded.
pub fn check(input: &str) -> Result<Path, AuthError> {
    match verdict(input) {
        Verdict::Plain => Ok(Path::Plain),
        Verdict::Careful => Ok(Path::Careful),
        why => Err(AuthError::about(
            Code::InvalidPath,
            "the path (~) $; nothing was sent. Give a path below the base URL.",
            // Without userinfo, query and fragment, which may hold a secret.
            to_show(before(input, "#")),
            nth(WHY, why as u8),
        )),
    }
}

/// What [`check`] finds, without an error's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Plain,
    Careful,
    TooLong,
    Control,
    Backslash,
    Fragment,
    Space,
    Host,
    Scheme,
    Leaves,
}

/// Why a path is refused, as the end of a sentence, in the order of [`Verdict`].
pub(super) const WHY: &str = "\0\0\
    is over 64 KiB\0\
    has a control character\0\
    has a backslash\0\
    has a fragment (# is written %23)\0\
    begins or ends with a space\0\
    begins with //\0\
    begins with a scheme; write a / before it\0\
    leaves the base URL by a .. in its path\0";

pub(crate) fn verdict(input: &str) -> Verdict {
    let held = held(input);
    if input.len() > LONGEST {
        Verdict::TooLong
    } else if held & CONTROL > 0 {
        Verdict::Control
    } else if held & BACKSLASH > 0 {
        Verdict::Backslash
    } else if held & FRAGMENT > 0 {
        Verdict::Fragment
    } else if matches!(input.as_bytes(), [b' ', ..] | [.., b' ']) {
        Verdict::Space
    } else if input.as_bytes().starts_with(b"//") {
        Verdict::Host
    } else if has_scheme(before(input, "?")) {
        Verdict::Scheme
    } else {
        match if held & CLIMBS > 0 { below(before(input, "?")) } else { Verdict::Plain } {
            Verdict::Plain if held > CLIMBS => Verdict::Careful,
            verdict => verdict,
        }
    }
}

/// Follows the segments: one that is or hides `..`, in whatever encoding, goes up; only plain slashes go down.
/// Where there are such, or ones that are `.`, that is for care.
// Only hosts in Rust have a second caller: 10 bytes less.
#[inline(always)]
pub(super) fn below(path: &str) -> Verdict {
    let mut depth = 0_usize;
    let mut dotted = Verdict::Plain;
    let mut names = 0;
    // Of the piece so far: nothing, one dot, two dots, or what is a name.
    let mut run = 0_usize;
    for &byte in &fully_decoded(path) {
        if byte != b'/' && byte != b'\\' {
            run = if byte == b'.' && run < 2 { run.wrapping_add(1) } else { 3 };
            continue;
        }
        if run > 2 {
            names = 1;
        } else {
            if run > 0 {
                dotted = Verdict::Careful;
            }
            let Some(left) = depth.checked_sub(run / 2) else { return Verdict::Leaves };
            depth = left;
        }
        run = 0;
        if byte == b'/' {
            depth = depth.wrapping_add(names);
            names = 0;
        }
    }
    dotted
}

/// Percent-decodes until nothing is left to decode: a server behind two others may do the same. A slash at the end is
/// added; what was an encoded slash is written as a backslash.
fn fully_decoded(path: &str) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for byte in path.bytes() {
        out.extend_from_slice(&[byte]);
        while let [kept @ .., b'%', high, low] = out.as_slice() {
            let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(u32::MAX);
            let (byte, length) = (digit(*high) << 4 | digit(*low), kept.len());
            if byte > 255 {
                break;
            }
            out.truncate(length);
            out.extend_from_slice(&[if byte == u32::from(b'/') { b'\\' } else { byte as u8 }]);
        }
    }
    out.extend_from_slice(b"/");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/paths.json")).unwrap();
        for (verdict, expected) in [("plain", Some(Path::Plain)), ("careful", Some(Path::Careful)), ("refused", None)] {
            for input in vectors[verdict].as_array().unwrap() {
                assert_eq!(check(input.as_str().unwrap()).ok(), expected, "{input}");
            }
        }
    }

    #[test]
    fn messages_hold_no_query() {
        let error = check("../a?token=canary").unwrap_err();
        assert!(error.code == Code::InvalidPath && !error.message.contains("canary") && error.message.contains("../a"));
    }

    #[test]
    fn long_inputs_cost_no_more_than_their_length() {
        assert!(check(&"%25".repeat(20_000)).is_ok());
        assert!(check(&"/a".repeat(40_000)).is_err());
    }

    #[test]
    fn no_secret_of_an_input_is_shown() {
        for input in ["https://user:canary@a.example/x", "//a.example/?canary", "../x#canary", "..?q=canary"] {
            assert!(!check(input).unwrap_err().message.contains("canary"), "{input}");
        }
    }
}
