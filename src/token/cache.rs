//! The tokens that are had, by everything that shapes them.

use super::FlightId;
use crate::config::Limits;
use crate::credential::Fingerprint;
use crate::grant::Target;
use crate::secret::Secret;
use crate::text::append;
use crate::time::Now;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Everything that shapes a token: two calls may share one only if their keys are equal.
#[derive(Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// Becomes the key of that credential's token. No part can hold a line break, so a line each keeps them apart.
    pub(crate) fn become_token(&mut self, credential: &Fingerprint, target: &Target) {
        let kind = if target.is_access() { "\naccess\n" } else { "\nid\n" };
        self.0.clear();
        append(&mut self.0, &[credential.as_str(), kind, target.as_str()]);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// A key that was handed out as text before.
    pub fn from_text(text: String) -> Key {
        Key(text)
    }

    /// The key as text. It tells nothing of the credential's secrets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not derived: `String`'s own is a second copy of the code that copies bytes.
impl Clone for Key {
    fn clone(&self) -> Key {
        Key(self.as_str().into())
    }
}

/// How long a token may still be used, counted from when it was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Tells this token from the one that had the same key before.
    pub serial: u32,
    had: Now,
    refresh_after_ms: u64,
    expires_after_ms: u64,
    life_ms: u64,
    window_ms: u64,
}

/// What a token's end is known to: it is told in whole seconds, and takes a while to come.
const SAME_MS: u64 = 1500;

/// So long one that has no life may be used by those who waited for it, and an early refresh may take at least.
pub(crate) const SOON_MS: u64 = 1000;

/// How a cached token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// To be used.
    Fresh,
    /// To be used, while one call gets a new one.
    Stale,
    /// Not to be used.
    Expired,
}

impl Lease {
    /// Margins shrink with the token's life, so that a short-lived token is still used. `jitter`, 0 to 255,
    /// spreads the refreshes of instances that began together. A token that ends when the one before does is no reason to ask
    /// sooner than after a pause: whoever gives it has no other yet.
    pub(crate) fn new(
        serial: u32,
        life_ms: u64,
        early_ms: u64,
        before: Option<&Lease>,
        limits: &Limits,
        jitter: u8,
        had: Now,
    ) -> Lease {
        let window_ms = match before {
            Some(before) if before.left_ms(had) > life_ms.saturating_sub(SAME_MS) => before.window_ms,
            _ => early_ms.min(life_ms / 4),
        };
        let expires_after_ms = life_ms.wrapping_sub(limits.expiry_margin_ms.min(life_ms / 10));
        let mut lease = Lease { serial, had, refresh_after_ms: 0, expires_after_ms, life_ms, window_ms };
        // Nothing wraps: the spread is at most a quarter of the window.
        lease.refresh_after_ms = match life_ms.checked_sub(window_ms) {
            Some(after) => after.wrapping_add((window_ms / 4).wrapping_mul(jitter.into()) / 256),
            None => lease.pause_ms(limits, jitter),
        };
        lease
    }

    /// From one early refresh to the next: less, by up to a quarter, than it could be.
    pub(crate) fn pause_ms(&self, limits: &Limits, jitter: u8) -> u64 {
        let most = limits.refresh_pause_ms.min(self.window_ms / 8);
        most.wrapping_sub((most / 4).wrapping_mul(jitter.into()) / 256)
    }

    /// How long it still lives.
    fn left_ms(&self, now: Now) -> u64 {
        self.life_ms.saturating_sub(self.age_ms(now))
    }

    /// The clock that says more wins: one may have been set back, the other may have stood still.
    fn age_ms(&self, now: Now) -> u64 {
        now.wall_ms.saturating_sub(self.had.wall_ms).max(now.mono_ms.saturating_sub(self.had.mono_ms))
    }

    pub(crate) fn state(&self, now: Now) -> State {
        match self.age_ms(now) {
            age if age >= self.expires_after_ms => State::Expired,
            age if age >= self.refresh_after_ms => State::Stale,
            _ => State::Fresh,
        }
    }

    /// Whether those who waited for it may use it: as long as it lives, and be it for a moment.
    pub(crate) fn is_of_now(&self, now: Now) -> bool {
        self.age_ms(now) < self.expires_after_ms.max(SOON_MS)
    }

    /// When the token is to be refreshed and when it ends, in milliseconds of the wall clock.
    pub fn deadlines_ms(&self) -> (u64, u64) {
        let at = |after_ms| self.had.wall_ms.saturating_add(after_ms);
        (at(self.refresh_after_ms.min(self.expires_after_ms)), at(self.expires_after_ms))
    }
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// Empty where the host has it.
    pub(crate) token: Secret,
    pub(crate) lease: Lease,
    /// The flight that brought it: whoever followed that one may use it, however short its life.
    pub(crate) flight: FlightId,
}

/// A bounded map: a vector in the order of use. It is looked through once for each token that is not fresh, not for
/// each request: the fresh ones are the host's.
#[derive(Debug)]
pub(crate) struct Cache {
    #[allow(clippy::vec_box, reason = "a use moves a pointer for each entry, not the entry")]
    entries: Vec<Box<Entry>>,
    /// Whose token had to go for the one that was put in last; empty, if none had to.
    pub(crate) evicted: Key,
}

impl Cache {
    pub(crate) const fn new() -> Cache {
        Cache { entries: Vec::new(), evicted: Key(String::new()) }
    }

    pub(crate) fn find(&mut self, key: &str) -> Option<&mut Entry> {
        let entry = self.take(key)?;
        self.entries.push(entry);
        self.last_used()
    }

