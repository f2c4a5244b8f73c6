//! URLs that credentials may be sent to, read more strictly than the WHATWG standard does.
//!
//! What is refused here may well be a URL for a browser. The point is that whatever is
//! *accepted* means the same to every URL parser, so that no two of them can
//! disagree about where a credential goes.

use crate::text::{after_last, before, concat, contains, cut, number, part, push_decimal};
use alloc::string::String;

/// An absolute `http` or `https` URL without userinfo and fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    /// Origin, path and query, the origin in its one way of writing: one text costs less than three to hand on and drop.
    text: String,
    host_at: usize,
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
        let mut url = Url { text: text.to_ascii_lowercase(), host_at: 0, path_at: 0, query_at: 0 };
        url.read(text)?;
        Ok(url)
    }

    /// Of a text that is in lower case yet, and of the same text as it was written.
    fn read(&mut self, written: &str) -> Result<(), &'static str> {
        if written.len() > LONGEST {
            return Err("is over 8192 bytes");
        }
        if held(written) > CLIMBS | APOSTROPHE {
            return Err("has a fragment or a character to percent-encode (in a host: xn--)");
        }
        let usual = if self.text.as_bytes().starts_with(b"https://") {
            self.host_at = 8;
            443
        } else if self.text.as_bytes().starts_with(b"http://") {
            self.host_at = 7;
            80
        } else {
            return Err("is no https:// (or http://) URL");
        };
        let rest = part(&self.text, self.host_at, self.text.len());
        let authority = before(before(rest, "?"), "/");
        if contains(authority, "@") {
            return Err("has userinfo (…@)");
        }
        let rest = part(written, self.host_at.wrapping_add(authority.len()), written.len());
        let path = before(rest, "?");
        if has_dots(path.as_bytes()) {
            return Err("has a . or .. in its path");
        }
        let (host, port) = host_and_port(authority, usual).ok_or("has no host or port that all parsers read alike")?;
        let end = self.host_at.wrapping_add(host);
        self.text.truncate(end);
        if port != usual {
            self.text.push_str(":");
            push_decimal(&mut self.text, port);
        }
        self.path_at = self.text.len();
        self.query_at = self.path_at.wrapping_add(path.len());
        self.text.push_str(rest);
        Ok(())
    }

    /// Scheme, host and port, as the web writes an origin.
    pub fn origin(&self) -> &str {
        part(&self.text, 0, self.path_at)
    }

    /// The host, in lower case, and the port where it is not the scheme's own.
    pub fn host_and_port(&self) -> &str {
        part(&self.text, self.host_at, self.path_at)
    }

    /// The whole URL, as the WHATWG standard serializes it.
    pub fn href(&self) -> String {
        let path = if self.path().is_empty() { "/" } else { "" };
        concat(&[self.origin(), path, part(&self.text, self.path_at, self.text.len())])
    }

    /// The URL as it was written, but for its origin.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// As [`as_str`](Url::as_str), up to the question mark.
    pub(crate) fn without_query(&self) -> &str {
        part(&self.text, 0, self.query_at)
    }

    /// Whether it is `https`.
    pub fn is_https(&self) -> bool {
        self.host_at == 8
    }

    /// The path as it was written: it may be empty.
    pub fn path(&self) -> &str {
        part(&self.text, self.path_at, self.query_at)
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
            || name.as_bytes().starts_with(b"127.") && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.'))
            || host.as_bytes().starts_with(b"[::1]")
    }
}

/// What may be shown of a URL: nothing before an `@`, and no query.
pub(crate) fn to_show(text: &str) -> &str {
    after_last(before(text, "?"), "@")
}

/// Whether a segment of a path is `.` or `..`, with its dots percent-encoded or not.
fn has_dots(path: &[u8]) -> bool {
    let mut rest = path;
    // Of the segment so far: nothing, one dot, two dots, or what is a name.
    let mut run = 0_u32;
    loop {
        rest = match rest {
            [b'.', after @ ..] | [b'%', b'2', b'e' | b'E', after @ ..] if run < 2 => {
                run = run.wrapping_add(1);
                after
            }
            [b'/', ..] | [] if matches!(run, 1 | 2) => return true,
            [] => return false,
            [byte, after @ ..] => {
                run = if *byte == b'/' { 0 } else { 3 };
                after
            }
        }
    }
}

/// Whether a reference begins with a scheme (RFC 3986, section 3.1).
pub(crate) fn has_scheme(text: &str) -> bool {
    let scheme = cut(text, ":").unwrap_or_default().0;
    scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// What stands somewhere in a text, as the sum of these: a dot or a percent sign, which can leave a path; an apostrophe,
/// which is encoded in a query alone; what the WHATWG standard encodes in some other part; and what no path has.
pub(crate) const CLIMBS: u8 = 1;
pub(crate) const APOSTROPHE: u8 = 2;
pub(crate) const ENCODED: u8 = 4;
pub(crate) const FRAGMENT: u8 = 8;
pub(crate) const BACKSLASH: u8 = 16;
pub(crate) const CONTROL: u8 = 32;

pub(crate) fn held(text: &str) -> u8 {
    text.bytes().fold(0, |held, byte| held | CLASSES.get(usize::from(byte)).copied().unwrap_or_default())
}

/// What each byte is: a table is smaller than the jump that a `match` becomes.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "made when the crate is compiled, where either would be an error"
)]
const CLASSES: [u8; 256] = {
    let mut classes = [ENCODED; 256];
    let mut at = 0;
    while at < 128 {
        classes[at] = match at as u8 {
            0..=31 | 127 => CONTROL,
            b'\\' => BACKSLASH,
            b'#' => FRAGMENT,
            b'.' | b'%' => CLIMBS,
            b'\'' => APOSTROPHE,
            b' ' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' => ENCODED,
            _ => 0,
        };
        at += 1;
    }
    classes
};

/// Where the host ends, and the port; `authority` is in lower case.
fn host_and_port(authority: &str, usual: u64) -> Option<(usize, u64)> {
    let end = if authority.as_bytes().first() == Some(&b'[') {
        before(authority, "]").len().checked_add(1)?
    } else {
        before(authority, ":").len()
    };
    let (host, port) = authority.split_at_checked(end)?;
    let port = if port.is_empty() { usual } else { number(port.strip_prefix(":")?).filter(|port| *port <= 65535)? };
    is_host(host).then_some((end, port))
}

fn is_host(host: &str) -> bool {
    if let [b'[', inner @ .., b']'] = host.as_bytes() {
        return contains(host, ":") && inner.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b':');
    }
    let mut rest = host.strip_suffix(".").unwrap_or(host);
    let mut octets = 0_usize;
    loop {
        let label = before(rest, ".");
        if label.is_empty() || !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return false;
        }
        let value = number(label);
        // A number below 256, written in the one way that every parser reads alike; whatever else is too many at once.
        let is_octet =
            value.is_some_and(|value| value < 256) && (label.len() == 1 || !label.as_bytes().starts_with(b"0"));
        octets = octets.wrapping_add(if is_octet { 1 } else { 5 });
        if label.len() < rest.len() {
            rest = part(rest, label.len().wrapping_add(1), rest.len());
        } else if value.is_some() || label.as_bytes().starts_with(b"0x") {
            // A last label that is a number makes parsers read the host as an IPv4 address, in many notations.
            return octets == 4 && !host.as_bytes().ends_with(b".");
        } else {
            return true;
        }
    }
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
