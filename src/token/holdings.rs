//! What is had across calls: tokens, credentials, and who is out for more. Here it is decided who goes, who follows, and
//! who is served at once.

use super::cache::{Cache, SOON_MS, State};
use super::exchange::{Exchange, Notes, Step};
use super::flights::Flights;
use super::operations::{Operation, Operations};
use super::order::{Order, Said};
use super::{Context, CredentialId, FlightId, Key, Lease, Mode};
use crate::config::Limits;
use crate::credential::Credential;
use crate::error::{AuthError, Code};
use crate::secret::Secret;
use crate::time::{Now, differ};
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
    random: u64,
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
    /// them. Where there are too many, one goes that no call waits for.
    pub(crate) fn register(&mut self, credential: Credential, renew: bool, calls: &Operations) -> CredentialId {
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
                    && let Some(idle) = self.credentials.iter().position(|known| !calls.need(known.id))
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

    /// Drops a credential, and so wipes what is secret in it. Whoever asks with its number later has to register it anew.
    pub(crate) fn forget(&mut self, id: CredentialId) {
        if let Some(at) = self.credentials.iter().position(|known| known.id == id) {
            self.credentials.remove(at);
        }
    }

    pub(crate) fn credential(&mut self, id: CredentialId) -> Option<&mut Credential> {
        find(&mut self.credentials, id).map(|known| &mut known.credential)
    }

    /// Keeps a token, as the one that was used last.
    pub(crate) fn keep(&mut self, key: Key, token: Secret, life_ms: u64, early_ms: u64, flight: FlightId, now: Now) {
        self.serial = self.serial.wrapping_add(1);
        let jitter = self.random() as u8;
        let before = self.cache.find(key.as_str()).map(|entry| &entry.lease);
        let lease = Lease::new(self.serial, life_ms, early_ms, before, &self.limits, jitter, now);
        self.cache.put(key, token, lease, flight, self.limits.cached_tokens);
    }

    /// A number of 31 bits (a congruential generator, its multiplier of Steele and Vigna's for 64 bits): what it spreads is instances,
    /// and the waits of one. It keeps no secret.
    pub(crate) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(0xf9b2_5d65).wrapping_add(1);
        self.random >> 33
    }

    /// One step of one call.
    pub(crate) fn turn(&mut self, operation: &mut Operation, said: &Said, now: Now) -> Result<Next, AuthError> {
        if operation.leads == FlightId::NONE
            && let Some(next) = self.decide(operation, now)?
        {
            return Ok(next);
        }
        // Whoever is out for nothing begins, perhaps anew.
        self.advance(operation, if operation.exchange.out == 0 { &Said::BEGUN } else { said }, now)
    }

    /// Sets what [`Holdings::new`] takes as its seed.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn set_seed(&mut self, seed: u64) {
        self.random = seed;
    }

    /// Uses what is there, follows who is out already, or goes: then there is nothing to do but to begin.
    fn decide(&mut self, operation: &mut Operation, now: Now) -> Result<Option<Next>, AuthError> {
        let Operation { ask, key, leads, follows, failed, timeout_ms, .. } = operation;
        key.become_token(self.credential(ask.credential).ok_or_else(lost)?.fingerprint(), &ask.target);
        let dead_after_ms = self.limits.flight_dead_after_ms.unwrap_or(u64::MAX);
        let running = self.flights.running(key, now.mono_ms, dead_after_ms);
        if let Some(entry) = self.cache.find(key.as_str()) {
            let usable = match (ask.mode, entry.lease.state(now)) {
                (Mode::Usual, State::Fresh | State::Stale) | (Mode::Early, State::Fresh) => true,
                // Someone is out for it already.
                (Mode::Early, _) => running != FlightId::NONE,
                _ => *follows != FlightId::NONE && entry.flight >= *follows && entry.lease.is_of_now(now),
            };
            if usable {
                return Ok(Some(Next::Done(ask.credential)));
            }
        }
        let mut wait_ms = 0;
        if let Some((id, until_ms, error)) = self.flights.failed(key) {
            // Not what it knows of already: who has waited goes, even where the clock has stood still.
            if id >= *follows {
                let was_everyones = *follows != FlightId::NONE;
                let is_barred = until_ms > now.mono_ms && running == FlightId::NONE && ask.retry.attempts > 1;
                if was_everyones {
                    *failed = failed.wrapping_add(1);
                }
                if was_everyones && (!error.transient || *failed >= ask.retry.attempts)
                    || is_barred && (ask.is_late(until_ms) || ask.mode == Mode::Early)
                {
                    return Err(error.clone());
                }
                if is_barred {
                    wait_ms = until_ms.wrapping_sub(now.mono_ms);
                }
                if is_barred || was_everyones {
                    *follows = self.flights.next();
                }
            }
        }
        if running != FlightId::NONE {
            *follows = running;
            wait_ms = self.limits.follow_every_ms;
        } else if wait_ms == 0 && *follows != FlightId::NONE && ask.is_late(now.mono_ms) {
            // Of many that give up together each would send a request that it has no time for.
            wait_ms = self.limits.follow_every_ms;
        }
        if wait_ms > 0 {
            return Ok(Some(Next::Act(Order::wait(running, wait_ms))));
        }
        *leads = self.flights.start(key.clone(), now.mono_ms, self.limits.failure_told_ms);
        let jitter = self.random() as u8;
        *timeout_ms = self.limits.exchange_timeout_ms;
        // From the begin on, so that an early refresh that hangs is no longer than the pause.
        if let Some(entry) = self.cache.find(key.as_str()) {
            let pause_ms = entry.lease.pause_ms(&self.limits, jitter);
            entry.pause(now, pause_ms);
            if ask.mode == Mode::Early {
                *timeout_ms = pause_ms.max(SOON_MS);
            }
        }
        Ok(None)
    }

    /// One step of the exchange, and what its end means for everyone.
    fn advance(&mut self, operation: &mut Operation, said: &Said, now: Now) -> Result<Next, AuthError> {
        let Operation { ask, key, exchange, notes, leads, follows, failed, corrected, timeout_ms, .. } = operation;
        let flight = *leads;
        let credential = &mut find(&mut self.credentials, ask.credential).ok_or_else(lost)?.credential;
        let (target, limits) = (&ask.target, &self.limits);
        let mut context = Context { credential, notes, target, limits, timeout_ms: *timeout_ms };
        match exchange.next(&mut context, said, now) {
            Ok(Step::Had { token, life_ms, early_ms }) => {
                self.flights.end(flight);
                self.keep(core::mem::take(key), token, life_ms, early_ms, flight, now);
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
                let again = (Exchange::default(), Notes::default());
                if error.code == Code::ClockSkew && said.answer.date_ms > 0 {
                    let apart_s = (said.answer.date_ms / 1000).wrapping_sub(now.wall_s());
                    // Once more, unless the time was right by the server's own clock.
                    context.credential.apart_s = 0;
                    if differ(apart_s, exchange.apart_s) && !*corrected {
                        context.credential.apart_s = apart_s;
                        context.credential.own_apart_s = now.apart_s();
                        *corrected = true;
                        (*exchange, *notes) = again;
                        return Ok(Next::Act(Order::wait(FlightId::NONE, 0)));
                    }
                }
                *failed = failed.wrapping_add(1);
                let mut wait_ms = None;
                if error.transient {
                    // No clock gets that far: nothing wraps below.
                    let asked_ms = error.retry_after_ms.unwrap_or_default().min(1 << 62);
                    let pause_ms = ask.retry.wait_ms(*failed, asked_ms, self.random());
                    wait_ms = (*failed < ask.retry.attempts).then_some(pause_ms);
                    if let Some(entry) = self.cache.find(key.as_str()) {
                        entry.pause(now, pause_ms);
                    }
                    // By a server's word nobody else is kept from asking for longer than without it.
                    let until_ms = now.mono_ms.wrapping_add(pause_ms.min(ask.retry.longest_ms));
                    self.flights.fail(flight, &error, until_ms);
                    *leads = FlightId::NONE;
                    follows.0 = flight.0.wrapping_add(1);
                }
                match wait_ms {
                    Some(wait_ms) if ask.mode != Mode::Early && !ask.is_late(now.mono_ms.wrapping_add(wait_ms)) => {
                        (*exchange, *notes) = again;
                        Ok(Next::Act(Order::wait(FlightId::NONE, wait_ms)))
                    }
                    _ => Err(error),
                }
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
