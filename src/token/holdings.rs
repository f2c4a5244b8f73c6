//! What is had across calls: tokens, credentials, and who is out for more. Here it is decided who goes, who follows, and
//! who is served at once.

use super::cache::{Cache, State};
use super::exchange::Step;
use super::flights::Flights;
use super::operations::Operation;
use super::order::{Order, Said};
use super::{Context, CredentialId, FlightId, Key, Lease, Mode};
use crate::config::Limits;
use crate::credential::Credential;
use crate::error::{AuthError, Code};
use crate::secret::Secret;
use crate::text::decimal;
use crate::time::Now;
use alloc::boxed::Box;
use alloc::vec::Vec;

#[derive(Debug)]
pub(crate) struct Holdings {
    pub(crate) limits: Limits,
    pub(crate) cache: Cache,
    pub(crate) flights: Flights,
    /// In the order of use.
    #[allow(clippy::vec_box, reason = "one code for vectors of whatever is boxed")]
    credentials: Vec<Box<Known>>,
    serial: u32,
    pub(crate) random: u64,
    last: CredentialId,
}

#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) id: CredentialId,
    credential: Credential,
}

/// What a call is to do next, unless it is an error.
pub(crate) enum Next {
    Act(Order),
    /// It has the token that was used last, of that credential.
    #[cfg_attr(
        not(all(feature = "js", target_arch = "wasm32", target_os = "unknown")),
        allow(dead_code, reason = "a host in Rust knows it already")
    )]
    Done(CredentialId),
}

impl Holdings {
    pub(crate) const fn new(limits: Limits, seed: u64) -> Holdings {
        Holdings {
            limits,
            cache: Cache::new(),
            flights: Flights::new(),
            credentials: Vec::new(),
            serial: 0,
            random: seed,
            last: CredentialId(0),
        }
    }

    /// Takes a credential in, as the one that was used last. `renew` takes its secrets over where the same is known and lost
    /// them.
    pub(crate) fn register(&mut self, credential: Credential, renew: bool) -> CredentialId {
        let same = self.credentials.iter().position(|known| known.credential.fingerprint() == credential.fingerprint());
        let known = match same {
            Some(at) => {
                let mut known = self.credentials.remove(at);
                if renew {
                    known.credential.renew(credential);
                }
                known
            }
            None => {
                if self.credentials.len() >= self.limits.credentials.max(1)
                    && let Some(idle) = self.credentials.iter().position(|known| !self.flights.need(known.id))
                {
                    self.credentials.remove(idle);
                }
                self.last.0 = self.last.0.wrapping_add(1);
                Box::new(Known { id: self.last, credential })
            }
        };
        let id = known.id;
        self.credentials.push(known);
        id
    }

    /// Drops a credential, and so wipes what is secret in it, unless a flight needs it. Whoever asks with its number later has
    /// to register it anew.
    pub(crate) fn forget(&mut self, id: CredentialId) {
        if !self.flights.need(id)
            && let Some(at) = self.credentials.iter().position(|known| known.id == id)
        {
            self.credentials.remove(at);
        }
    }

    pub(crate) fn credential(&mut self, id: CredentialId) -> Option<&mut Credential> {
        find(&mut self.credentials, id).map(|known| &mut known.credential)
    }

    /// Keeps a token, as the one that was used last.
    pub(crate) fn keep(&mut self, key: Key, token: Secret, life_ms: u64, flight: FlightId, now: Now) {
        self.serial = self.serial.wrapping_add(1);
        // Eight random bytes, one after the other: what they spread is instances, and the tokens of one.
        self.random = self.random.rotate_left(8);
        let lease = Lease::new(self.serial, life_ms, &self.limits, self.random as u8, now);
        self.cache.put(key, token, lease, flight, self.limits.cached_tokens);
    }

    /// One step of one call.
    pub(crate) fn turn(&mut self, operation: &mut Operation, said: &Said, now: Now) -> Result<Next, AuthError> {
        let mut said = said;
        if operation.leads == FlightId::NONE {
            if let Some(next) = self.decide(operation, now)? {
                return Ok(next);
            }
            said = &Said::BEGUN;
        }
        self.advance(operation, said, now)
    }

    /// Uses what is there, follows who is out already, or goes: then there is nothing to do but to begin.
    fn decide(&mut self, operation: &mut Operation, now: Now) -> Result<Option<Next>, AuthError> {
        let Operation { ask, key, leads, follows, .. } = operation;
        key.become_token(self.credential(ask.credential).ok_or_else(lost)?.fingerprint(), &ask.target);
        let dead_after_ms = self.limits.flight_dead_after_ms.unwrap_or(u64::MAX);
        let running = self.flights.running(key, now.mono_ms, dead_after_ms);
        if let Some(entry) = self.cache.find(key.as_str()) {
            let usable = match (ask.mode, entry.lease.state(now)) {
                (Mode::Usual, State::Fresh | State::Stale) | (Mode::Early, State::Fresh) => true,
                // Someone is out for it already.
                (Mode::Early, _) => running != FlightId::NONE,
                _ => *follows != FlightId::NONE && entry.flight >= *follows,
            };
            if usable {
                return Ok(Some(Next::Done(ask.credential)));
            }
        }
        if let Some(error) = self.flights.failure(*follows) {
            return Err(error.clone());
        }
        if running != FlightId::NONE {
            *follows = running;
            let text = decimal(running.0.into()).into();
            return Ok(Some(Next::Act(Order { task: b'6', text })));
        }
        *leads = self.flights.start(key.clone(), ask.credential, now.mono_ms, self.limits.failure_told_ms);
        Ok(None)
    }

    /// One step of the exchange, and what its end means for everyone.
    fn advance(&mut self, operation: &mut Operation, said: &Said, now: Now) -> Result<Next, AuthError> {
        let Operation { ask, key, exchange, notes, leads, .. } = operation;
        let flight = *leads;
        let credential = &mut find(&mut self.credentials, ask.credential).ok_or_else(lost)?.credential;
        let mut context = Context { credential, notes, target: &ask.target, limits: &self.limits };
        match exchange.next(&mut context, said, now) {
            Ok(Step::Had { token, life_ms }) => {
                self.flights.end(flight);
                self.keep(core::mem::take(key), token, life_ms, flight, now);
                Ok(Next::Done(ask.credential))
            }
            Ok(Step::Act(order)) => {
                self.flights.heard(flight, now.mono_ms);
                Ok(Next::Act(order))
            }
            Err(error) => {
                if !error.transient && error.code != Code::UnsupportedCredential {
                    // The file may hold another key by now.
                    context.credential.search_anew();
                }
                // A fresh token has its early refresh still before it.
                if let Some(entry) =
                    self.cache.find(key.as_str()).filter(|entry| entry.lease.state(now) != State::Fresh)
                {
                    entry.pause(now, self.limits.refresh_pause_ms);
                }
                Err(error)
            }
        }
    }
}

fn find(credentials: &mut [Box<Known>], id: CredentialId) -> Option<&mut Known> {
    credentials.iter_mut().find(|known| known.id == id).map(Box::as_mut)
}

fn lost() -> AuthError {
    AuthError::passing(Code::CoreFailed, "the credential is not known any more. Try again later.", "", "")
}
