//! Everything about tokens that lives across calls: the cache, the flights, the calls that wait, the credentials.
//! One of these serves a whole module.

use super::cache::Entry;
use super::holdings::{Holdings, Next};
use super::operations::{Operation, Operations};
use super::order::Said;
use super::{Action, Event, FlightId, Key, Lease, OperationId};
use crate::config::{Limits, Retry};
use crate::credential::{Credential, Terms};
use crate::error::{AuthError, Code};
use crate::grant::Target;
use crate::secret::{Secret, SecretId, Vault};
use crate::time::Now;
use alloc::string::String;

/// What one call asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who asks.
    pub source: Source,
    /// For what.
    pub target: Target,
    /// Whether a token that is had will do.
    pub mode: Mode,
    /// When the caller gives up, by the monotonic clock. No wait before another attempt goes beyond it, nor to a tenth of a second before.
    pub deadline_ms: u64,
    /// How often an exchange is tried that may pass.
    pub retry: Retry,
}

/// An [`Ask`] in the flat form.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) credential: CredentialId,
    pub(crate) target: Target,
    pub(crate) mode: Mode,
    pub(crate) deadline_ms: u64,
    pub(crate) retry: Retry,
}

impl Asked {
    /// Whether it is too late by then to send anything: of many that give up together each would, one after the other.
    pub(crate) fn is_late(&self, at_ms: u64) -> bool {
        at_ms.wrapping_add(100) > self.deadline_ms
    }
}

/// Who asks for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A credential that was registered.
    Credential(CredentialId),
    /// What is found where Application Default Credentials are looked for (AIP-4110), as [`Credential::search`] says.
    Environment {
        /// The variable's value; empty where it is not set.
        file: String,
        /// Which hosts the file may name, where Google's endpoints are, and how far the host can look.
        hosts: Terms,
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
    operations: Operations,
    holdings: Holdings,
    /// What actions name, for hosts in Rust.
    vault: Vault,
}

impl Tokens {
    /// Nothing had yet. `seed` is random and spreads this instance's refreshes; it keeps no secret.
    pub const fn new(limits: Limits, seed: u64) -> Tokens {
        Tokens { operations: Operations::new(), holdings: Holdings::new(limits, seed), vault: Vault::new() }
    }

