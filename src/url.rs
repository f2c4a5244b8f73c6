//! URLs that credentials may be sent to, read more strictly than the WHATWG standard does.
//!
//! What is refused here may well be a URL for a browser. The point is that whatever is
//! *accepted* means the same to every URL parser, so that no two of them can
//! disagree about where a credential goes.

use alloc::string::{String, ToString};

/// An absolute `http` or `https` URL without userinfo and fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    https: bool,
    host: String,
    port: Option<u16>,
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
        if text.contains('#') {
            return Err("has a fragment (#…), which no server would see");
        }
        if text.contains('\\') {
            return Err("has a backslash; write /");
        }
        if !text.bytes().all(is_plain) {
            return Err("has a character that a URL cannot hold as it is; percent-encode it (a host in its xn-- form)");
        }
        let (scheme, rest) = text.split_once("://").ok_or("is not absolute; it begins with https://")?;
        let https = if scheme.eq_ignore_ascii_case("https") {
            true
        } else if scheme.eq_ignore_ascii_case("http") {
            false
        } else {
            return Err("is neither https nor http");
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).ok_or("has no host")?;
        if authority.contains('@') {
            return Err("has userinfo (…@); credentials do not belong in a URL");
        }
        let (host, port) = split_port(authority, https)?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        if path.split('/').any(|segment| dots(segment) > 0) {
            return Err("has a . or .. in its path; write the path that is meant");
        }
        Ok(Url { https, host: host.to_ascii_lowercase(), port, path: path.into(), query: query.map(String::from) })
    }

    /// Scheme, host and port, as the web writes an origin.
    pub fn origin(&self) -> String {
        let mut out = String::from(if self.https { "https://" } else { "http://" });
        out.push_str(&self.host_and_port());
        out
    }

    /// The host, and the port where it is not the scheme's own.
    pub fn host_and_port(&self) -> String {
        let mut out = self.host.clone();
        if let Some(port) = self.port {
            out.push(':');
            out.push_str(&port.to_string());
        }
        out
    }

    /// The whole URL, as the WHATWG standard serializes it.
    pub fn href(&self) -> String {
        let mut out = self.origin();
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

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        &self.host
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
        self.host == "localhost" || self.host == "[::1]" || self.host.starts_with("127.") && is_ipv4(&self.host)
    }
}

/// Whether a path segment is `.` (1) or `..` (2), with its dots percent-encoded or not; else 0.
pub(crate) fn dots(segment: &str) -> u8 {
    let mut rest = segment;
    let mut count = 0_u8;
    while !rest.is_empty() {
        let dot = rest.strip_prefix('.').or_else(|| rest.strip_prefix("%2e")).or_else(|| rest.strip_prefix("%2E"));
        match dot {
            Some(after) if count < 2 => (rest, count) = (after, count.saturating_add(1)),
            _ => return 0,
        }
    }
    count
}

/// Where a `Location` leads (RFC 3986, section 5.2), as a URL for the host's own parser to agree to;
/// `None` where it leaves the origin or is not understood.
pub fn same_origin_target(current: &Url, location: &str) -> Option<String> {
    let location = location.split('#').next().unwrap_or_default();
    if location.contains('\\') || location.starts_with("//") || location.chars().any(char::is_control) {
        return None;
    }
    if has_scheme(location) {
        return (Url::parse(location).ok()?.origin() == current.origin()).then(|| location.into());
    }
    let mut out = current.origin();
    if location.starts_with('/') {
        out.push_str(location);
        return Some(out);
    }
    let path = current.path();
    if location.is_empty() || location.starts_with('?') {
        out.push_str(if path.is_empty() { "/" } else { path });
    } else {
        out.push_str(path.rsplit_once('/').map_or("", |(folder, _)| folder));
        out.push('/');
    }
    out.push_str(location);
    Some(out)
}

/// Whether a reference begins with a scheme (RFC 3986, section 3.1).
pub(crate) fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    let mut bytes = scheme.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic()) && bytes.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// What the WHATWG standard leaves alone in every part of a URL.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>^`{|}".contains(&byte)
}

fn split_port(authority: &str, https: bool) -> Result<(&str, Option<u16>), &'static str> {
    let after_host = authority.rfind(']').map_or(Some(authority), |end| authority.get(end..)).unwrap_or_default();
    let (host, port) = match after_host.contains(':') {
        true => authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        false => (authority, None),
    };
    if !is_host(host) {
        return Err("has no host, or one that parsers may read differently");
    }
    let Some(port) = port else { return Ok((host, None)) };
    if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err("has a port that is not a number");
    }
    let port: u16 = port.parse().map_err(|_| "has a port over 65535")?;
    Ok((host, (port != if https { 443 } else { 80 }).then_some(port)))
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.contains(':') && inner.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !name.split('.').all(label) {
        return false;
    }
    // A last label that is a number makes parsers read the host as an IPv4 address, in many notations.
    let last = name.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|b| b.is_ascii_digit()) || last.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("0x"));
    !numeric || is_ipv4(host)
}

/// Four decimal numbers, written in the one way that every parser reads alike.
fn is_ipv4(host: &str) -> bool {
    let part = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0')) && part.parse::<u8>().is_ok();
    host.split('.').count() == 4 && host.split('.').all(part)
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

    #[test]
    fn a_location_is_resolved_or_handed_back() {
        let current = Url::parse("https://a.example/x/y?q=1").unwrap();
        for (location, target) in [
            ("/z", Some("https://a.example/z")), ("z", Some("https://a.example/x/z")), ("?r", Some("https://a.example/x/y?r")), ("https://A.example/z", Some("https://A.example/z")), ("https://a.example:443/z#f", Some("https://a.example:443/z")),
            ("//evil.example/", None), ("/\\evil.example", None), ("https://evil.example/", None), ("http://a.example/", None), ("https://a.example:444/", None), ("https://a.example./", None), ("https://sub.a.example/", None), ("javascript:1", None), ("/\t/evil", None), ("https:evil", None),
        ] {
            assert_eq!(same_origin_target(&current, location).as_deref(), target, "{location}");
        }
    }
}
