//! Where a browser goes after its login: a place of the application's own, whatever somebody wrote into the link.

use crate::json::Text;
use crate::template::push_hex;
use crate::text::{before, contains, cut, part, push};

/// A longer one would not fit into a cookie.
const LONGEST: usize = 1024;

/// What a URL holds beside letters and digits (RFC 3986, section 2), and the sign of what is encoded already.
const AS_IT_IS: &[u8] = b"-._~:/?#[]@!$&'()*+,;=%";

/// The path, query and fragment of a place on that origin, as one path that begins with a single slash and means the same to every
/// parser; nothing, where it might lead anywhere else.
///
/// Browsers take a backslash for a slash and leave out tabs and line ends (WHATWG URL, section 4.4): a path that holds one of those,
/// or a segment of dots, is none.
pub(super) fn local(text: &str, origin: &str) -> Option<Text> {
    let text = match cut(text, origin) {
        Some(("", "")) => "/",
        Some(("", rest)) => rest,
        _ => text,
    };
    if text.len() > LONGEST || text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return None;
    }
    let path = before(before(text, "#"), "?");
    // Behind two slashes a host begins.
    if !path.as_bytes().starts_with(b"/") || path.as_bytes().starts_with(b"//") || contains(path, "\\") {
        return None;
    }
    let mut segments = path;
    while !segments.is_empty() {
        let segment = before(segments, "/");
        if is_dots(segment) {
            return None;
        }
        segments = part(segments, segment.len().wrapping_add(1), segments.len());
    }
    let mut out = Text::default();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c.is_ascii() && AS_IT_IS.contains(&(c as u8)) {
            push(&mut out, c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            out.push_str("%");
            push_hex(&mut out, byte, b'A');
        }
    }
    Some(out)
}

/// A segment that parsers leave out or go up by, also where its dots are percent-encoded.
fn is_dots(segment: &str) -> bool {
    let mut rest = segment.as_bytes();
    let mut dots = 0_u8;
    while !rest.is_empty() {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return false,
        };
        dots = dots.saturating_add(1);
    }
    matches!(dots, 1 | 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://app.example";

    #[test]
    fn a_place_of_ones_own_stays_what_it_was() {
        for (text, path) in [
            ("/", "/"),
            ("/a/b?c=d&e=%20#f", "/a/b?c=d&e=%20#f"),
            ("/a/", "/a/"),
            ("/a//b", "/a//b"),
            ("/ä b", "/%C3%A4%20b"),
            ("/a?next=//evil.example/\\x", "/a?next=//evil.example/%5Cx"),
            ("/a?b\"<c>", "/a?b%22%3Cc%3E"),
            ("/...", "/..."),
            ("/.well-known/x", "/.well-known/x"),
            ("https://app.example", "/"),
            ("https://app.example/x?y", "/x?y"),
        ] {
            assert_eq!(local(text, ORIGIN).as_deref().map(|path| path.as_str()), Some(path), "{text}");
        }
    }

    #[test]
    fn whatever_might_lead_elsewhere_is_none() {
        for text in [
            "",
            "a",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/./\\evil.example",
            "/.//evil.example",
            "/%2e//evil.example",
            "/a/..//evil.example",
            "/a/../b",
            "/a/%2E%2e",
            "/..",
            "https://evil.example",
            "https://app.example.evil.example/",
            "https://app.example@evil.example/",
            "https://app.example:444/",
            "https://app.example\\@evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "?x",
            "#x",
            "/\u{7f}",
            &"/x".repeat(600),
        ] {
            assert!(local(text, ORIGIN).is_none(), "{text}");
        }
    }
}
