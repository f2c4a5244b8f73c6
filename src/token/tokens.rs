//! Everything about tokens that lives across calls: the cache, the flights, the calls that wait, the credentials.
//! One of these serves a whole module.

use super::cache::{Cache, State};
use super::flights::Flights;
use super::operations::{Operation, Operations, Phase};
use super::{Action, Context, Event, Exchange, FlightId, Key, Lease, OperationId};
use crate::config::Limits;
use crate::credential::{Credential, Hosts};
use crate::error::{AuthError, Code, shown};
use crate::grant::Target;
use crate::secret::{Secret, SecretId};
use crate::text::concat;
use crate::time::Now;
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
    credentials: Vec<Known>,
    files: Vec<(Key, CredentialId)>,
    serial: u32,
    random: u64,
    uses: u32,
}

#[derive(Debug)]
struct Known {
    id: CredentialId,
    credential: Credential,
    used: u32,
}

impl Tokens {
    /// Nothing had yet. `seed` is random and spreads this instance's refreshes; it keeps no secret.
    pub fn new(limits: Limits, seed: u64) -> Tokens {
        Tokens { limits, cache: Cache::default(), flights: Flights::default(), operations: Operations::default(), credentials: Vec::new(), files: Vec::new(), serial: 0, random: seed, uses: 0 }
    }

    /// Takes a credential in. One that is known already stays as it is, unless it is to be renewed because
    /// its key was lost.
    pub fn register(&mut self, credential: Credential, renew: bool) -> CredentialId {
        self.uses = self.uses.wrapping_add(1);
        let used = self.uses;
        let same = self.credentials.iter_mut().find(|known| known.credential.fingerprint() == credential.fingerprint());
        if let Some(known) = same {
            known.used = used;
            if renew && !self.operations.uses(known.id) {
                known.credential = credential;
            }
            return known.id;
        }
        if self.credentials.len() >= self.limits.credentials.max(1) {
            let idle = self.credentials.iter().filter(|known| !self.operations.uses(known.id));
            let oldest = idle.map(|known| known.used).min();
            self.credentials.retain(|known| Some(known.used) != oldest);
        }
        self.credentials.push(Known { id: CredentialId(used), credential, used });
        CredentialId(used)
    }

    /// A credential that is known.
    pub fn credential(&mut self, id: CredentialId) -> Option<&mut Credential> {
        find(&mut self.credentials, id)
    }

    /// Begins a call. The number is for [`Tokens::step`]; a call that is done at once has none.
    pub fn begin(&mut self, ask: Ask, now: Now) -> (Option<OperationId>, Turn) {
        if self.operations.is_full(self.limits.operations) {
            self.operations.expire(now).into_iter().for_each(|flight| self.flights.end(flight));
        }
        let Some(id) = self.operations.insert(Operation { ask, phase: Phase::New, exchange: Exchange::default() }, self.limits.operations) else {
            return (None, fail(AuthError::transient(Code::TooManyOperations, &["too many calls wait for a token. Try again later."])));
        };
        let turn = self.step(id, Event::Begun, now);
        (matches!(turn, Turn::Act { .. }).then_some(id), turn)
    }

