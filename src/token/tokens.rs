//! Everything about tokens that lives across calls: the cache, the flights, the calls that wait, the credentials.
//! One of these serves a whole module.

use super::cache::{Cache, State};
use super::flights::Flights;
use super::operations::{Operation, Operations, Phase};
use super::{Action, Event, Exchange, FlightId, Key, Lease, OperationId, Outcome};
use crate::config::Limits;
use crate::credential::{Credential, Endpoints, Fingerprint, Trust};
use crate::error::{AuthError, Code, concat, shown};
use crate::grant::Target;
use crate::secret::{Secret, SecretId};
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
    /// Which hosts the credential may name.
    pub trust: Trust,
    /// Where Google's endpoints are.
    pub endpoints: Endpoints,
    /// Whether a token that is had will do.
    pub mode: Mode,
    /// When the caller gives up, by the monotonic clock.
    pub deadline_ms: u64,
}

/// Who asks for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A credential that was registered.
    Credential(Fingerprint),
    /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names (AIP-4110), if it names one.
    Environment {
        /// The variable's value.
        file: Option<String>,
    },
}

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
    files: Vec<(Key, Fingerprint)>,
    serial: u32,
    random: u64,
    uses: u64,
}

#[derive(Debug)]
struct Known {
    credential: Credential,
    used: u64,
}

impl Tokens {
    /// Nothing had yet. `seed` is random and spreads this instance's refreshes; it keeps no secret.
    pub fn new(limits: Limits, seed: u64) -> Tokens {
        Tokens { limits, cache: Cache::default(), flights: Flights::default(), operations: Operations::default(), credentials: Vec::new(), files: Vec::new(), serial: 0, random: seed, uses: 0 }
    }

    /// Takes a credential in. One that is known already stays as it is, unless it is to be renewed because
    /// its key was lost.
    pub fn register(&mut self, credential: Credential, renew: bool) -> Fingerprint {
        let fingerprint = credential.fingerprint().clone();
        self.uses = self.uses.saturating_add(1);
        let used = self.uses;
        if let Some(known) = self.credentials.iter_mut().find(|known| *known.credential.fingerprint() == fingerprint) {
            known.used = used;
            if renew && !self.operations.uses(&fingerprint) {
                known.credential = credential;
            }
            return fingerprint;
        }
        if self.credentials.len() >= self.limits.credentials.max(1) {
            let idle = |known: &&Known| !self.operations.uses(known.credential.fingerprint());
            let oldest = self.credentials.iter().filter(idle).map(|known| known.used).min();
            self.credentials.retain(|known| Some(known.used) != oldest);
        }
        self.credentials.push(Known { credential, used });
        fingerprint
    }

    /// A credential that is known.
    pub fn credential(&mut self, fingerprint: &Fingerprint) -> Option<&mut Credential> {
        self.credentials.iter_mut().map(|known| &mut known.credential).find(|credential| credential.fingerprint() == fingerprint)
    }

    /// Begins a call. The number is for [`Tokens::step`]; a call that is done at once has none.
    pub fn begin(&mut self, ask: Ask, now: Now) -> (Option<OperationId>, Turn) {
        if self.operations.is_full(self.limits.operations) {
            self.operations.expire(now).into_iter().for_each(|flight| self.flights.end(flight));
        }
        let Some(id) = self.operations.insert(Operation { ask, phase: Phase::New }, self.limits.operations) else {
            let message = "more calls wait for a token than this module keeps track of. Try again later.";
            return (None, done(Err(AuthError::transient(Code::TooManyOperations, message))));
        };
        let turn = self.step(id, Event::Begun, now);
        (matches!(turn, Turn::Act { .. }).then_some(id), turn)
    }

