//! The keys of one issuer: how long they are good, and who fetches new ones.

use crate::jose::Algorithm;
use crate::jose::jwk::Jwk;
use crate::text::{before, cut, number};
use crate::time::Now;
use alloc::string::String;
use alloc::vec::Vec;

/// Between two fetches of keys that are there, whatever names of keys come along: twice in a minute at most.
const COOLDOWN_MS: u64 = 31_000;
/// Between two fetches where there are none yet.
const FIRST_COOLDOWN_MS: u64 = 1000;
/// A fetch without an answer for so long is dead, and somebody else's turn comes.
const DEAD_MS: u64 = 2000;
/// How long keys are fresh where their server does not say; and at most.
const USUAL_MS: u64 = 300_000;
const LONGEST_MS: u64 = 86_400_000;
/// For so long after that they are used while none can be had.
const STALE_MS: u64 = 86_400_000;

/// Times are those of the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// The URL that it was asked for at.
    pub(super) url: String,
    keys: Vec<Jwk>,
    fresh_until_ms: u64,
    good_until_ms: u64,
    /// When the last fetch began: it is put down before the fetch, so that nobody begins another.
    claimed_ms: Option<u64>,
    fetching: bool,
}

/// What there is for a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look<'a> {
    /// Its key, and until when that need not be looked at again.
    Key(&'a Jwk, u64),
    /// Nobody has it: fetch the keys. Whoever is told this does it.
    Lead,
    /// Somebody fetches them.
    Follow,
    /// The issuer has no such key.
    Unknown,
    /// There are no keys, and they cannot be had just now; in so many milliseconds it may be tried again.
    Without(u64),
}

impl Ring {
    pub(super) fn new(url: &str) -> Ring {
        Ring { url: url.into(), ..Ring::default() }
    }

    pub(super) fn look(&mut self, kid: &str, algorithm: Algorithm, now: Now) -> Look<'_> {
        let now_ms = now.mono_ms;
        let since_ms = self.claimed_ms.map(|claimed_ms| now_ms.saturating_sub(claimed_ms));
        let good = now_ms < self.good_until_ms;
        let found = if good { find(&self.keys, kid, algorithm) } else { None };
        let wait_ms = if good { COOLDOWN_MS } else { FIRST_COOLDOWN_MS };
        let under_way = self.fetching && since_ms.is_some_and(|since_ms| since_ms < DEAD_MS);
        if let Some(key) = found.filter(|_| now_ms < self.fresh_until_ms || under_way) {
            return Look::Key(key, self.fresh_until_ms);
        }
        if under_way {
            return Look::Follow;
        }
        if since_ms.is_none_or(|since_ms| since_ms >= wait_ms) {
            self.claimed_ms = Some(now_ms);
            self.fetching = true;
            return Look::Lead;
        }
        match found {
            Some(key) => Look::Key(key, now_ms.saturating_add(FIRST_COOLDOWN_MS)),
            None if good => Look::Unknown,
            None => Look::Without(wait_ms.saturating_sub(since_ms.unwrap_or_default())),
        }
    }

    /// New keys came. They replace those that were there: a key that is gone is no longer good.
    pub(super) fn fetched(&mut self, keys: Vec<Jwk>, cache_control: &str, age: &str, now: Now) {
        let life_ms = life_ms(cache_control, age);
        self.keys = keys;
        self.fresh_until_ms = now.mono_ms.saturating_add(life_ms);
        self.good_until_ms = self.fresh_until_ms.saturating_add(STALE_MS);
        self.fetching = false;
    }

    /// None came: those that are there stay.
    pub(super) fn failed(&mut self) {
        self.fetching = false;
    }
}

/// The key of that name and algorithm; without a name the only one for it that there is.
fn find<'a>(keys: &'a [Jwk], kid: &str, algorithm: Algorithm) -> Option<&'a Jwk> {
    let mut fitting = keys.iter().filter(|key| key.algorithm == algorithm && (kid.is_empty() || key.kid == kid));
    let first = fitting.next();
    // Two keys of one name are for nobody to choose between.
    first.filter(|_| fitting.next().is_none())
}

