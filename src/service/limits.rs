//! How often somebody may ask: a bucket for each, which fills as time goes by.

use crate::time::Now;
use alloc::collections::BTreeMap;
use alloc::string::String;

/// So many buckets are kept; their names come from the policy, and so there are no more than it has callers.
const MOST: usize = 10_000;

/// Buckets, by name.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// How much is taken, in milliseconds of what fills it, and when that was so.
    held: BTreeMap<String, (u64, u64)>,
}

impl Limits {
    /// Takes one of `count` in `seconds`; or says after how many seconds there is one.
    pub(super) fn take(&mut self, name: &str, (count, seconds): (u32, u32), now: Now) -> Result<(), u64> {
        let whole = u64::from(seconds).saturating_mul(1000);
        let one = whole.checked_div(u64::from(count)).unwrap_or(whole).max(1);
        if self.held.len() >= MOST {
            self.held.clear();
        }
        let (taken, at) = self.held.get(name).copied().unwrap_or((0, now.mono_ms));
        let left = taken.saturating_sub(now.mono_ms.saturating_sub(at));
        let after = left.saturating_add(one);
        if after > whole {
            return Err(after.saturating_sub(whole).div_ceil(1000).max(1));
        }
        self.held.insert(name.into(), (after, now.mono_ms));
        Ok(())
    }
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
    }
}