    /// Takes what happened to a call's last action, and says what to do next.
    pub fn step(&mut self, id: OperationId, event: Event, now: Now) -> Turn {
        let Some(mut operation) = self.operations.take(id) else {
            return done(Err(AuthError::transient(Code::Timeout, "the call was given up before its token came.")));
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

    /// The secret that a call's action names: a request's body.
    pub fn secret(&mut self, id: OperationId, secret: SecretId) -> Option<Secret> {
        let operation = self.operations.take(id)?;
        let credential = match &operation.phase {
            Phase::Leading { credential, .. } => Some(credential.clone()),
            _ => None,
        };
        self.operations.put_back(id, operation);
        self.credential(&credential?)?.vault.take(secret)
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
        match core::mem::replace(&mut operation.phase, Phase::New) {
            Phase::New => self.decide(operation, None, now),
            Phase::Following(flight) => self.decide(operation, Some(flight), now),
            Phase::Reading(flight) => self.file_read(operation, flight, event, now),
            Phase::Leading { flight, credential, mut exchange } => {
                let limits = self.limits.clone();
                let action = match self.credential(&credential) {
                    Some(known) => exchange.step(known, &limits, event, now),
                    None => Action::Done(Err(lost())),
                };
                self.led(operation, flight, credential, exchange, action, now)
            }
        }
    }

    /// Uses what is there, follows who is out already, or goes.
    fn decide(&mut self, operation: &mut Operation, followed: Option<FlightId>, now: Now) -> Turn {
        let credential = match &operation.ask.source {
            Source::Credential(fingerprint) => fingerprint.clone(),
            Source::Environment { file } => {
                let Some(path) = file.clone().filter(|path| !path.is_empty()) else { return done(Err(nothing_found())) };
                let key = Key::file(&path, &operation.ask.trust);
                match self.files.iter().find(|(known, _)| *known == key) {
                    Some((_, fingerprint)) => fingerprint.clone(),
                    None => return self.go(operation, key, followed, now, |_, flight| (Phase::Reading(flight), Action::Read { path })),
                }
            }
        };
        let key = Key::new(&credential, &operation.ask.target, &operation.ask.endpoints);
        if let Some(entry) = self.cache.find(&key) {
            let awaited = followed.is_some_and(|flight| entry.flight >= flight.0);
            let usable = match (operation.ask.mode, entry.lease.state(now)) {
                (Mode::Usual, State::Fresh | State::Stale) | (Mode::Early, State::Fresh) => true,
                _ => awaited,
            };
            let under_way = operation.ask.mode == Mode::Early && self.flights.running(&key, now, self.limits.flight_dead_after_ms).is_some();
            if usable || under_way {
                return done(Ok(key));
            }
        }
        if self.credential(&credential).is_none() {
            return done(Err(lost()));
        }
        let (ask, limits) = (operation.ask.clone(), self.limits.clone());
        self.go(operation, key, followed, now, |tokens, flight| {
            let mut exchange = Exchange::new(ask.target, ask.endpoints);
            let action = match tokens.credential(&credential) {
                Some(known) => exchange.step(known, &limits, Event::Begun, now),
                None => Action::Done(Err(lost())),
            };
            (Phase::Leading { flight, credential, exchange }, action)
        })
    }

    /// Follows the flight of that key, or starts one.
    fn go(&mut self, operation: &mut Operation, key: Key, followed: Option<FlightId>, now: Now, start: impl FnOnce(&mut Tokens, FlightId) -> (Phase, Action)) -> Turn {
        if let Some(error) = followed.and_then(|flight| self.flights.failure(flight)) {
            return done(Err(error.clone()));
        }
        if let Some(flight) = self.flights.running(&key, now, self.limits.flight_dead_after_ms) {
            operation.phase = Phase::Following(flight);
            return Turn::Act { leads: None, action: Action::Join { flight, poll_ms: self.limits.follow_every_ms } };
        }
        let flight = self.flights.start(key, now);
        let (phase, action) = start(self, flight);
        match (phase, action) {
            (Phase::Leading { credential, exchange, .. }, action @ Action::Done(_)) => self.led(operation, flight, credential, exchange, action, now),
            (phase, action) => {
                operation.phase = phase;
                Turn::Act { leads: Some(flight), action }
            }
        }
    }

    fn file_read(&mut self, operation: &mut Operation, flight: FlightId, event: Event, now: Now) -> Turn {
        let path = match &operation.ask.source {
            Source::Environment { file: Some(path) } => path.clone(),
            _ => String::new(),
        };
        let about = concat(&["the file that GOOGLE_APPLICATION_CREDENTIALS names (", &path, ")"]);
        let read = match event {
            Event::Returned(content) => {
                let trust = operation.ask.endpoints.widen(&operation.ask.trust);
                Credential::from_json_with(content.expose_text(), &trust).map_err(|error| AuthError { message: concat(&[&about, ": ", &error.message]), ..error })
            }
            Event::Failed(why) => Err(AuthError::new(Code::CredentialUnreadable, concat(&[&about, " could not be read: ", &shown(&why), "."]))),
            _ => Err(AuthError::new(Code::CoreFailed, "the driver did not read the file that it was asked for.")),
        };
        match read {
            Ok(credential) => {
                let fingerprint = self.register(credential, true);
                self.files.push((Key::file(&path, &operation.ask.trust), fingerprint));
                self.flights.end(flight);
                self.decide(operation, None, now)
            }
            Err(error) => self.failed(flight, error, now),
        }
    }

    /// Goes on with an exchange, or ends it.
    fn led(&mut self, operation: &mut Operation, flight: FlightId, credential: Fingerprint, exchange: Exchange, action: Action, now: Now) -> Turn {
        let key = Key::new(&credential, &operation.ask.target, &operation.ask.endpoints);
        match action {
            Action::Done(Ok(outcome)) => self.landed(flight, &credential, key, &outcome, now),
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
                operation.phase = Phase::Leading { flight, credential, exchange };
                Turn::Act { leads: Some(flight), action }
            }
        }
    }

    fn landed(&mut self, flight: FlightId, credential: &Fingerprint, key: Key, outcome: &Outcome, now: Now) -> Turn {
        let token = self.credential(credential).and_then(|known| known.vault.take(outcome.token));
        let life_ms = outcome.expires_at_ms.map_or(0, |expires| expires.saturating_sub(now.wall_ms));
        let lease = self.new_lease(life_ms, now);
        let evicted = self.cache.put(key.clone(), token, lease, flight.0, self.limits.cached_tokens);
        self.flights.end(flight);
        Turn::Done { result: Ok(key), evicted }
    }

    fn failed(&mut self, flight: FlightId, error: AuthError, now: Now) -> Turn {
        self.flights.fail(flight, &error, now, self.limits.failure_told_ms);
        done(Err(error))
    }

    fn new_lease(&mut self, life_ms: u64, now: Now) -> Lease {
        self.serial = self.serial.wrapping_add(1);
        // Knuth's multiplier for a 64-bit linear congruence; its high bits are spread well enough for this.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Lease::new(self.serial, life_ms, &self.limits, (self.random >> 56) as u8, now)
    }
}

fn done(result: Result<Key, AuthError>) -> Turn {
    Turn::Done { result, evicted: None }
}

fn nothing_found() -> AuthError {
    let message = "no credential was found: the session was given none, and GOOGLE_APPLICATION_CREDENTIALS is not set. Give the session a service-account key as `credential`, or let the variable name a key file.";
    AuthError::new(Code::CredentialNotFound, message)
}

fn lost() -> AuthError {
    AuthError::transient(Code::CoreFailed, "the credential is not known to this module any more. Try again.")
}
