//! How often somebody may ask: a bucket for each, which fills as time goes by.

use crate::time::Now;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// So many buckets are kept: there is one for each subject, and issuers may have any number of those.
const MOST: usize = 10_000;

/// In microseconds: more than a thousand a second may be granted.
const SECOND: u64 = 1_000_000;

/// Buckets, by name.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// How much is taken, in microseconds of what fills it, and when that was so, in milliseconds.
    held: BTreeMap<String, (u64, u64)>,
}

impl Limits {
    /// Takes one of `count` in `seconds`; or says after how many seconds there is one.
    pub(super) fn take(&mut self, name: &str, (count, seconds): (u32, u32), now: Now) -> Result<(), u64> {
        let whole = u64::from(seconds).saturating_mul(SECOND);
        let one = whole.checked_div(u64::from(count)).unwrap_or(whole).max(1);
        if self.held.len() >= MOST && !self.held.contains_key(name) {
            self.forget(now);
        }
        let (taken, at) = self.held.get(name).copied().unwrap_or((0, now.mono_ms));
        let left = left((taken, at), now);
        let after = left.saturating_add(one);
        if after > whole {
            return Err(after.saturating_sub(whole).div_ceil(SECOND).max(1));
        }
        self.held.insert(name.into(), (after, now.mono_ms));
        Ok(())
    }

    /// Makes room for many: who has taken the least is forgotten first, so that many names do not help whoever has asked too often.
    fn forget(&mut self, now: Now) {
        let mut all: Vec<u64> = self.held.values().map(|held| left(*held, now)).collect();
        all.sort_unstable();
        let least = all.get(all.len() / 10).copied().unwrap_or_default();
        self.held.retain(|_, held| left(*held, now) > least);
    }
}

/// How much of a bucket is taken still.
fn left((taken, at): (u64, u64), now: Now) -> u64 {
    taken.saturating_sub(now.mono_ms.saturating_sub(at).saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_there_are_and_then_as_they_come() {
        let mut limits = Limits::default();
        let mut take = |ms| limits.take("a", (60, 60), Now::new(0, ms));
        assert!((0..60).all(|_| take(0).is_ok()));
        assert_eq!(take(0), Err(1));
        assert_eq!((take(999), take(1000), take(1001)), (Err(1), Ok(()), Err(1)));
        assert!((0..60).all(|_| take(120_000).is_ok()) && take(120_000).is_err());
        assert!(limits.take("b", (1, 3600), Now::new(0, 0)).is_ok());
        assert_eq!(limits.take("b", (1, 3600), Now::new(0, 0)), Err(3600));
        let mut quick = |ms| (0..6000).filter(|_| limits.take("c", (5000, 1), Now::new(0, ms)).is_ok()).count();
        assert_eq!((quick(0), quick(1)), (5000, 5));
    }

    #[test]
    fn a_flood_of_names_makes_nobody_forget_who_asked_too_often() {
        let mut limits = Limits::default();
        let mut take = |name: &str, ms| limits.take(name, (2, 60), Now::new(0, ms)).is_ok();
        assert!(take("greedy", 0) && take("greedy", 0) && !take("greedy", 0));
        assert!((0..2 * MOST).all(|number| take(&alloc::format!("{number}"), 0)));
        assert!(!take("greedy", 0) && take("greedy", 30_000));
        assert!(limits.held.len() <= MOST);
    }
}
