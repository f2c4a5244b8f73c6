//! The way of one token, from what came to its claims.

use super::claims;
use super::header::{Read, claims_of, malformed, read};
use super::keys::Keys;
use super::ring::{Look, Ring};
use super::verified::hash;
use super::verifier::{Verifier, trusted};
use crate::error::{AuthError, Code, Details};
use crate::jose::jwk::Jwk;
use crate::jose::{Algorithm, LONGEST};
use crate::json::{Json, Text, member};
use crate::text::filled;
use crate::time::Now;
use alloc::string::String;

/// How often somebody who waits for another's fetch looks again, in milliseconds.
const POLL_MS: u64 = 25;
/// The largest answer that is read.
const LARGEST: usize = 1 << 20;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A token came.
    Begun,
    /// What was asked for came, read to its end.
    Answer {
        /// Its status.
        status: u16,
        /// Its header `cache-control`, or nothing.
        cache_control: &'a str,
        /// Its header `age`, or nothing.
        age: &'a str,
        /// Its body.
        body: &'a str,
    },
    /// The host could not do it, for that reason.
    Failed(&'a str),
    /// The time to wait is over.
    Waited,
    /// Whether the signature is that key's.
    Verified(bool),
}

/// What to do next.
#[derive(Debug)]
pub enum Turn<'t> {
    /// Get this URL, without following redirects.
    Get(String),
    /// Wait for so many milliseconds.
    Wait(u64),
    /// Verify a signature: nothing but that.
    Verify {
        /// By which algorithm.
        algorithm: Algorithm,
        /// The key, as a JWK.
        jwk: String,
        /// What is signed.
        input: &'t str,
        /// The signature, in base64url.
        signature: &'t str,
    },
    /// The token is good; its claims, as JSON.
    Done(Text),
}

/// Where the way of one token is. The token itself is not in it: it is told each time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Check {
    stage: Stage,
    /// Until when the key need not be looked at again, by the monotonic clock.
    key_until_ms: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Stage {
    #[default]
    Looks,
    Discovers,
    Fetches,
    Verifies,
}

