//! Everything about tokens that lives across calls: the cache, the flights, the calls that wait, the credentials.
//! One of these serves a whole module.

use super::cache::{Cache, State};
use super::flights::Flights;
use super::operations::{Operation, Operations, Phase};
use super::{Action, Context, Event, Exchange, FlightId, Key, Lease, OperationId};
use crate::config::Limits;
use crate::credential::{Credential, Hosts};
use crate::error::{AuthError, Code};
use crate::grant::Target;
use crate::secret::{Secret, SecretId};
use crate::text::concat;
use crate::time::Now;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// What one call asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who asks.
    pub source: Source,
    /// For what.
    pub target: Target,
    /// Which hosts the credential may name, and where Google's are.
    pub hosts: Hosts,
    /// Whether a token that is had will do.
    pub mode: Mode,
    /// When the caller gives up, by the monotonic clock.
    pub deadline_ms: u64,
}

/// Who asks for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A credential that was registered.
    Credential(CredentialId),
    /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names (AIP-4110).
    Environment {
        /// The variable's value; empty where it is not set.
        file: String,
    },
}

/// A credential that was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CredentialId(pub u32);

/// Whether a token that is had already will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A fresh or a stale one will do.
    Usual,
    /// Only a fresh one will do; but nothing is lost where no new one can be had.
    Early,
    /// None will do: the caller wants a new one.
    Forced,
}

/// What a call is to do next.
#[derive(Debug)]
pub enum Turn {
    /// An action for the driver, whose event is told to [`Tokens::step`].
    Act {
        /// The flight that this call leads, if it leads one: its followers are to be woken when it ends.
        leads: Option<FlightId>,
        /// What to do.
        action: Action,
    },
    /// The end: the key of the token in the cache, or why there is none.
    Done {
        /// The key, for [`Tokens::lease`] and [`Tokens::token`].
        result: Result<Key, AuthError>,
        /// The key whose token had to go for this one.
        evicted: Option<Key>,
    },
}

/// The tokens of one module.
#[derive(Debug)]
pub struct Tokens {
    limits: Limits,
    cache: Cache,
    flights: Flights,
    operations: Operations,
    /// In the order of use.
    #[allow(clippy::vec_box, reason = "one code for vectors of whatever is boxed")]
    credentials: Vec<Box<Known>>,
    /// What was read from files.
    #[allow(clippy::vec_box, reason = "as above")]
    files: Vec<Box<(Key, CredentialId)>>,
    serial: u32,
    random: u64,
    last: CredentialId,
}

#[derive(Debug)]
struct Known {
    id: CredentialId,
    credential: Credential,
}

impl Tokens {
    /// Nothing had yet. `seed` is random and spreads this instance's refreshes; it keeps no secret.
    pub const fn new(limits: Limits, seed: u64) -> Tokens {
        Tokens {
            limits,
            cache: Cache::new(),
            flights: Flights::new(),
            operations: Operations::new(),
            credentials: Vec::new(),
            files: Vec::new(),
            serial: 0,
            random: seed,
            last: CredentialId(0),
        }
    }

