//! The base-URL rule for what callers write: relative, and below the base, for every URL parser that there is.

use crate::error::{AuthError, Code, shown};
use crate::text::before;
use crate::url::{dots, has_scheme};
use alloc::string::String;
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
    verdict(input).map_err(|why| AuthError::new(Code::InvalidPath, &["the path (", &quoted(input), ") ", why, ". Give a path below the base URL; nothing was sent."]))
}

/// As [`check`], without an error's text.
pub(crate) fn verdict(input: &str) -> Result<Path, &'static str> {
    if input.len() > LONGEST {
        return Err("is over 64 KiB long");
    }
    let mut path = Path::Plain;
    let mut climbs = false;
    for byte in input.bytes() {
        match byte {
            b'\\' => return Err("has a backslash, which some parsers read as a slash"),
            0..=31 | 127 => return Err("has a control character"),
            b'#' => return Err("has a fragment, which no server would see; %23 stands for the character"),
            b'.' | b'%' => climbs = true,
            b' ' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | b'\'' | 128..=255 => path = Path::Careful,
            _ => {}
        }
    }
    if let [b' ', ..] | [.., b' '] = input.as_bytes() {
        return Err("begins or ends with a space, which parsers cut off");
    }
    if let [b'/', b'/', ..] = input.as_bytes() {
        return Err("begins with //, which names another host");
    }
    let before_query = before(input, "?");
    if has_scheme(before_query) {
        return Err("is absolute, or begins with what reads as a scheme; a / before it would make it a path");
    }
    if climbs && below(before_query)? == Path::Careful {
        path = Path::Careful;
    }
    Ok(path)
}

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
                    depth = depth.checked_sub(1).ok_or("leaves the base path by a .., perhaps an encoded one")?;
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

/// What is shown of an input in a message: its begin, without its query, which may hold a secret.
fn quoted(input: &str) -> String {
    shown(&before(before(input, "?"), "#").chars().take(80).collect::<String>())
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
