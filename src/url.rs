//! URLs that credentials may be sent to, read more strictly than the WHATWG standard does.
//!
//! What is refused here may well be a URL for a browser. The point is that whatever is
//! *accepted* means the same to every URL parser, so that no two of them can
//! disagree about where a credential goes.

use crate::text::{after_last, before, concat, contains, number, push_decimal};
use alloc::string::String;

/// An absolute `http` or `https` URL without userinfo and fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    https: bool,
    /// Origin, path and query, the origin in its one way of writing: one text costs less than three to hand on and drop.
    text: String,
    path_at: usize,
    query_at: usize,
}

/// The longest URL that is read, in bytes.
const LONGEST: usize = 8192;

impl Url {
    /// Reads a URL, or says why it is refused, as the end of a sentence.
    ///
    /// ```
    /// use cloud_run_auth::url::Url;
    /// let url = Url::parse("HTTPS://Svc.Run.App:443/api?x=1").unwrap();
    /// assert_eq!(url.href(), "https://svc.run.app/api?x=1");
    /// assert_eq!(url.origin(), "https://svc.run.app");
    /// assert!(Url::parse("https://user@svc.run.app").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Url, &'static str> {
        if text.len() > LONGEST {
            return Err("is longer than 8192 bytes");
        }
        if !text.bytes().all(is_plain) {
            return Err(
                "has a character that parsers read differently (percent-encode it, write hosts as xn--), or a fragment",
            );
        }
        let mut lower = String::from(text);
        lower.make_ascii_lowercase();
        let rest = lower.strip_prefix("http").ok_or(NO_SCHEME)?;
        let (https, rest) = rest.strip_prefix('s').map_or((false, rest), |rest| (true, rest));
        let authority = before(before(rest.strip_prefix("://").ok_or(NO_SCHEME)?, "?"), "/");
        if contains(authority, "@") {
            return Err("has userinfo (…@)");
        }
        let mut url = Url {
            https,
            text: origin(https, authority).ok_or("has no host, or one or a port that parsers read differently")?,
            path_at: 0,
            query_at: 0,
        };
        let rest = text.get(if https { 8_usize } else { 7 }.saturating_add(authority.len())..).unwrap_or_default();
        let path = before(rest, "?");
        if path.as_bytes().split(|byte| *byte == b'/').any(|segment| dots(segment) > 0) {
            return Err("has a . or .. in its path");
        }
        url.path_at = url.text.len();
        url.query_at = url.path_at.saturating_add(path.len());
        url.text.push_str(rest);
        Ok(url)
    }

    /// Scheme, host and port, as the web writes an origin.
    pub fn origin(&self) -> &str {
        self.text.get(..self.path_at).unwrap_or_default()
    }

    /// The host, in lower case, and the port where it is not the scheme's own.
    pub fn host_and_port(&self) -> &str {
        self.text.get(if self.https { 8 } else { 7 }..self.path_at).unwrap_or_default()
    }

    /// The whole URL, as the WHATWG standard serializes it.
    pub fn href(&self) -> String {
        let path = if self.path().is_empty() { "/" } else { "" };
        concat(&[self.origin(), path, self.text.get(self.path_at..).unwrap_or_default()])
    }

    /// The URL as it was written, but for its origin.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// As [`as_str`](Url::as_str), up to the question mark.
    pub(crate) fn without_query(&self) -> &str {
        self.text.get(..self.query_at).unwrap_or_default()
    }

    /// Whether it is `https`.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The path as it was written: it may be empty.
    pub fn path(&self) -> &str {
        self.text.get(self.path_at..self.query_at).unwrap_or_default()
    }

    /// What follows the question mark.
    pub fn query(&self) -> Option<&str> {
        self.text.get(self.query_at..)?.strip_prefix('?')
    }

    /// Whether the host can only be this machine (RFC 6761 for the name, RFC 1122 and RFC 4291 for the numbers).
    pub fn is_loopback(&self) -> bool {
        let host = self.host_and_port();
        let name = before(host, ":");
        name == "localhost"
            || name.as_bytes().starts_with(b"127.") && is_ipv4(name)
            || host.as_bytes().starts_with(b"[::1]")
    }
}

const NO_SCHEME: &str = "does not begin with https:// (or http://)";

/// Whether a path segment is `.` (1) or `..` (2), with its dots percent-encoded or not; else 0.
pub(crate) fn dots(segment: &[u8]) -> usize {
    let mut rest = segment;
    let mut count = 0_usize;
    while let [b'.', after @ ..] | [b'%', b'2', b'e' | b'E', after @ ..] = rest {
        rest = after;
        count = count.saturating_add(1);
    }
    if rest.is_empty() && count < 3 { count } else { 0 }
}