    /// Takes what happened to a call's last action, and says what to do next.
    pub fn step(&mut self, id: OperationId, event: Event, now: Now) -> Turn {
        let Some(mut operation) = self.operations.take(id) else {
            return fail(AuthError::transient(Code::Timeout, &["the call was given up before its token came."]));
        };
        let turn = self.turn(&mut operation, event, now);
        match turn {
            Turn::Act { .. } => self.operations.put_back(id, operation),
            Turn::Done { .. } => self.operations.release(id),
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
            Phase::Leading(_, credential) => Some((credential, find(&mut self.credentials, credential)?)),
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

    fn turn(&mut self, operation: &mut Operation, event: Event, now: Now) -> Turn {
        match operation.phase {
            Phase::New => self.decide(operation, None, now),
            Phase::Following(flight) => self.decide(operation, Some(flight), now),
            Phase::Leading(flight, credential) => self.advance(operation, flight, credential, event, now),
            Phase::Reading(flight) => match self.file_read(&operation.ask, event) {
                Ok(()) => {
                    self.flights.end(flight);
                    self.decide(operation, None, now)
                }
                Err(error) => self.failed(flight, error, now),
            },
        }
    }

    /// Uses what is there, follows who is out already, or goes.
    fn decide(&mut self, operation: &mut Operation, followed: Option<FlightId>, now: Now) -> Turn {
        let ask = &operation.ask;
        let credential = match &ask.source {
            Source::Credential(id) => *id,
            Source::Environment { file } => {
                let key = Key::file(file, &ask.hosts);
                match self.files.iter().find(|(known, _)| *known == key) {
                    Some((_, id)) => *id,
                    None if file.is_empty() => return fail(nothing_found()),
                    None => {
                        let path = file.clone();
                        return self.follow(operation, &key, followed, now).unwrap_or_else(|| {
                            let flight = self.flights.start(key, now);
                            operation.phase = Phase::Reading(flight);
                            Turn::Act { leads: Some(flight), action: Action::Read { path } }
                        });
                    }
                }
            }
        };
        let Some(known) = find(&mut self.credentials, credential) else { return fail(lost()) };
        let key = Key::new(known.fingerprint(), &ask.target, &ask.hosts);
        if let Some(entry) = self.cache.find(&key) {
            let usable = match (ask.mode, entry.lease.state(now)) {
                (Mode::Usual, State::Fresh | State::Stale) | (Mode::Early, State::Fresh) => true,
                // Someone is out for it already.
                (Mode::Early, _) => self.flights.running(&key, now, self.limits.flight_dead_after_ms).is_some(),
                _ => followed.is_some_and(|flight| entry.flight >= flight.0),
            };
            if usable {
                return Turn::Done { result: Ok(key), evicted: None };
            }
        }
        self.follow(operation, &key, followed, now).unwrap_or_else(|| {
            let flight = self.flights.start(key, now);
            self.advance(operation, flight, credential, Event::Begun, now)
        })
    }

    /// Follows the flight of that key, if there is one, or shares in its failure.
    fn follow(&mut self, operation: &mut Operation, key: &Key, followed: Option<FlightId>, now: Now) -> Option<Turn> {
        if let Some(error) = followed.and_then(|flight| self.flights.failure(flight)) {
            return Some(fail(error.clone()));
        }
        let flight = self.flights.running(key, now, self.limits.flight_dead_after_ms)?;
        operation.phase = Phase::Following(flight);
        Some(Turn::Act { leads: None, action: Action::Join { flight, poll_ms: self.limits.follow_every_ms } })
    }

    /// One step of the exchange, and what its end means for everyone.
    fn advance(&mut self, operation: &mut Operation, flight: FlightId, credential: CredentialId, event: Event, now: Now) -> Turn {
        let Operation { ask, exchange, phase } = operation;
        let Some(known) = find(&mut self.credentials, credential) else { return self.failed(flight, lost(), now) };
        let key = Key::new(known.fingerprint(), &ask.target, &ask.hosts);
        let context = Context { credential: &mut *known, target: &ask.target, hosts: &ask.hosts, limits: &self.limits };
        match exchange.step(context, event, now) {
            Action::Done(Ok(outcome)) => {
                let token = known.vault.take(outcome.token);
                let lease = self.new_lease(outcome.life_ms, now);
                let evicted = self.cache.put(key.clone(), token, lease, flight.0, self.limits.cached_tokens);
                self.flights.end(flight);
                Turn::Done { result: Ok(key), evicted }
            }
            Action::Done(Err(error)) => {
                if let Some(entry) = self.cache.find(&key) {
                    entry.pause(now, self.limits.refresh_pause_ms);
                }
                if !error.transient {
                    // The file may hold another key by now.
                    self.files.retain(|(_, known)| *known != credential);
                }
                self.failed(flight, error, now)
            }
            action => {
                *phase = Phase::Leading(flight, credential);
                Turn::Act { leads: Some(flight), action }
            }
        }
    }

    fn file_read(&mut self, ask: &Ask, event: Event) -> Result<(), AuthError> {
        let Source::Environment { file } = &ask.source else { return Err(lost()) };
        let about = concat(&["the file that GOOGLE_APPLICATION_CREDENTIALS names (", file, ")"]);
        match event {
            Event::Returned(content) => {
                let credential = Credential::from_json_with(content.expose_text(), &ask.hosts).map_err(|error| error.about(&about))?;
                let id = self.register(credential, true);
                self.files.push((Key::file(file, &ask.hosts), id));
                Ok(())
            }
            Event::Failed(why) => Err(AuthError::new(Code::CredentialUnreadable, &[&about, " could not be read: ", &shown(&why), "."])),
            _ => Err(lost()),
        }
    }

    fn failed(&mut self, flight: FlightId, error: AuthError, now: Now) -> Turn {
        self.flights.fail(flight, &error, now, self.limits.failure_told_ms);
        fail(error)
    }

    fn new_lease(&mut self, life_ms: u64, now: Now) -> Lease {
        self.serial = self.serial.wrapping_add(1);
        // Knuth's multiplier for a 64-bit linear congruence; its high bits are spread well enough for this.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Lease::new(self.serial, life_ms, &self.limits, (self.random >> 56) as u8, now)
    }
}

fn find(credentials: &mut [Known], id: CredentialId) -> Option<&mut Credential> {
    credentials.iter_mut().find(|known| known.id == id).map(|known| &mut known.credential)
}

fn fail(error: AuthError) -> Turn {
    Turn::Done { result: Err(error), evicted: None }
}

fn nothing_found() -> AuthError {
    AuthError::new(Code::CredentialNotFound, &["there is no credential: the session was given none, and GOOGLE_APPLICATION_CREDENTIALS names no file that can be read here. Give a service-account key as credential."])
}

fn lost() -> AuthError {
    AuthError::transient(Code::CoreFailed, &["the credential is not known any more. Try again."])
}
