//! What an answer means for the session: whether to send once more, and where a redirect leads.

use crate::url::{Url, same_origin_target};
use alloc::string::String;

/// Redirects that are followed for one call, at most.
const MOST_HOPS: u32 = 5;

/// The next request of a redirect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// Where it goes, for the host's own parser to agree to. The origin is the same.
    pub url: String,
    /// Whether it is a GET without a body, whatever came before (Fetch standard, HTTP-redirect fetch).
    pub becomes_get: bool,
}

/// Whether a call is to be sent again with a new token: once, after a 401, if its body can be sent again.
pub const fn may_resend(status: u16, sent_before: bool, body_is_replayable: bool) -> bool {
    status == 401 && !sent_before && body_is_replayable
}

/// Where a redirect leads, if it is to be followed: within the origin, five hops at most, and
/// a body only where it can be sent again. Else the answer is the caller's as it is.
pub fn redirected(status: u16, method: &str, current: &str, location: &str, hops: u32, body_is_replayable: bool) -> Option<Hop> {
    let get_or_head = matches!(method, "GET" | "HEAD");
    let becomes_get = match status {
        303 => !get_or_head,
        301 | 302 => method == "POST",
        307 | 308 => false,
        _ => return None,
    };
    if hops >= MOST_HOPS || !(becomes_get || body_is_replayable) {
        return None;
    }
    let url = same_origin_target(&Url::parse(current).ok()?, location)?;
    Some(Hop { url, becomes_get })
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
        let hop = |status, method, body| redirected(status, method, "https://a.example/x", "/y", 0, body).map(|hop| hop.becomes_get);
        assert_eq!(hop(303, "PUT", false), Some(true));
        assert_eq!(hop(303, "HEAD", true), Some(false));
        assert_eq!(hop(302, "POST", false), Some(true));
        assert_eq!(hop(301, "GET", true), Some(false));
        assert_eq!(hop(307, "POST", true), Some(false));
        assert_eq!(hop(307, "POST", false), None);
        assert_eq!(hop(302, "PUT", false), None);
        for status in [200, 300, 304, 305, 306, 309, 401] {
            assert_eq!(hop(status, "GET", true), None);
        }
    }

    #[test]
    fn hops_end_and_origins_are_not_left() {
        assert!(redirected(302, "GET", "https://a.example/x", "/y", 4, true).is_some());
        assert!(redirected(302, "GET", "https://a.example/x", "/y", 5, true).is_none());
        assert!(redirected(302, "GET", "https://a.example/x", "https://b.example/y", 0, true).is_none());
    }
}
