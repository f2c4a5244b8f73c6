//! The service's own keys: made by whichever instance needs one first, kept in the store, followed by others in time.
//!
//! A key is published before it signs, for as long as backends may keep a key set, and after it has signed, for as long as what it
//! signed is good.

use super::answer::{Failure, Kind};
use super::run::{Action, Run, Step, store_failed};
use crate::jose::base64::encode_url;
use crate::time::Now;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const RECORD: &str = "service/keys";
/// How long an instance goes on with what it has read, in milliseconds.
const FRESH_MS: u64 = 60_000;
/// How long it goes on where the store fails.
const STALE_MS: u64 = 6 * 3_600_000;
/// How long backends may keep the key set: what its `cache-control` says, in seconds.
pub(super) const KEY_SET_AGE_S: u64 = 300;
/// How long a key is published before it signs, in seconds.
const LEAD_S: u64 = 3600;
/// How long it is published after its successor signs: what it signed lives for an hour at the most.
const TRAIL_S: u64 = 2 * 3600;
/// How far the clock of another instance may be behind, so that it finds the first key to sign with as well.
const BEHIND_S: u64 = 900;
const TRIES: u32 = 8;

/// What an instance knows of the keys.
#[derive(Debug, Default)]
pub(super) struct Signing {
    held: Option<(Arc<Ring>, u64)>,
}

/// The keys, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Ring {
    keys: Vec<Key>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Key {
    kid: String,
    /// From when on it signs.
    signs_from_s: u64,
    /// The private key, as WebCrypto writes it.
    jwk: Private,
}

#[derive(Debug, Serialize, Deserialize)]
struct Private {
    kty: String,
    crv: String,
    x: String,
    y: String,
    d: Hidden,
}

#[derive(Serialize, Deserialize)]
struct Hidden(String);

impl core::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("…")
    }
}

impl Private {
    fn is_whole(&self) -> bool {
        let part = |text: &str| {
            text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        self.kty == "EC" && self.crv == "P-256" && part(&self.x) && part(&self.y) && part(&self.d.0)
    }
}

impl Ring {
    fn signer(&self, now_s: u64) -> Option<&Key> {
        self.keys.iter().rev().find(|key| key.signs_from_s <= now_s)
    }

    /// As others need them to verify (RFC 7517, section 5).
    pub(super) fn published(&self) -> Value {
        let keys: Vec<Value> = self
            .keys
            .iter()
            .map(|Key { kid, jwk, .. }| {
                json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": jwk.x, "y": jwk.y })
            })
            .collect();
        json!({ "keys": keys })
    }

    /// The public key of that name, as a JWK.
    pub(super) fn public(&self, kid: &str) -> Option<String> {
        let key = self.keys.iter().find(|key| key.kid == kid)?;
        Some(json!({ "kty": "EC", "crv": "P-256", "x": key.jwk.x, "y": key.jwk.y }).to_string())
    }

    /// Whether there is none that signs, or the newest has signed for so long that it gets a successor.
    fn is_due(&self, rotate_after_s: u64, now_s: u64) -> bool {
        let newest = self.keys.last().map(|key| key.signs_from_s);
        newest.is_none_or(|from| from.saturating_add(rotate_after_s) <= now_s.saturating_add(LEAD_S))
    }

    /// With another one, and without those whose tokens are all over.
    fn with(mut self, kid: String, jwk: Private, now_s: u64) -> Ring {
        // The first one signs at once: nobody has a key set without it.
        let first = self.signer(now_s).is_none();
        let signs_from_s = if first { now_s.saturating_sub(BEHIND_S) } else { now_s.saturating_add(LEAD_S) };
        let signer = self.signer(now_s).map(|key| key.signs_from_s).unwrap_or_default();
        if signer.saturating_add(TRAIL_S) <= now_s {
            self.keys.retain(|key| key.signs_from_s >= signer);
        }
        self.keys.push(Key { kid, signs_from_s, jwk });
        self
    }
}

/// The keys, as new as they have to be.
pub(super) fn ring(run: &mut Run<'_>) -> Step<Arc<Ring>> {
    if let Some(ring) = run.ring(|service, now| service.signing.held(FRESH_MS, now))? {
        return Ok(ring);
    }
    let (now_s, rotate_after_s) = (run.now.wall_s(), run.service.settings.rotate_after_s);
    let mut why = String::from("others wrote to the keys each time");
    for tries in 0..TRIES {
        let record = match run.load(RECORD)? {
            Ok(record) => record,
            Err(failed) => {
                let stale = run.ring(|service, now| service.signing.held(STALE_MS, now))?;
                return stale.ok_or_else(|| store_failed(&failed));
            }
        };
        let (ring, version) = match record {
            None => (Ring::default(), None),
            Some((text, version)) => (serde_json::from_str::<Ring>(&text).map_err(|_| unreadable())?, Some(version)),
        };
        if !ring.is_due(rotate_after_s, now_s) {
            return keep(run, ring);
        }
        let made = run.made(Action::Generate)?;
        let jwk = made.ok().and_then(|text| serde_json::from_str::<Private>(&text).ok()).filter(Private::is_whole);
        let Some(jwk) = jwk else {
            return Err(Failure::new(Kind::Unavailable, "the host cannot make a key for ES256.".to_string())
                .because("keys")
                .into());
        };
        let ring = ring.with(run.seed.id(&format!("kid {tries}")), jwk, now_s);
        let text = serde_json::to_string(&ring).unwrap_or_default();
        match run.store(RECORD, text, version)? {
            Ok(true) => return keep(run, ring),
            Ok(false) => {}
            // It may be written or not, which the next look tells.
            Err(failed) => why = failed,
        }
        run.pause(tries)?;
    }
    Err(store_failed(&why))
}

/// Signs claims as a JWT of that type.
pub(super) fn signed(run: &mut Run<'_>, typ: &str, claims: &Value) -> Step<String> {
    let ring = ring(run)?;
    let now_s = run.now.wall_s();
    let Some(key) = ring.signer(now_s) else {
        return Err(Failure::new(Kind::Unavailable, "there is no key that signs yet.".to_string())
            .because("keys")
            .into());
    };
    let header = json!({ "alg": "ES256", "kid": key.kid, "typ": typ }).to_string();
    let input = format!("{}.{}", encode_url(header.as_bytes()), encode_url(claims.to_string().as_bytes()));
    let jwk = serde_json::to_string(&key.jwk).unwrap_or_default();
    match run.made(Action::Sign { jwk, input: input.clone() })? {
        Ok(signature) => Ok(format!("{input}.{signature}")),
        Err(why) => {
            let message = format!("the host could not sign ({}).", crate::error::shown(&why));
            Err(Failure::new(Kind::Unavailable, message).because("keys").into())
        }
    }
}

fn keep(run: &mut Run<'_>, ring: Ring) -> Step<Arc<Ring>> {
    let ring = Arc::new(ring);
    let kept = Arc::clone(&ring);
    run.ring(|service, now| {
        service.signing.held = Some((Arc::clone(&kept), now.mono_ms));
        Some(kept)
    })?;
    Ok(ring)
}

fn unreadable() -> super::run::Halt {
    let message =
        format!("the record {RECORD} of the store does not hold the service's keys. Remove it, and others are made.");
    Failure::new(Kind::Unavailable, message).because("keys").into()
}

impl Signing {
    fn held(&self, for_ms: u64, now: Now) -> Option<Arc<Ring>> {
        self.held.as_ref().filter(|(_, at)| now.mono_ms < at.saturating_add(for_ms)).map(|(ring, _)| Arc::clone(ring))
    }
}