/// For how long an answer is fresh (RFC 9111, section 4.2): `max-age` less `Age`.
fn life_ms(cache_control: &str, age: &str) -> u64 {
    let control = cache_control.to_ascii_lowercase();
    let mut life_s = None;
    for part in control.split(',').map(str::trim) {
        if part == "no-store" || part == "no-cache" {
            return COOLDOWN_MS;
        }
        if let Some(("", seconds)) = cut(part, "max-age=") {
            life_s = life_s.or(number(before(seconds.trim_matches('"'), ";")));
        }
    }
    let Some(life_s) = life_s else { return USUAL_MS };
    let left_s = life_s.saturating_sub(number(age.trim()).unwrap_or_default());
    left_s.saturating_mul(1000).clamp(COOLDOWN_MS, LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str) -> Jwk {
        Jwk { kid: kid.into(), algorithm: Algorithm::Rs256, first: Vec::new(), second: Vec::new() }
    }

    fn at(ms: u64) -> Now {
        Now::new(0, ms)
    }

    fn look(ring: &mut Ring, kid: &str, ms: u64) -> String {
        alloc::format!("{:?}", ring.look(kid, Algorithm::Rs256, at(ms))).split(['(', ' ']).next().unwrap().into()
    }

    #[test]
    fn ten_thousand_unknown_names_are_two_fetches_in_a_minute_and_no_good_token_is_refused() {
        let mut ring = Ring::new("x");
        let mut fetches = std::vec::Vec::new();
        for at_ms in (1_000_000..1_180_000).step_by(6) {
            for kid in [std::string::ToString::to_string(&at_ms), "good".into()] {
                match look(&mut ring, &kid, at_ms).as_str() {
                    "Lead" => {
                        fetches.push(at_ms);
                        ring.fetched(std::vec![key("good")], "max-age=3600", "0", at(at_ms));
                        if kid == "good" {
                            assert_eq!(look(&mut ring, &kid, at_ms), "Key");
                        }
                    }
                    said => assert_eq!(said, if kid == "good" { "Key" } else { "Unknown" }, "{at_ms}"),
                }
            }
        }
        assert!(fetches.len() <= 6 && fetches.windows(3).all(|three| three[2] - three[0] > 60_000), "{fetches:?}");
    }

    #[test]
    fn one_fetches_and_others_follow_or_use_what_is_there() {
        let mut ring = Ring::new("x");
        assert_eq!([0, 1, 1999].map(|ms| look(&mut ring, "a", ms)), ["Lead", "Follow", "Follow"]);
        assert_eq!([2000, 2001].map(|ms| look(&mut ring, "a", ms)), ["Lead", "Follow"], "whoever leads may be gone");
        ring.failed();
        assert_eq!([2002, 2999, 3000].map(|ms| look(&mut ring, "a", ms)), ["Without", "Without", "Lead"]);
        ring.fetched(std::vec![key("a")], "public, max-age=100", "40", at(3000));
        assert_eq!([3000, 62_999].map(|ms| look(&mut ring, "a", ms)), ["Key", "Key"]);
        assert_eq!([63_000, 63_001].map(|ms| look(&mut ring, "a", ms)), ["Lead", "Key"], "no longer fresh");
        ring.failed();
        assert_eq!([63_002, 94_000, 94_001].map(|ms| look(&mut ring, "a", ms)), ["Key", "Lead", "Key"]);
        ring.failed();
        assert_eq!(look(&mut ring, "a", 63_000 + STALE_MS), "Lead");
        ring.failed();
        assert_eq!(look(&mut ring, "a", 63_001 + STALE_MS), "Without", "a day later they are no longer good");
    }

    #[test]
    fn a_key_that_is_gone_is_no_longer_good() {
        let mut ring = Ring::new("x");
        ring.look("a", Algorithm::Rs256, at(0));
        ring.fetched(std::vec![key("a"), key("twice"), key("twice")], "", "", at(0));
        assert_eq!(["a", "twice", ""].map(|kid| look(&mut ring, kid, 1)), ["Key", "Unknown", "Unknown"]);
        assert_eq!(look(&mut ring, "b", 31_000), "Lead");
        ring.fetched(std::vec![key("b")], "", "", at(31_000));
        assert_eq!(["a", "b", ""].map(|kid| look(&mut ring, kid, 31_001)), ["Unknown", "Key", "Key"]);
    }

    #[test]
    fn keys_are_fresh_for_as_long_as_their_server_says() {
        for (control, age, ms) in [
            ("max-age=600", "", 600_000),
            ("public, MAX-AGE=600, must-revalidate", "100", 500_000),
            ("max-age=600", "900", COOLDOWN_MS),
            ("max-age=99999999999999999999", "", LONGEST_MS),
            ("max-age=-1", "", USUAL_MS),
            ("no-store", "", COOLDOWN_MS),
            ("s-maxage=9", "", USUAL_MS),
            ("", "", USUAL_MS),
        ] {
            assert_eq!(life_ms(control, age), ms, "{control} {age}");
        }
    }
}
