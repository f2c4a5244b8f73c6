//! The base-URL rule for what callers write: relative, and below the base, for every URL parser that there is.

use crate::error::{AuthError, Code};
use crate::text::before;
use crate::url::{dots, has_scheme};
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
            "the path (~) $. Nothing was sent; give a path below the base URL.",
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
    let mut path = Path::Plain;
    let mut climbs = false;
    for byte in input.bytes() {
        match CLASSES.get(usize::from(byte)).copied().unwrap_or(CAREFUL) {
            PLAIN => {}
            CLIMBS => climbs = true,
            CONTROL => return Err("has a control character"),
            BACKSLASH => return Err("has a backslash"),
            FRAGMENT => return Err("has a fragment; for the character write %23"),
            _ => path = Path::Careful,
        }
    }
    if let [b' ', ..] | [.., b' '] = input.as_bytes() {
        return Err("begins or ends with a space");
    }
    if let [b'/', b'/', ..] = input.as_bytes() {
        return Err("begins with //, as another host does");
    }
    let before_query = before(input, "?");
    if has_scheme(before_query) {
        return Err("begins with what reads as a scheme; a / before it makes it a path");
    }
    if climbs && below(before_query)? == Path::Careful {
        path = Path::Careful;
    }
    Ok(path)
}

const PLAIN: u8 = 0;
const CAREFUL: u8 = 1;
const CLIMBS: u8 = 2;
const CONTROL: u8 = 3;
const BACKSLASH: u8 = 4;
const FRAGMENT: u8 = 5;

/// What each ASCII character means: a table is smaller than the jump that a `match` becomes (450 bytes of code against 690).
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "made when the crate is compiled, where either would be an error"
)]
const CLASSES: [u8; 128] = {
    let mut classes = [PLAIN; 128];
    let mut at = 0;
    while at < classes.len() {
        classes[at] = match at as u8 {
            0..=31 | 127 => CONTROL,
            b'\\' => BACKSLASH,
            b'#' => FRAGMENT,
            b'.' | b'%' => CLIMBS,
            b' ' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | b'\'' => CAREFUL,
            _ => PLAIN,
        };
        at += 1;
    }
    classes
};

/// Follows the segments: one that is or hides `..`, in whatever encoding, goes up; only plain slashes go down.
pub(super) fn below(path: &str) -> Result<Path, &'static str> {
    let mut depth = 0_usize;
    let mut dotted = Path::Plain;
    for segment in path.as_bytes().split(|byte| *byte == b'/') {
        let decoded = fully_decoded(segment);
        let mut names = false;
        for piece in decoded.split(|byte| matches!(byte, b'/' | b'\\')) {
            match dots(piece) {
                2 => {
                    dotted = Path::Careful;
                    depth = depth.checked_sub(1).ok_or("leaves the base path by a .. or an encoded one")?;
                }
                1 => dotted = Path::Careful,
                _ => names |= !piece.is_empty(),
            }
        }
        depth = depth.saturating_add(usize::from(names));
    }
    Ok(dotted)
}

/// Percent-decodes until nothing is left to decode: a server behind two others may do the same.
fn fully_decoded(segment: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(segment.len());
    for byte in segment {
        out.push(*byte);
        while let [.., b'%', high, low] = out.as_slice() {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { break };
            out.truncate(out.len().saturating_sub(3));
            out.push((high << 4 | low) as u8);
        }
    }
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