    /// Sets what a host knows only once it runs.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn set_flight_dead_after(&mut self, ms: Option<u64>) {
        self.limits.flight_dead_after_ms = ms;
    }

    /// Sets what [`Tokens::new`] takes as its seed.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn set_seed(&mut self, seed: u64) {
        self.random = seed;
    }

    /// Takes a credential in. One that is known already stays as it is, unless it is to be renewed because
    /// its key was lost.
    pub fn register(&mut self, credential: Credential, renew: bool) -> CredentialId {
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
                    && let Some(idle) = self.credentials.iter().position(|known| !self.operations.uses(known.id))
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

    /// A credential that is known.
    pub fn credential(&mut self, id: CredentialId) -> Option<&mut Credential> {
        find(&mut self.credentials, id).ok()
    }

    /// Begins a call. The number is for [`Tokens::step`]; a call that is done at once has none.
    pub fn begin(&mut self, ask: Ask, now: Now) -> (Option<OperationId>, Turn) {
        match self.admit(ask, now) {
            Ok(id) => match self.step(id, Event::Begun, now) {
                turn @ Turn::Act { .. } => (Some(id), turn),
                turn @ Turn::Done { .. } => (None, turn),
            },
            Err(error) => (None, Turn::Done { result: Err(error), evicted: None }),
        }
    }

    /// Takes what happened to a call's last action, and says what to do next.
    pub fn step(&mut self, id: OperationId, event: Event, now: Now) -> Turn {
        self.try_step(id, &event, now).unwrap_or_else(|error| Turn::Done { result: Err(error), evicted: None })
    }

    /// Finds a place for a call, whose first event is [`Event::Begun`].
    pub(crate) fn admit(&mut self, ask: Ask, now: Now) -> Result<OperationId, AuthError> {
        if self.operations.is_full(self.limits.operations) {
            self.operations.expire(now, &mut self.flights);
        }
        let operation =
            Box::new(Operation { ask, key: Key::default(), phase: Phase::New, exchange: Exchange::default() });
        let id = self.operations.insert(operation, self.limits.operations);
        id.ok_or_else(|| {
            AuthError::passing(Code::TooManyOperations, "too many calls wait for a token. Try again later.", "", "")
        })
    }

    /// As [`Tokens::step`], which holds an error in its turn.
    pub(crate) fn try_step(&mut self, id: OperationId, event: &Event, now: Now) -> Result<Turn, AuthError> {
        let Some(mut operation) = self.operations.take(id) else {
            return Err(AuthError::passing(Code::Timeout, "the call was given up before its token came.", "", ""));
        };
        let turn = self.turn(&mut operation, event, now);
        if let Ok(Turn::Act { .. }) = turn {
            self.operations.put_back(id, operation);
            return turn;
        }
        self.operations.release(id);
        // A failure is shared with those who follow.
        if let (Err(error), Some(flight)) = (&turn, operation.phase.leads()) {
            self.flights.fail(flight, error, now);
        }
        turn
    }

    /// Gives a call up. If it led a flight, one of its followers takes over.
    pub fn abandon(&mut self, id: OperationId) {
        if let Some(operation) = self.operations.take(id) {
            operation.phase.leads().into_iter().for_each(|flight| self.flights.end(flight));
            self.operations.release(id);
        }
    }

    /// The credential that a call is out with.
    pub fn leader(&mut self, id: OperationId) -> Option<(CredentialId, &mut Credential)> {
        match self.operations.get(id)?.phase {
            Phase::Leading(_, credential) => Some((credential, self.credential(credential)?)),
            _ => None,
        }
    }

    /// Takes the secret that a call's action names: a request's body.
    pub fn secret(&mut self, id: OperationId, secret: SecretId) -> Option<Secret> {
        self.leader(id)?.1.vault.take(secret)
    }

    /// How long the token of that key may still be used.
    pub fn lease(&mut self, key: &Key) -> Option<Lease> {
        self.cache.find(key).map(|entry| entry.lease)
    }

    /// The token of that key, whether it may still be used or not.
    pub fn token(&mut self, key: &Key) -> Option<&Secret> {
        self.cache.find(key)?.token()
    }

    /// Takes the token of that key out for a host that keeps it itself; what is known about it stays.
    pub fn take_token(&mut self, key: &Key) -> Option<Secret> {
        self.cache.find(key)?.take_token()
    }

    /// Drops the token of that key, unless it has been replaced since: a server would not have it.
    pub fn invalidate(&mut self, key: &Key, serial: u32) {
        if self.lease(key).is_some_and(|lease| lease.serial == serial) {
            self.cache.remove(key);
        }
    }

    /// Takes back what a host kept of a token over a restart of the module.
    pub fn restore(&mut self, key: Key, expires_at_ms: u64, now: Now) -> Lease {
        let lease = self.new_lease(expires_at_ms.saturating_sub(now.wall_ms), now);
        self.cache.put(key, None, lease, 0, self.limits.cached_tokens);
        lease
    }

    fn turn(&mut self, operation: &mut Operation, event: &Event, now: Now) -> Result<Turn, AuthError> {
        match operation.phase {
            Phase::New => self.decide(operation, None, now),
            Phase::Following(flight) => self.decide(operation, Some(flight), now),
            Phase::Leading(flight, credential) => self.advance(operation, flight, credential, event, now),
            Phase::Reading(flight) => {
                self.file_read(operation, event)?;
                self.flights.end(flight);
                self.decide(operation, None, now)
            }
        }
    }

    /// Uses what is there, follows who is out already, or goes.
    fn decide(&mut self, operation: &mut Operation, followed: Option<FlightId>, now: Now) -> Result<Turn, AuthError> {
        let Operation { ask, key, phase, .. } = operation;
        let dead_after_ms = self.limits.flight_dead_after_ms;
        let known = match &ask.source {
            Source::Credential(id) => Some(*id),
            Source::Environment { file } if file.is_empty() => return Err(nothing_found()),
            Source::Environment { file } => {
                *key = Key::file(file, &ask.hosts);
                // A credential that had to go for others' is read again.
                let credentials = &self.credentials;
                self.files.retain(|known| credentials.iter().any(|credential| credential.id == known.1));
                self.files.iter().find(|known| known.0 == *key).map(|known| known.1)
            }
        };
        if let Some(id) = known {
            *key = Key::new(find(&mut self.credentials, id)?.fingerprint(), &ask.target, &ask.hosts);
            if let Some(entry) = self.cache.find(key) {
                let usable = match (ask.mode, entry.lease.state(now)) {
                    (Mode::Usual, State::Fresh | State::Stale) | (Mode::Early, State::Fresh) => true,
                    // Someone is out for it already.
                    (Mode::Early, _) => self.flights.running(key, now, dead_after_ms).is_some(),
                    _ => followed.is_some_and(|flight| entry.flight >= flight.0),
                };
                if usable {
                    return Ok(Turn::Done { result: Ok(core::mem::take(key)), evicted: None });
                }
            }
        }
        if let Some(error) = followed.and_then(|flight| self.flights.failure(flight)) {
            return Err(error.clone());
        }
        if let Some(flight) = self.flights.running(key, now, dead_after_ms) {
            *phase = Phase::Following(flight);
            return Ok(Turn::Act {
                leads: None,
                action: Action::Join { flight, poll_ms: self.limits.follow_every_ms },
            });
        }
        let flight = self.flights.start(key.clone(), now, self.limits.failure_told_ms);
        match (known, &ask.source) {
            (None, Source::Environment { file }) => {
                *phase = Phase::Reading(flight);
                Ok(Turn::Act { leads: Some(flight), action: Action::Read { path: file.clone() } })
            }
            _ => self.advance(operation, flight, known.ok_or_else(lost)?, &Event::Begun, now),
        }
    }

    /// One step of the exchange, and what its end means for everyone.
    fn advance(
        &mut self,
        operation: &mut Operation,
        flight: FlightId,
        id: CredentialId,
        event: &Event,
        now: Now,
    ) -> Result<Turn, AuthError> {
        operation.phase = Phase::Leading(flight, id);
        let Operation { ask, key, exchange, .. } = operation;
        let credential = find(&mut self.credentials, id)?;
        let context = Context { credential, target: &ask.target, hosts: &ask.hosts, limits: &self.limits };
        match exchange.next(context, event, now) {
            Ok(Action::Done(Ok(outcome))) => {
                let token = credential.vault.take(outcome.token);
                let lease = self.new_lease(outcome.life_ms, now);
                let evicted = self.cache.put(key.clone(), token, lease, flight.0, self.limits.cached_tokens);
                self.flights.end(flight);
                Ok(Turn::Done { result: Ok(core::mem::take(key)), evicted })
            }
            Ok(action) => Ok(Turn::Act { leads: Some(flight), action }),
            Err(error) => {
                // A fresh token has its early refresh still before it.
                if let Some(entry) = self.cache.find(key).filter(|entry| entry.lease.state(now) != State::Fresh) {
                    entry.pause(now, self.limits.refresh_pause_ms);
                }
                if !error.transient {
                    // The file may hold another key by now.
                    while let Some(at) = self.files.iter().position(|known| known.1 == id) {
                        self.files.swap_remove(at);
                    }
                }
                Err(error)
            }
        }
    }

    fn file_read(&mut self, operation: &mut Operation, event: &Event) -> Result<(), AuthError> {
        let Operation { ask, key, .. } = operation;
        let Source::Environment { file } = &ask.source else { return Err(lost()) };
        let id = match event {
            Event::Returned(content) => {
                let credential = Credential::from_bytes(content.expose(), &ask.hosts).map_err(|error| {
                    let about = concat(&[file, "): ", &error.message]);
                    AuthError::about(error.code, "GOOGLE_APPLICATION_CREDENTIALS ($", "", &about)
                })?;
                self.register(credential, true)
            }
            Event::Failed(why) => {
                return Err(AuthError::about(
                    Code::CredentialUnreadable,
                    "GOOGLE_APPLICATION_CREDENTIALS ($) could not be read: ~.",
                    why,
                    file,
                ));
            }
            _ => return Err(lost()),
        };
        self.files.push(Box::new((core::mem::take(key), id)));
        Ok(())
    }

    fn new_lease(&mut self, life_ms: u64, now: Now) -> Lease {
        self.serial = self.serial.wrapping_add(1);
        // Knuth's multiplier for a 64-bit linear congruence; its high bits are spread well enough for this.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Lease::new(self.serial, life_ms, &self.limits, (self.random >> 56) as u8, now)
    }
}

fn find(credentials: &mut [Box<Known>], id: CredentialId) -> Result<&mut Credential, AuthError> {
    credentials.iter_mut().find(|known| known.id == id).map(|known| &mut known.credential).ok_or_else(lost)
}

fn nothing_found() -> AuthError {
    AuthError::plain(
        Code::CredentialNotFound,
        "there is no credential: none was given, and GOOGLE_APPLICATION_CREDENTIALS names no file here. Give a service-account key.",
    )
}

fn lost() -> AuthError {
    AuthError::passing(Code::CoreFailed, "the credential is not known any more. Try again.", "", "")
}
