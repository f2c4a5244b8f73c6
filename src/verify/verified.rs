//! Tokens that were good a moment ago: callers send one and the same for an hour.

use crate::credential::sha256;
use crate::json::Text;
use crate::text::concat;
use crate::time::Now;
use alloc::vec::Vec;

/// So many are remembered; then the oldest go.
const MOST: usize = 1000;

/// Each by its hash: the tokens themselves are not kept.
#[derive(Debug, Default)]
pub(super) struct Verified {
    held: Vec<Held>,
    /// The one that was put in first, once there are as many as there may be.
    oldest: usize,
}

#[derive(Debug)]
struct Held {
    hash: [u8; 32],
    /// Until when the claims hold, by the wall clock, in seconds.
    until_s: u64,
    /// Until when the key is known to be good, by the monotonic clock.
    key_until_ms: u64,
}

impl Verified {
    pub(super) const fn new() -> Verified {
        Verified { held: Vec::new(), oldest: 0 }
    }

    /// Whether that token's signature and claims held for that verifier, and still do.
    pub(super) fn holds(&self, hash: &[u8; 32], now: Now) -> bool {
        let known = self.held.iter().find(|held| held.hash == *hash);
        known.is_some_and(|held| now.wall_s() < held.until_s && now.mono_ms < held.key_until_ms)
    }

    pub(super) fn keep(&mut self, hash: [u8; 32], until_s: u64, key_until_ms: u64) {
        let held = Held { hash, until_s, key_until_ms };
        if let Some(known) = self.held.iter_mut().find(|known| known.hash == hash) {
            *known = held;
        } else if self.held.len() < MOST {
            self.held.push(held);
        } else if let Some(place) = self.held.get_mut(self.oldest) {
            *place = held;
            self.oldest = self.oldest.wrapping_add(1) % MOST;
        }
    }
}

/// What a token is known by, to one verifier.
pub(super) fn hash(fingerprint: &str, token: &str) -> [u8; 32] {
    let both = Text::from(concat(&[fingerprint, "\0", token]));
    sha256(both.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_until_it_or_its_key_is_no_longer_good() {
        let mut verified = Verified::default();
        let one = hash("v", "a");
        verified.keep(one, 10, 5000);
        assert!(verified.holds(&one, Now::new(9_999, 4999)));
        assert!(!verified.holds(&one, Now::new(10_000, 0)) && !verified.holds(&one, Now::new(0, 5000)));
        assert!(!verified.holds(&hash("w", "a"), Now::default()) && !verified.holds(&hash("v", "b"), Now::default()));
    }

    #[test]
    fn of_many_the_oldest_go() {
        let mut verified = Verified::default();
        let name = |n: usize| hash("v", &std::string::ToString::to_string(&n));
        for n in 0..2500 {
            verified.keep(name(n), 10, 10);
        }
        assert_eq!(verified.held.len(), MOST);
        assert!((1500..2500).all(|n| verified.holds(&name(n), Now::default())));
        assert!(!verified.holds(&name(1499), Now::default()));
    }
}
