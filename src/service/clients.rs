//! Clients and their secrets, of which the policy has but hashes (Argon2id, RFC 9106).

use super::random::fingerprint;
use crate::grant::hmac;
use crate::time::Now;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// How long a secret that was good is remembered after its last use, so that it need not be hashed each time, in milliseconds. So whoever
/// tries secrets until the client has to wait keeps nobody out who is in use of it.
const REMEMBERED_MS: u64 = 300_000;
/// How much memory one hash may take, in KiB: more would be a way to fill a host's by the policy; less is no protection
/// (OWASP's password storage cheat sheet has 7 MiB as its least).
const MEMORY_KIB: core::ops::RangeInclusive<u32> = 7168..=65_536;
const MOST_PASSES: u32 = 10;

/// Whether a text is a hash that secrets can be held to; or why not, as the end of a sentence.
pub(super) fn check_hash(hash: &str) -> Result<(), &'static str> {
    let parsed = PasswordHash::new(hash).map_err(|_| "is no hash in the PHC format, as $argon2id$…")?;
    if parsed.algorithm.as_str() != "argon2id" {
        return Err("is not of argon2id");
    }
    if parsed.hash.is_none() || parsed.salt.is_none() {
        return Err("lacks its salt or its hash");
    }
    let params = Params::try_from(&parsed).map_err(|_| "has parameters that argon2id cannot have")?;
    if !MEMORY_KIB.contains(&params.m_cost()) || params.t_cost() > MOST_PASSES || params.p_cost() > 4 {
        return Err("asks for less than 7 or more than 64 MiB, for over 10 passes or over 4 lanes");
    }
    Ok(())
}

/// The hash of a secret, for a policy: 19 MiB and two passes, as OWASP advises. `salt` is random, 16 bytes or more.
///
/// ```
/// let hash = cloud_run_auth::service::hash_secret("a secret of many letters", b"sixteen bytes ..").unwrap();
/// assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
/// ```
///
/// # Errors
/// Where the salt is too short.
pub fn hash_secret(secret: &str, salt: &[u8]) -> Result<String, &'static str> {
    let made = Argon2::default().hash_password_with_salt(secret.as_bytes(), salt);
    made.map(|hash| hash.to_string()).map_err(|_| "the salt is too short or too long")
}

fn is_hash_of(hash: &str, secret: &str) -> bool {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    PasswordHash::new(hash).is_ok_and(|hash| argon2.verify_password(secret.as_bytes(), &hash).is_ok())
}

/// Secrets that were good a moment ago, by a keyed hash; one for each client.
#[derive(Debug)]
pub(super) struct Known {
    key: String,
    held: BTreeMap<String, ([u8; 32], u64)>,
}

impl Known {
    /// With a key that is random.
    pub(super) fn new(key: String) -> Known {
        Known { key, held: BTreeMap::new() }
    }

    /// Whether that client's secret is known to be one of these hashes' without looking.
    pub(super) fn holds(&mut self, client: &str, secret: &str, hashes: &[String], now: Now) -> bool {
        let mac = self.mac(secret, hashes);
        let Some((held, until_ms)) = self.held.get_mut(client) else { return false };
        let holds = *held == mac && now.mono_ms < *until_ms;
        if holds {
            *until_ms = now.mono_ms.saturating_add(REMEMBERED_MS);
        }
        holds
    }

    /// Looks whether a secret is one of these hashes', which takes some ten milliseconds each.
    pub(super) fn look(&mut self, client: &str, secret: &str, hashes: &[String], now: Now) -> bool {
        let good = hashes.iter().any(|hash| is_hash_of(hash, secret));
        if good {
            let mac = self.mac(secret, hashes);
            self.held.insert(client.into(), (mac, now.mono_ms.saturating_add(REMEMBERED_MS)));
        }
        good
    }

    /// With the hashes in it: once the policy has others, nothing is known any more.
    fn mac(&self, secret: &str, hashes: &[String]) -> [u8; 32] {
        let text = alloc::format!("{}\0{secret}", fingerprint(&hashes.join(" ")));
        hmac(self.key.as_bytes(), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_use_stays_known_and_one_that_is_not_or_is_another_has_to_be_hashed() {
        let hashes = [hash_secret("right", b"sixteen bytes ..").unwrap()];
        let mut known = Known::new("key".into());
        let at = |ms| Now::new(0, ms);
        assert!(!known.look("a", "wrong", &hashes, at(0)) && !known.holds("a", "right", &hashes, at(0)));
        assert!(known.look("a", "right", &hashes, at(0)));
        assert!((1..10).all(|times| known.holds("a", "right", &hashes, at(times * 299_999))));
        assert!(!known.holds("a", "wrong", &hashes, at(0)) && !known.holds("b", "right", &hashes, at(0)));
        assert!(!known.holds("a", "right", &["another hash".to_string()], at(0)));
        assert!(!known.holds("a", "right", &hashes, at(9 * 299_999 + REMEMBERED_MS)));
    }
}
