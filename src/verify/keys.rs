//! What all checks of a process share.

use super::ring::Ring;
use super::verified::Verified;
use alloc::vec::Vec;

/// So many issuers are kept; then whoever was not asked for the longest goes.
const MOST: usize = 100;

/// The keys of issuers, and tokens that were good a moment ago. Both bounded; nothing in it is secret.
#[derive(Debug, Default)]
pub struct Keys {
    /// Of the issuer that was asked for last.
    last: Option<Ring>,
    /// Of the others, in the order in which they were asked for.
    others: Vec<Ring>,
    pub(super) verified: Verified,
}

impl Keys {
    /// None yet.
    ///
    /// ```
    /// let keys = cloud_run_auth::verify::Keys::new();
    /// ```
    pub const fn new() -> Keys {
        Keys { last: None, others: Vec::new(), verified: Verified::new() }
    }

    /// Those of the issuer whose keys, or whose document, lie there.
    pub(super) fn ring(&mut self, url: &str) -> &mut Ring {
        let ring = match self.last.take() {
            Some(ring) if ring.url == url => ring,
            other => {
                self.others.extend(other);
                let at = self.others.iter().position(|ring| ring.url == url);
                let ring = at.map_or_else(|| Ring::new(url), |at| self.others.remove(at));
                if self.others.len() >= MOST {
                    self.others.remove(0);
                }
                ring
            }
        };
        self.last.insert(ring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Algorithm;
    use crate::time::Now;
    use std::string::ToString;

    #[test]
    fn of_many_issuers_whoever_was_not_asked_for_the_longest_goes() {
        let mut keys = Keys::new();
        let mut is_new = |n: usize| {
            let look = keys.ring(&n.to_string()).look("", Algorithm::Rs256, Now::new(0, 0));
            look == super::super::ring::Look::Lead
        };
        assert!((0..MOST).all(&mut is_new));
        assert!(!is_new(0) && !is_new(0) && is_new(MOST), "the first is kept, for it was asked for again");
        assert!(is_new(1) && !is_new(0) && !is_new(3));
    }
}
