//! URLs that credentials may be sent to, read more strictly than the WHATWG standard does.
//!
//! What is refused here may well be a URL for a browser. The point is that whatever is
//! *accepted* means the same to every URL parser, so that no two of them can
//! disagree about where a credential goes.

use crate::text::{before, contains, cut, decimal, number};
use alloc::string::String;

/// An absolute `http` or `https` URL without userinfo and fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    https: bool,
    origin: String,
    path: String,
    query: Option<String>,
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
            return Err("has a character that parsers read differently: percent-encode it, write a host in its xn-- form, and leave out fragments");
        }
        let (scheme, rest) = cut(text, "://").ok_or("is not absolute: it begins with https://")?;
        let https = scheme.eq_ignore_ascii_case("https");
        if !https && !scheme.eq_ignore_ascii_case("http") {
            return Err("is neither https nor http");
        }
        let (rest, query) = cut(rest, "?").map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let authority = before(rest, "/");
        let path = rest.get(authority.len()..).unwrap_or_default();
        if contains(authority, "@") {
            return Err("has userinfo (…@), where credentials do not belong");
        }
        if path.as_bytes().split(|byte| *byte == b'/').any(|segment| dots(segment) > 0) {
            return Err("has a . or .. in its path: write the path that is meant");
        }
        let origin = origin(https, authority).ok_or("has no host, or a host or port that parsers read differently")?;
        Ok(Url { https, origin, path: path.into(), query: query.map(String::from) })
    }

    /// Scheme, host and port, as the web writes an origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host, in lower case, and the port where it is not the scheme's own.
    pub fn host_and_port(&self) -> &str {
        self.origin.get(if self.https { 8 } else { 7 }..).unwrap_or_default()
    }

    /// The whole URL, as the WHATWG standard serializes it.
    pub fn href(&self) -> String {
        let mut out = self.origin.clone();
        out.push_str(if self.path.is_empty() { "/" } else { &self.path });
        if let Some(query) = &self.query {
            out.push('?');
            out.push_str(query);
        }
        out
    }

    /// Whether it is `https`.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The path as it was written: it may be empty.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the question mark.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Whether the host can only be this machine (RFC 6761 for the name, RFC 1122 and RFC 4291 for the numbers).
    pub fn is_loopback(&self) -> bool {
        let host = self.host_and_port();
        let name = before(host, ":");
        name == "localhost" || name.as_bytes().starts_with(b"127.") && is_ipv4(name) || host.as_bytes().starts_with(b"[::1]")
    }
}

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

/// Scheme, host and port in their one way of writing.
fn origin(https: bool, authority: &str) -> Option<String> {
    let name_ends = if authority.as_bytes().first() == Some(&b'[') { before(authority, "]").len().checked_add(1)? } else { before(authority, ":").len() };
    let host = authority.get(..name_ends)?;
    let port = match authority.get(name_ends..)? {
        "" => None,
        port => Some(number(port.strip_prefix(':')?).filter(|port| *port <= 65535)?),
    };
    if !is_host(host) {
        return None;
    }
    let mut out = String::from(if https { "https://" } else { "http://" });
    out.push_str(host);
    out.make_ascii_lowercase();
    if let Some(port) = port.filter(|port| *port != if https { 443 } else { 80 }) {
        out.push(':');
        out.push_str(&decimal(port));
    }
    Some(out)
}

fn is_host(host: &str) -> bool {
    if let [b'[', inner @ .., b']'] = host.as_bytes() {
        return inner.contains(&b':') && inner.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b':');
    }
    let name = host.as_bytes().strip_suffix(b".").unwrap_or(host.as_bytes());
    let mut last: &[u8] = b"";
    for label in name.split(|byte| *byte == b'.') {
        if label.is_empty() || !label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return false;
        }
        last = label;
    }
    // A last label that is a number makes parsers read the host as an IPv4 address, in many notations.
    let numeric = last.iter().all(u8::is_ascii_digit) || matches!(last, [b'0', b'x' | b'X', ..]);
    !numeric || is_ipv4(host)
}

/// Four decimal numbers, written in the one way that every parser reads alike.
fn is_ipv4(host: &str) -> bool {
    let mut parts = 0_usize;
    let good = host.as_bytes().split(|byte| *byte == b'.').all(|part| {
        parts = parts.saturating_add(1);
        let value = core::str::from_utf8(part).ok().and_then(number);
        value.is_some_and(|value| value < 256 && decimal(value).as_bytes() == part)
    });
    good && parts == 4
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
            "", "https", "https:/a.example", "https://", "https:///a.example", "https://:80", "https://a..example", "https://.example", "https://a.example:", "https://a.example:99999", "https://a.example:8a",
            "https://u@a.example", "https://u:p@a.example", "https://a.example\\@evil.example", "https://a.example#f", "https://a.example/a b", "https://a.example/é", "https://bücher.example", "https://a%2eexample",
            "https://1.2.3", "https://0x7f.1", "https://127.1", "https://2130706433", "https://0177.0.0.1", "https://1.2.3.4.5", "https://1.2.3.256", "https://1.2.3.4.", "https://a.0x1", "https://[::1", "https://[v1.a]", "https://::1", "https://[::ffff:1.2.3.4]",
            "https://a.example/../b", "https://a.example/%2e/b", "ftp://a.example", "javascript:alert(1)", "//a.example", "https://a.example\t", " https://a.example",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
        assert!(Url::parse(&(String::from("https://a.example/") + &"a".repeat(9000))).is_err());
    }

    #[test]
    fn loopback_is_this_machine_only() {
        for (text, loopback) in [("http://127.0.0.1", true), ("http://127.9.9.9:1", true), ("http://localhost:3000", true), ("http://[::1]", true), ("http://127.example", false), ("http://localhost.evil.example", false), ("http://10.0.0.1", false)] {
            assert_eq!(Url::parse(text).unwrap().is_loopback(), loopback, "{text}");
        }
    }
}
