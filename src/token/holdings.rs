//! What is had across calls: tokens, credentials, and who is out for more. Here it is decided who goes, who follows, and
//! who is served at once.

use super::cache::{Cache, State};
use super::exchange::Step;
use super::flights::Flights;
use super::operations::{Operation, Phase};
use super::order::{Happening, Order, Said, Task};
use super::{Context, CredentialId, FlightId, Key, Lease, Mode};
use crate::config::Limits;
use crate::credential::Credential;
use crate::error::{AuthError, Code};
use crate::grant::Granted;
use crate::secret::Secret;
use crate::text::{concat, decimal};
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
    /// The file that it was read from last.
    file: Key,
}

/// What a call is to do next, unless it is an error.
pub(crate) enum Next {
    Act(Order),
    /// It has the token that was used last.
    Done,
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
                Box::new(Known { id: self.last, credential, file: Key::default() })
            }
        };
        let id = known.id;
        self.credentials.push(known);
        id
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
        if !matches!(operation.phase, Phase::Leading(..)) {
            if let Some(next) = self.decide(operation, said, now)? {
                return Ok(next);
            }
            said = &Said::BEGUN;
        }
        self.advance(operation, said, now)
    }

    /// Uses what is there, follows who is out already, or goes: then there is nothing to do but to begin.
    fn decide(&mut self, operation: &mut Operation, said: &Said, now: Now) -> Result<Option<Next>, AuthError> {
        let mut followed = FlightId::NONE;
        if let Phase::Following(flight) = operation.phase {
            followed = flight;
        }
        if let Phase::Reading(flight) = operation.phase {
            self.file_read(operation, said)?;
            self.flights.end(flight);
        }
        let Operation { ask, key, phase, .. } = operation;
        let mut known = ask.credential;
        if known == UNKNOWN {
            if ask.file.is_empty() {
                return Err(nothing_found());
            }
            key.become_file(&ask.file, &ask.hosts);
            known = self.credentials.iter().find(|known| known.file == *key).map_or(UNKNOWN, |known| known.id);
        }
        if known != UNKNOWN {
            key.become_token(self.credential(known).ok_or_else(lost)?.fingerprint(), &ask.target);
        }
        let dead_after_ms = self.limits.flight_dead_after_ms.unwrap_or(u64::MAX);
        let running = self.flights.running(key, now.mono_ms, dead_after_ms);
        // That of a file has no token.
        if let Some(entry) = self.cache.find(key.as_str()) {
            let usable = match (ask.mode, entry.lease.state(now)) {
                (Mode::Usual, State::Fresh | State::Stale) | (Mode::Early, State::Fresh) => true,
                // Someone is out for it already.
                (Mode::Early, _) => running != FlightId::NONE,
                _ => followed != FlightId::NONE && entry.flight >= followed,
            };
            if usable {
                return Ok(Some(Next::Done));
            }
        }
        if let Some(error) = self.flights.failure(followed) {
            return Err(error.clone());
        }
        if running != FlightId::NONE {
            *phase = Phase::Following(running);
            return Ok(Some(Next::Act(Order::new(Task::Join, decimal(running.0.into())))));
        }
        let flight = self.flights.start(key.clone(), known, now.mono_ms, self.limits.failure_told_ms);
        if known != UNKNOWN {
            *phase = Phase::Leading(flight, known);
            return Ok(None);
        }
        *phase = Phase::Reading(flight);
        Ok(Some(Next::Act(Order::new(Task::Read, ask.file.as_str().into()))))
    }

    /// One step of the exchange, and what its end means for everyone.
    fn advance(&mut self, operation: &mut Operation, said: &Said, now: Now) -> Result<Next, AuthError> {
        let Phase::Leading(flight, id) = operation.phase else { return Err(lost()) };
        let Operation { ask, key, exchange, .. } = operation;
        let known = find(&mut self.credentials, id).ok_or_else(lost)?;
        let credential = &mut known.credential;
        let context = Context { credential, target: &ask.target, limits: &self.limits };
        match exchange.next(&context, said, now) {
            Ok(Step::Had(Granted { token, life_ms })) => {
                self.flights.end(flight);
                self.keep(core::mem::take(key), token, life_ms, flight, now);
                Ok(Next::Done)
            }
            Ok(Step::Act(order)) => Ok(Next::Act(order)),
            Err(error) => {
                if !error.transient {
                    // The file may hold another key by now.
                    known.file = Key::default();
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

    fn file_read(&mut self, operation: &mut Operation, said: &Said) -> Result<(), AuthError> {
        let Operation { ask, key, .. } = operation;
        let content = &said.answer.body;
        match said.kind {
            Happening::Returned => {
                let credential = Credential::from_json_with(content, &ask.hosts).map_err(|error| {
                    let about = concat(&[&ask.file, "): ", &error.message]);
                    AuthError::about(error.code, "GOOGLE_APPLICATION_CREDENTIALS ($", "", &about)
                })?;
                self.register(credential, true);
                if let Some(known) = self.credentials.last_mut() {
                    known.file = core::mem::take(key);
                }
                Ok(())
            }
            Happening::Failed => Err(AuthError::about(
                Code::CredentialUnreadable,
                "GOOGLE_APPLICATION_CREDENTIALS ($) could not be read: ~.",
                content,
                &ask.file,
            )),
            _ => Err(lost()),
        }
    }
}

const UNKNOWN: CredentialId = CredentialId::UNKNOWN;

fn find(credentials: &mut [Box<Known>], id: CredentialId) -> Option<&mut Known> {
    credentials.iter_mut().find(|known| known.id == id).map(Box::as_mut)
}

fn nothing_found() -> AuthError {
    AuthError::plain(
        Code::CredentialNotFound,
        "no credential was given, and GOOGLE_APPLICATION_CREDENTIALS names no file. Give a service-account key.",
    )
}

fn lost() -> AuthError {
    AuthError::passing(Code::CoreFailed, "the credential is not known any more. Try again later.", "", "")
}