/// Whether a reference begins with a scheme (RFC 3986, section 3.1).
pub(crate) fn has_scheme(text: &str) -> bool {
    let mut first = true;
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if !first => {}
            b':' => return !first,
            _ => return false,
        }
        first = false;
    }
    false
}

/// What the WHATWG standard leaves alone in every part of a URL.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// Scheme, host and port in their one way of writing; `authority` is in lower case.
fn origin(https: bool, authority: &str) -> Option<String> {
    let name_ends = if authority.as_bytes().first() == Some(&b'[') {
        before(authority, "]").len().checked_add(1)?
    } else {
        before(authority, ":").len()
    };
    let (host, port) = authority.split_at_checked(name_ends)?;
    let (scheme, usual) = if https { ("https://", 443) } else { ("http://", 80) };
    let mut out = concat(&[scheme, host]);
    if !port.is_empty() {
        let port = number(port.strip_prefix(':')?).filter(|port| *port <= 65535)?;
        if port != usual {
            out.push_str(":");
            push_decimal(&mut out, port);
        }
    }
    is_host(host).then_some(out)
}

fn is_host(host: &str) -> bool {
    if let [b'[', inner @ .., b']'] = host.as_bytes() {
        return contains(host, ":") && inner.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b':');
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    // A last label that is a number makes parsers read the host as an IPv4 address, in many notations.
    let last = after_last(name, ".");
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.as_bytes().starts_with(b"0x");
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    // Between dots, two dots in a row show an empty label wherever it is.
    letters && !contains(&concat(&[".", name, "."]), "..") && (!numeric || is_ipv4(host))
}

/// Four decimal numbers, written in the one way that every parser reads alike.
fn is_ipv4(host: &str) -> bool {
    let (mut dots, mut digits, mut value) = (0_usize, 0_u32, 0_u32);
    for byte in host.bytes() {
        match byte {
            b'.' if digits > 0 => (dots, digits, value) = (dots.saturating_add(1), 0, 0),
            // Nothing follows a zero that a number begins with.
            b'0'..=b'9' if digits == 0 || value > 0 => {
                digits = digits.saturating_add(1);
                value = value.saturating_mul(10).saturating_add(u32::from(byte & 15));
                if value > 255 {
                    return false;
                }
            }
            _ => return false,
        }
    }
    dots == 3 && digits > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_is_written_as_the_web_writes_it() {
        for (text, href) in [
            ("https://a.example", "https://a.example/"),
            ("https://A.Example.:443/X", "https://a.example./X"),
            ("http://127.0.0.1:8080/run/x", "http://127.0.0.1:8080/run/x"),
            ("http://[::1]:80/", "http://[::1]/"),
            ("https://a.example:0080?q", "https://a.example:80/?q"),
            ("https://a_b.example/a:b@c", "https://a_b.example/a:b@c"),
        ] {
            assert_eq!(Url::parse(text).unwrap().href(), href, "{text}");
        }
    }

    #[test]
    fn what_parsers_disagree_about_is_refused() {
        for text in [
            "",
            "https",
            "https:/a.example",
            "https://",
            "https:///a.example",
            "https://:80",
            "https://a..example",
            "https://.example",
            "https://a.example:",
            "https://a.example:99999",
            "https://a.example:8a",
            "https://u@a.example",
            "https://u:p@a.example",
            "https://a.example\\@evil.example",
            "https://a.example#f",
            "https://a.example/a b",
            "https://a.example/é",
            "https://bücher.example",
            "https://a%2eexample",
            "https://1.2.3",
            "https://0x7f.1",
            "https://127.1",
            "https://2130706433",
            "https://0177.0.0.1",
            "https://1.2.3.4.5",
            "https://1.2.3.256",
            "https://1.2.3.4.",
            "https://a.0x1",
            "https://[::1",
            "https://[v1.a]",
            "https://::1",
            "https://[::ffff:1.2.3.4]",
            "https://a.example/../b",
            "https://a.example/%2e/b",
            "ftp://a.example",
            "javascript:alert(1)",
            "//a.example",
            "https://a.example\t",
            " https://a.example",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
        assert!(Url::parse(&(String::from("https://a.example/") + &"a".repeat(9000))).is_err());
    }

    #[test]
    fn loopback_is_this_machine_only() {
        for (text, loopback) in [
            ("http://127.0.0.1", true),
            ("http://127.9.9.9:1", true),
            ("http://localhost:3000", true),
            ("http://[::1]", true),
            ("http://127.example", false),
            ("http://localhost.evil.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(Url::parse(text).unwrap().is_loopback(), loopback, "{text}");
        }
    }
}