    /// Sets what a host knows only once it runs.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn set_flight_dead_after(&mut self, ms: Option<u64>) {
        self.holdings.limits.flight_dead_after_ms = ms;
    }

    /// Sets what [`Tokens::new`] takes as its seed.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn set_seed(&mut self, seed: u64) {
        self.holdings.set_seed(seed);
    }

    /// What spreads waits.
    #[cfg(all(any(feature = "js", feature = "fetch"), target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn random(&mut self) -> u64 {
        self.holdings.random()
    }

    /// Takes a credential in. One that is known already stays as it is, unless it is to be renewed because
    /// its key was lost.
    pub fn register(&mut self, credential: Credential, renew: bool) -> CredentialId {
        self.holdings.register(credential, renew, &self.operations)
    }

    /// Drops a credential, and so wipes what is secret in it, unless a call waits for it. Whoever asks
    /// with its number later has to register it anew.
    pub fn forget(&mut self, id: CredentialId) {
        if !self.operations.need(id) {
            self.holdings.forget(id);
        }
    }

    /// A credential that is known.
    pub fn credential(&mut self, id: CredentialId) -> Option<&mut Credential> {
        self.holdings.credential(id)
    }

    /// Begins a call. The number is for [`Tokens::step`]; a call that is done at once has none.
    pub fn begin(&mut self, ask: Ask, now: Now) -> (Option<OperationId>, Turn) {
        let Ask { source, target, mode, deadline_ms, retry } = ask;
        let credential = match source {
            Source::Credential(id) => id,
            Source::Environment { file, hosts } => self.register(Credential::search(&file, &hosts), false),
        };
        match self.admit(Asked { credential, target, mode, deadline_ms, retry }, now) {
            Ok(id) => match self.step(id, Event::Begun, now) {
                turn @ Turn::Act { .. } => (Some(id), turn),
                turn @ Turn::Done { .. } => (None, turn),
            },
            Err(error) => (None, Turn::Done { result: Err(error), evicted: None }),
        }
    }

    /// Takes what happened to a call's last action, and says what to do next.
    pub fn step(&mut self, id: OperationId, event: Event, now: Now) -> Turn {
        let task = self.operations.get(id).map_or(0, |operation| operation.exchange.out);
        match self.next(id, &Said::of(&event, &mut String::new(), task), now) {
            Ok(Next::Act(order)) => Turn::Act { leads: self.leads(id).some(), action: order.action(&mut self.vault) },
            Ok(Next::Done(_)) => {
                let key = self.last_used().map(|entry| entry.key.clone()).unwrap_or_default();
                let evicted = Some(core::mem::take(&mut self.holdings.cache.evicted));
                Turn::Done { result: Ok(key), evicted: evicted.filter(|key| *key != Key::default()) }
            }
            Err(error) => Turn::Done { result: Err(error), evicted: None },
        }
    }

    /// Finds a place for a call, whose first event is [`Event::Begun`].
    pub(crate) fn admit(&mut self, ask: Asked, now: Now) -> Result<OperationId, AuthError> {
        // Where calls are cut off without a word, more must not be left than come: two are looked at for each.
        for _ in 0..2 {
            if let Some(late) = self.operations.next_late(now) {
                self.abandon(late);
            }
        }
        let most = self.holdings.limits.operations;
        if self.operations.len() >= most
            && let Some(late) = self.operations.late(now)
        {
            self.abandon(late);
        }
        if self.operations.len() >= most {
            return Err(AuthError::passing(Code::TooManyOperations, "too many calls wait. Try again later.", "", ""));
        }
        Ok(self.operations.insert(ask))
    }

    /// As [`Tokens::step`], in the flat form.
    pub(crate) fn next(&mut self, id: OperationId, said: &Said, now: Now) -> Result<Next, AuthError> {
        let Some(operation) = self.operations.get(id) else {
            return Err(AuthError::passing(Code::Timeout, "the call was given up.", "", ""));
        };
        self.holdings.cache.evicted.clear();
        let next = self.holdings.turn(operation, said, now);
        if !matches!(next, Ok(Next::Act { .. })) {
            // A failure is shared with those who follow.
            if let Err(error) = &next {
                self.holdings.flights.fail(operation.leads, error, now.mono_ms);
            }
            self.operations.remove(id);
        }
        next
    }

    /// The flight that a call leads.
    pub(crate) fn leads(&mut self, id: OperationId) -> FlightId {
        self.operations.get(id).map_or(FlightId::NONE, |operation| operation.leads)
    }

    /// The token that a call has that is done.
    pub(crate) fn last_used(&mut self) -> Option<&mut Entry> {
        self.holdings.cache.last_used()
    }

    /// Whose token had to go for that one; empty, if none had to.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn evicted(&self) -> &Key {
        &self.holdings.cache.evicted
    }

    /// Gives a call up. If it led a flight, one of its followers takes over.
    pub fn abandon(&mut self, id: OperationId) {
        if let Some(operation) = self.operations.remove(id) {
            self.holdings.flights.end(operation.leads);
        }
    }

    /// The credential that a call is out with.
    pub fn leader(&mut self, id: OperationId) -> Option<&mut Credential> {
        let Operation { ask, leads, .. } = self.operations.get(id)?;
        leads.some()?;
        let credential = ask.credential;
        self.credential(credential)
    }

    /// Takes the secret that a call's action names: a request's body.
    pub fn secret(&mut self, secret: SecretId) -> Option<Secret> {
        self.vault.take(secret)
    }

    /// How long the token of that key may still be used.
    pub fn lease(&mut self, key: &Key) -> Option<Lease> {
        self.holdings.cache.find(key.as_str()).map(|entry| entry.lease)
    }

    /// The token of that key, whether it may still be used or not.
    pub fn token(&mut self, key: &Key) -> Option<&Secret> {
        self.holdings.cache.find(key.as_str()).map(|entry| &entry.token).filter(|token| !token.expose().is_empty())
    }

    /// Takes the token of that key out for a host that keeps it itself; what is known about it stays.
    pub fn take_token(&mut self, key: &Key) -> Option<Secret> {
        let taken = self.holdings.cache.find(key.as_str())?.take_token();
        (!taken.expose().is_empty()).then_some(taken)
    }

    /// Drops the token of that key, unless it has been replaced since: a server would not have it.
    pub fn invalidate(&mut self, key: &Key, serial: u32) {
        self.holdings.cache.remove(key.as_str(), serial);
    }

    /// As [`Tokens::invalidate`], of a key as text.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn invalidate_text(&mut self, key: &str, serial: u32) {
        self.holdings.cache.remove(key, serial);
    }

    /// Takes back what a host kept of a token over a restart of the module.
    pub fn restore(&mut self, key: Key, expires_at_ms: u64, now: Now) -> Option<Lease> {
        let early_ms = self.holdings.limits.refresh_early_ms;
        let life_ms = expires_at_ms.saturating_sub(now.wall_ms);
        self.holdings.keep(key, Secret::default(), life_ms, early_ms, FlightId::NONE, now);
        self.last_used().map(|entry| {
            entry.end();
            entry.lease
        })
    }
}
