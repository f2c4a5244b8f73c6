//! The base-URL rule for what callers write: relative, and below the base, for every URL parser that there is.

use crate::error::{AuthError, Code};
use crate::text::before;
use crate::url::{BACKSLASH, CLIMBS, CONTROL, FRAGMENT, has_scheme, held};
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
    // Shown without its query, which may hold a secret.
    verdict(input).map_err(|why| {
        AuthError::about(
            Code::InvalidPath,
            "the path (~) $; nothing was sent. Give a path below the base URL.",
            before(before(input, "?"), "#"),
            why,
        )
    })
}

/// As [`check`], without an error's text.
pub(crate) fn verdict(input: &str) -> Result<Path, &'static str> {
    if input.len() > LONGEST {
        return Err("is over 64 KiB");
    }
    let held = held(input);
    if held & CONTROL > 0 {
        return Err("has a control character");
    }
    if held & BACKSLASH > 0 {
        return Err("has a backslash");
    }
    if held & FRAGMENT > 0 {
        return Err("has a fragment; for the character write %23");
    }
    if input.as_bytes().starts_with(b" ") || input.as_bytes().ends_with(b" ") {
        return Err("begins or ends with a space");
    }
    if input.as_bytes().starts_with(b"//") {
        return Err("begins with //, as a host does");
    }
    let before_query = before(input, "?");
    if has_scheme(before_query) {
        return Err("begins as a scheme does; write a / before it");
    }
    let dotted = held & CLIMBS > 0 && below(before_query)?;
    Ok(if dotted || held > CLIMBS { Path::Careful } else { Path::Plain })
}

/// Follows the segments: one that is or hides `..`, in whatever encoding, goes up; only plain slashes go down.
/// Says whether there are such, or ones that are `.`.
pub(super) fn below(path: &str) -> Result<bool, &'static str> {
    let mut depth = 0_usize;
    let mut dotted = false;
    let mut names = 0;
    // Of the piece so far: nothing, one dot, two dots, or what is a name.
    let mut run = 0_usize;
    for byte in fully_decoded(path) {
        if byte != b'/' && byte != b'\\' {
            run = if byte == b'.' && run < 2 { run.saturating_add(1) } else { 3 };
            continue;
        }
        if run > 2 {
            names = 1;
        } else {
            dotted |= run > 0;
            depth = depth.checked_sub(run / 2).ok_or("leaves the base path by a .. or an encoded one")?;
        }
        run = 0;
        if byte == b'/' {
            depth = depth.saturating_add(names);
            names = 0;
        }
    }
    Ok(dotted)
}

/// Percent-decodes until nothing is left to decode: a server behind two others may do the same. A slash at the end is
/// added; what was an encoded slash is written as a backslash.
fn fully_decoded(path: &str) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len().saturating_add(1));
    for byte in path.bytes() {
        out.extend_from_slice(&[byte]);
        while let [kept @ .., b'%', high, low] = out.as_slice() {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let (Some(high), Some(low), length) = (digit(*high), digit(*low), kept.len()) else { break };
            out.truncate(length);
            let byte = (high << 4 | low) as u8;
            out.extend_from_slice(&[if byte == b'/' { b'\\' } else { byte }]);
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
}