impl Check {
    /// As its host has kept it.
    #[cfg(all(feature = "verify", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn told(stage: u32, key_until_ms: u64) -> Check {
        let stage = [Stage::Looks, Stage::Discovers, Stage::Fetches, Stage::Verifies].get(stage as usize).copied();
        Check { stage: stage.unwrap_or_default(), key_until_ms }
    }

    /// As [`told`](Check::told) takes it.
    #[cfg(all(feature = "verify", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn told_as(&self) -> (u32, u64) {
        (self.stage as u32, self.key_until_ms)
    }

    /// Takes what happened, and says what to do next.
    ///
    /// ```
    /// use cloud_run_auth::time::Now;
    /// use cloud_run_auth::verify::{Check, Event, Issuer, Keys, Verifier};
    /// let verifier = Verifier::new(Issuer::google(), "https://svc.example").unwrap();
    /// let mut keys = Keys::new();
    /// let failure = Check::default().next("none", &verifier, &mut keys, Event::Begun, Now::new(0, 0)).unwrap_err();
    /// assert_eq!(failure.code.as_str(), "token_invalid");
    /// ```
    ///
    /// # Errors
    /// `token_missing`, `token_invalid`, `token_unsigned`, `token_expired`, `audience_mismatch`, `caller_refused`: what is wrong with the
    /// token. `keys_unavailable`: that its issuer's keys cannot be had.
    pub fn next<'t>(
        &mut self,
        token: &'t str,
        verifier: &Verifier,
        keys: &mut Keys,
        event: Event<'_>,
        now: Now,
    ) -> Result<Turn<'t>, AuthError> {
        let mut why = "";
        if matches!(self.stage, Stage::Discovers | Stage::Fetches)
            && matches!(event, Event::Answer { .. } | Event::Failed(_))
        {
            // Before the token is looked at: the keys are for others, too, whatever has become of this one.
            let ring = keys.ring(&verifier.issuer.url);
            match self.came(ring, verifier, event, now) {
                Ok(None) => {}
                Ok(Some(url)) => return Ok(Turn::Get(url)),
                Err(reason) => {
                    ring.failed();
                    why = reason;
                }
            }
        }
        if token.is_empty() {
            return Err(AuthError::plain(
                Code::TokenMissing,
                "there is no token. Call with the header Authorization: Bearer and an ID token.",
            ));
        }
        let hash = || hash(&verifier.fingerprint(), token);
        if event == Event::Begun
            && token.len() <= LONGEST
            && keys.verified.holds(&hash(), now)
            && let Some(claims) = claims_of(token)
        {
            // Whatever was seen of it is as it was, but that its time may have ended, which is looked at.
            return Ok(Turn::Done(Json::parse(claims.expose()).map(|claims| claims.written()).unwrap_or_default()));
        }
        let read = read(token)?;
        let claims = Json::parse(read.claims.expose()).filter(Json::is_object);
        let claims = claims.ok_or_else(|| malformed("its claims are no JSON object"))?;
        let until_s = claims::check(&claims, verifier, now)?;
        match (self.stage, event) {
            (Stage::Verifies, Event::Verified(true)) => {
                keys.verified.keep(hash(), until_s, self.key_until_ms);
                Ok(Turn::Done(claims.written()))
            }
            (Stage::Verifies, Event::Verified(false)) => Err(malformed("its signature is wrong")),
            (Stage::Verifies, event) => {
                let message = "the token is not valid: its issuer's key cannot be verified with (~).";
                let said = if let Event::Failed(said) = event { said } else { "" };
                Err(AuthError::about(Code::TokenInvalid, message, said, ""))
            }
            _ => self.look(keys.ring(&verifier.issuer.url), &read, verifier, why, now),
        }
    }

    /// What to do with the keys as they are.
    fn look<'t>(
        &mut self,
        ring: &mut Ring,
        read: &Read<'t>,
        verifier: &Verifier,
        why: &str,
        now: Now,
    ) -> Result<Turn<'t>, AuthError> {
        match ring.look(&read.kid, read.algorithm, now) {
            Look::Key(key, until_ms) => {
                (self.stage, self.key_until_ms) = (Stage::Verifies, until_ms);
                Ok(Turn::Verify {
                    algorithm: read.algorithm,
                    jwk: key.written(),
                    input: read.input,
                    signature: read.signature,
                })
            }
            Look::Lead => {
                self.stage = if verifier.issuer.discovered { Stage::Discovers } else { Stage::Fetches };
                Ok(Turn::Get(verifier.issuer.url.clone()))
            }
            Look::Follow => {
                self.stage = Stage::Looks;
                Ok(Turn::Wait(POLL_MS))
            }
            Look::Unknown => Err(malformed("it is signed with no key that its issuer publishes (kid, alg)")),
            Look::Without(wait_ms) => Err(without(why, wait_ms)),
        }
    }

    /// Takes what was fetched: the next URL, or nothing once the keys are in the ring; or says what is wrong with it.
    fn came<'e>(
        &mut self,
        ring: &mut Ring,
        verifier: &Verifier,
        event: Event<'e>,
        now: Now,
    ) -> Result<Option<String>, &'e str> {
        let Event::Answer { status, cache_control, age, body } = event else {
            return Err(if let Event::Failed(why) = event { why } else { "" });
        };
        if status != 200 || body.len() > LARGEST {
            return Err(if status == 200 { "the answer is over 1 MiB long" } else { "the answer is not HTTP 200" });
        }
        if self.stage == Stage::Discovers {
            // OpenID Connect Discovery 1.0, section 4.3: or else it is somebody else's.
            if !verifier.issuer.is(&member(body, "issuer")) {
                return Err("the discovery document is of another issuer");
            }
            let keys = trusted(&member(body, "jwks_uri")).ok_or("the discovery document names no https URL of keys")?;
            self.stage = Stage::Fetches;
            return Ok(Some(keys.href()));
        }
        let keys = Jwk::read_set(body).ok_or("the answer is no set of keys")?;
        if keys.is_empty() {
            return Err("the set holds no key for RS256 or ES256 that says so");
        }
        ring.fetched(keys, cache_control, age, now);
        Ok(None)
    }
}

fn without(why: &str, wait_ms: u64) -> AuthError {
    let why = if why.is_empty() { "a try a moment ago failed" } else { why };
    AuthError::whole(Details {
        code: Code::KeysUnavailable,
        message: filled(
            "the keys of the token's issuer cannot be had: ~. Look at the option issuer, or try again later.",
            why,
            "",
        ),
        transient: true,
        retry_after_ms: Some(wait_ms.max(1000)),
        server: None,
    })
}