    pub(crate) fn last_used(&mut self) -> Option<&mut Entry> {
        self.entries.last_mut().map(Box::as_mut)
    }

    /// Keeps a token, in place of the one before.
    pub(crate) fn put(&mut self, key: Key, token: Secret, lease: Lease, flight: FlightId, most: usize) {
        self.take(key.as_str());
        if self.entries.len() >= most.max(1) {
            self.evicted = self.entries.remove(0).key;
        }
        self.entries.push(Box::new(Entry { key, token, lease, flight }));
    }

    /// Drops the token of that key, if it still has that number.
    pub(crate) fn remove(&mut self, key: &str, serial: u32) {
        if self.find(key).is_some_and(|entry| entry.lease.serial == serial) {
            self.entries.pop();
        }
    }

    fn take(&mut self, key: &str) -> Option<Box<Entry>> {
        let at = self.entries.iter().position(|entry| entry.key.as_str() == key)?;
        Some(self.entries.remove(at))
    }
}

impl Entry {
    pub(crate) fn take_token(&mut self) -> Secret {
        core::mem::take(&mut self.token)
    }

    /// Makes it end when its life does, of a token whose margin is counted already.
    pub(crate) fn end(&mut self) {
        self.lease.expires_after_ms = self.lease.life_ms;
    }

    /// Puts off the next early refresh, if there was one due.
    pub(crate) fn pause(&mut self, now: Now, pause_ms: u64) {
        let lease = &mut self.lease;
        lease.refresh_after_ms = lease.refresh_after_ms.max(lease.age_ms(now).saturating_add(pause_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HAD: Now = Now::new(1_000_000, 500);

    fn at(ms: u64) -> Now {
        Now::new(HAD.wall_ms + ms, HAD.mono_ms + ms)
    }

    fn lease(life_ms: u64, jitter: u8) -> Lease {
        Lease::new(1, life_ms, 300_000, None, &Limits::default(), jitter, HAD)
    }

    fn key(text: &str) -> Key {
        Key::from_text(text.into())
    }

    #[test]
    fn an_hour_is_fresh_then_stale_then_expired() {
        let lease = lease(3_600_000, 0);
        assert_eq!(lease.state(at(0)), State::Fresh);
        assert_eq!(lease.state(at(3_299_999)), State::Fresh);
        assert_eq!(lease.state(at(3_300_000)), State::Stale);
        assert_eq!(lease.state(at(3_569_999)), State::Stale);
        assert_eq!(lease.state(at(3_570_000)), State::Expired);
    }

    #[test]
    fn jitter_only_shortens_the_window() {
        let lease = lease(3_600_000, 255);
        assert_eq!(lease.state(at(3_300_000)), State::Fresh);
        assert_eq!(lease.state(at(3_600_000 - 225_000)), State::Stale);
    }

    #[test]
    fn a_token_that_is_no_longer_than_the_one_before_is_asked_for_again_after_a_pause() {
        let first = Lease::new(1, 3_600_000, 225_000, None, &Limits::default(), 0, HAD);
        let had = at(3_400_000);
        let again = |life_ms, jitter| Lease::new(2, life_ms, 225_000, Some(&first), &Limits::default(), jitter, had);
        let due = |lease: &Lease| lease.deadlines_ms().0 - had.wall_ms;
        for life_ms in [199_000, 200_000, 201_000] {
            assert_eq!(due(&again(life_ms, 0)), 10_000, "{life_ms}");
            assert!((7_500..7_600).contains(&due(&again(life_ms, 255))), "{life_ms}");
        }
        // Another one, by whatever it lives longer.
        assert_eq!(due(&again(202_000, 0)), 202_000 - 50_500);
        assert_eq!(due(&again(3_600_000, 0)), 3_375_000);
        // The last of them is used to its end.
        let last = Lease::new(3, 5_000, 225_000, Some(&first), &Limits::default(), 0, at(3_595_000));
        assert_eq!(last.deadlines_ms().0, last.deadlines_ms().1);
    }

    #[test]
    fn a_short_life_is_still_used() {
        let lease = lease(20_000, 0);
        assert_eq!(lease.state(at(14_999)), State::Fresh);
        assert_eq!(lease.state(at(17_999)), State::Stale);
        assert_eq!(lease.state(at(18_000)), State::Expired);
    }

    #[test]
    fn either_clock_can_end_a_token() {
        let lease = lease(3_600_000, 0);
        assert_eq!(lease.state(Now::new(0, HAD.mono_ms + 3_600_000)), State::Expired);
        assert_eq!(lease.state(Now::new(HAD.wall_ms + 3_600_000, HAD.mono_ms)), State::Expired);
        assert_eq!(lease.state(Now::new(0, HAD.mono_ms)), State::Fresh);
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = Cache::new();
        let lease = lease(1000, 0);
        let put = |cache: &mut Cache, name| {
            cache.put(key(name), Secret::default(), lease, FlightId(1), 2);
            core::mem::take(&mut cache.evicted)
        };
        assert_eq!(put(&mut cache, "a"), Key::default());
        assert_eq!(put(&mut cache, "b"), Key::default());
        assert!(cache.find("a").is_some());
        assert_eq!(put(&mut cache, "c"), key("b"));
        assert!(cache.find("a").is_some() && cache.find("b").is_none());
        assert_eq!(put(&mut cache, "c"), Key::default());
        cache.remove("c", 2);
        assert!(cache.find("c").is_some());
        cache.remove("c", 1);
        assert!(cache.find("c").is_none());
    }
}
