//! The record of who is refreshing: for which version of the token's record, who, and for how long.

use crate::facts::Facts;
use crate::json::{Json, Text};
use crate::template::fill;
use crate::text::{before, decimal};

/// Nobody is believed who wants to lead for longer.
const LONGEST_MS: u64 = 600_000;

/// A lease as it was read.
pub(super) struct Lease {
    pub(super) owner: Text,
    /// The version of the token's record that it is for.
    pub(super) version: Text,
    /// How much of it is left; 0: none.
    pub(super) left_ms: u64,
}

impl Lease {
    /// What cannot be read is nobody's: the one who takes it puts a good one in its place.
    pub(super) fn read(text: &str, age_ms: u64) -> Lease {
        let json = Json::parse(text.as_bytes());
        let text = |name| json.and_then(|json| json.text(name)).unwrap_or_default();
        let ttl_ms = json.and_then(|json| json.get("ttl_ms")?.as_seconds()).unwrap_or_default().min(LONGEST_MS);
        Lease { owner: text("owner"), version: text("for_version"), left_ms: ttl_ms.saturating_sub(age_ms) }
    }

    /// Of that owner, as it is written.
    pub(super) fn written(version: &str, owner: &str, ttl_ms: u64) -> Text {
        let mut facts = Facts::default();
        facts.put("version", version);
        facts.put("owner", owner);
        facts.put("ttl", &decimal(ttl_ms));
        fill(r#"{"for_version":"~version","owner":"~owner","ttl_ms":$ttl}"#, &facts)
    }

    /// Whether it is of that job, in whichever of its tries.
    pub(super) fn is_of(&self, job: &str) -> bool {
        before(&self.owner, "-") == job
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_alive_until_its_time_is_over() {
        let text = Lease::written("v\"1", "j-1", 30_000);
        for (age_ms, left_ms) in [(0, 30_000), (29_999, 1), (30_000, 0), (90_000, 0)] {
            let lease = Lease::read(&text, age_ms);
            assert_eq!((lease.version.as_str(), lease.left_ms), ("v\"1", left_ms), "{age_ms}");
            assert!(lease.is_of("j") && !lease.is_of("k"));
        }
    }

    #[test]
    fn what_is_no_lease_is_nobodys_and_none_lasts_for_ever() {
        for text in ["", "{}", "[]", "{\"for_version\":\"v\"", r#"{"for_version":"v","owner":"j","ttl_ms":-1}"#] {
            assert_eq!(Lease::read(text, 0).left_ms, 0, "{text}");
        }
        assert_eq!(Lease::read(r#"{"for_version":"v","owner":"j","ttl_ms":1e300}"#, 0).left_ms, LONGEST_MS);
    }
}
