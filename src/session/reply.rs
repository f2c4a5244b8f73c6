//! What an answer means for the session: whether to send once more, and where a redirect leads.

use crate::text::{concat, contains, decimal};
use crate::url::Url;

/// Redirects that are followed for one call, at most.
const MOST_HOPS: u32 = 5;

/// How a redirect goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hop {
    /// Its answer is the caller's, as it is.
    HandedBack = 0,
    /// The same request goes to where it leads.
    Again = 1,
    /// A GET without a body goes to where it leads (Fetch standard, HTTP-redirect fetch).
    AsGet = 2,
}

/// Whether a call is to be sent again with a new token: once, after a 401, if its body can be sent again.
pub const fn may_resend(status: u16, sent_before: bool, body_is_replayable: bool) -> bool {
    status == 401 && !sent_before && body_is_replayable
}

/// The methods whose requests may be sent again without a caller's word: what they do twice they do once (RFC 9110, section 9.2.2).
/// Each with a space before and behind.
pub const RETRIED_METHODS: &str = " GET HEAD OPTIONS PUT DELETE ";

/// The statuses that may be gone when the same is asked again (RFC 9110, sections 15.5 and 15.6; RFC 6585, section 4). Each with a
/// space before and behind.
pub const RETRIED_STATUSES: &str = " 408 429 500 502 503 504 ";

/// Whether a request whose body can be sent again may be sent again after an answer with that status, 0 being none at all; `methods`
/// and `statuses` say after which, each with a space before and behind; where they are empty, those above.
///
/// ```
/// use cloud_run_auth::session::{RETRIED_STATUSES, may_retry};
/// assert!(may_retry(503, "GET", "", ""));
/// assert!(!may_retry(503, "POST", "", ""));
/// assert!(may_retry(0, "POST", " POST ", RETRIED_STATUSES));
/// ```
pub fn may_retry(status: u16, method: &str, methods: &str, statuses: &str) -> bool {
    let among = |words: &str, usual, word: &str| {
        contains(if words.is_empty() { usual } else { words }, &concat(&[" ", word, " "]))
    };
    among(methods, RETRIED_METHODS, method)
        && (status == 0 || among(statuses, RETRIED_STATUSES, &decimal(status.into())))
}

/// Whether a redirect is followed: within the origin, five hops at most, and a body only where it can be sent again.
/// `from` and `to` are absolute, as the host's own parser writes them; what is not read alike here is not followed.
///
/// ```
/// use cloud_run_auth::session::{Hop, redirected};
/// assert_eq!(redirected(303, "POST", "https://a.example/x", "https://a.example/y", 0, false), Hop::AsGet);
/// assert_eq!(redirected(302, "GET", "https://a.example/x", "https://b.example/y", 0, true), Hop::HandedBack);
/// ```
pub fn redirected(status: u16, method: &str, from: &str, to: &str, hops: u32, body_is_replayable: bool) -> Hop {
    // What follows the origin tells it from one that only begins like it.
    let same_origin = Url::parse(to)
        .is_ok_and(|to| matches!(from.strip_prefix(to.origin()).map(str::as_bytes), Some([] | [b'/' | b'?', ..])));
    hop(status, method, same_origin, hops, body_is_replayable)
}

/// As [`redirected`], for a host that says itself whether the origin stays the same.
pub(crate) fn hop(status: u16, method: &str, same_origin: bool, hops: u32, body_is_replayable: bool) -> Hop {
    let as_get = match status {
        303 => !matches!(method, "GET" | "HEAD"),
        301 | 302 => method == "POST",
        307 | 308 => false,
        _ => return Hop::HandedBack,
    };
    match hops < MOST_HOPS && same_origin {
        true if as_get => Hop::AsGet,
        true if body_is_replayable => Hop::Again,
        _ => Hop::HandedBack,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_resend_after_a_401() {
        assert!(may_resend(401, false, true));
        assert!(!may_resend(401, true, true) && !may_resend(401, false, false) && !may_resend(403, false, true));
    }

    #[test]
    fn redirects_change_the_method_as_fetch_does() {
        let hop =
            |status, method, body| redirected(status, method, "https://a.example/x", "https://a.example/y", 0, body);
        for (status, method, body, expected) in [
            (303, "PUT", false, Hop::AsGet),
            (303, "HEAD", true, Hop::Again),
            (302, "POST", false, Hop::AsGet),
            (301, "GET", true, Hop::Again),
            (307, "POST", true, Hop::Again),
            (307, "POST", false, Hop::HandedBack),
            (302, "PUT", false, Hop::HandedBack),
            (308, "PUT", true, Hop::Again),
        ] {
            assert_eq!(hop(status, method, body), expected, "{status} {method}");
        }
        for status in [200, 300, 304, 305, 306, 309, 401] {
            assert_eq!(hop(status, "GET", true), Hop::HandedBack);
        }
    }

    #[test]
    fn hops_end_and_origins_are_not_left() {
        let hop = |to, hops| redirected(302, "GET", "https://a.example/x", to, hops, true);
        assert_eq!(hop("https://a.example/y", 4), Hop::Again);
        assert_eq!(hop("https://a.example/y", 5), Hop::HandedBack);
        for to in [
            "https://b.example/",
            "http://a.example/",
            "https://a.example:444/",
            "https://a.example./",
            "https://sub.a.example/",
            "https://u@a.example/",
            "https://a.example@evil.example/",
            "//a.example/",
            "/y",
            "https://a.example/#f",
        ] {
            assert_eq!(hop(to, 0), Hop::HandedBack, "{to}");
        }
    }
}
