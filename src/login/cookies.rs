//! Cookies (RFC 6265): what a browser brings along, and what it is told to keep.

use super::application::Login;
use crate::json::Text;
use crate::text::{append, before, concat, decimal, part};

/// The text of the cookie of that name.
pub(super) fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = Pairs(header);
    while let Some((known, text)) = pairs.next() {
        if known == name {
            return Some(text);
        }
    }
    None
}

/// The cookies of a header, one by one.
pub(super) struct Pairs<'a>(pub(super) &'a str);

impl<'a> Pairs<'a> {
    pub(super) fn next(&mut self) -> Option<(&'a str, &'a str)> {
        if self.0.is_empty() {
            return None;
        }
        let pair = before(self.0, ";");
        self.0 = part(self.0, pair.len().wrapping_add(1), self.0.len());
        let name = before(pair, "=");
        Some((name.trim_ascii(), part(pair, name.len().wrapping_add(1), pair.len()).trim_ascii()))
    }
}

/// What a browser is told, one `Set-Cookie` a line.
#[derive(Default)]
pub(super) struct Jar(pub(super) Text);

impl Jar {
    /// To keep it for so many seconds; to forget it at once, where that is 0.
    pub(super) fn set(&mut self, login: &Login, name: &str, text: &str, seconds: u64) {
        if !self.0.is_empty() {
            self.0.push_str("\n");
        }
        // Lax, because Strict would keep it back when the provider sends the browser here.
        let kept = concat(&[name, "=", text, "; Path=/; Max-Age=", &decimal(seconds), "; HttpOnly; SameSite=Lax"]);
        append(&mut self.0, &[&kept, if login.is_secure() { "; Secure" } else { "" }]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let header = "a=1; __Host-b=x=y; bb=2;c; d = 3 ;";
        for (name, text) in
            [("a", Some("1")), ("__Host-b", Some("x=y")), ("b", None), ("c", Some("")), ("d", Some("3")), ("e", None)]
        {
            assert_eq!(cookie(header, name), text, "{name}");
        }
        assert_eq!(cookie("", ""), None);
    }
}
