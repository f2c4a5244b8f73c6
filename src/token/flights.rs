//! Who is out to get which token, so that one goes and the others follow.

use super::Key;
use crate::error::AuthError;
use crate::time::Now;
use alloc::vec::Vec;

/// One exchange that others may follow. Later flights have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlightId(pub u32);

/// The flights under way, and how those ended lately that brought nothing.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    running: Vec<Flight>,
    failed: Vec<Failure>,
    last: u32,
}

#[derive(Debug)]
struct Flight {
    id: FlightId,
    key: Key,
    started_ms: u64,
}

#[derive(Debug)]
struct Failure {
    id: FlightId,
    error: AuthError,
    at_ms: u64,
}

impl Flights {
    /// The flight for that key which may still bring something.
    pub(crate) fn running(&self, key: &Key, now: Now, dead_after_ms: Option<u64>) -> Option<FlightId> {
        let flight = self.running.iter().find(|flight| flight.key == *key)?;
        let dead = dead_after_ms.is_some_and(|after| now.mono_ms.saturating_sub(flight.started_ms) >= after);
        (!dead).then_some(flight.id)
    }

    /// Starts a flight, in place of a dead one of the same key.
    pub(crate) fn start(&mut self, key: Key, now: Now) -> FlightId {
        self.running.retain(|flight| flight.key != key);
        self.last = self.last.wrapping_add(1);
        let id = FlightId(self.last);
        self.running.push(Flight { id, key, started_ms: now.mono_ms });
        id
    }

    /// Ends a flight that landed, or whose caller gave up: followers look for themselves.
    pub(crate) fn end(&mut self, id: FlightId) {
        self.running.retain(|flight| flight.id != id);
    }

    /// Ends a flight that brought nothing; its followers are told the same. A flight that was
    /// already taken over has no say any more.
    pub(crate) fn fail(&mut self, id: FlightId, error: &AuthError, now: Now, told_ms: u64) {
        self.failed.retain(|failure| now.mono_ms.saturating_sub(failure.at_ms) < told_ms);
        if self.running.iter().any(|flight| flight.id == id) {
            self.end(id);
            self.failed.push(Failure { id, error: error.clone(), at_ms: now.mono_ms });
        }
    }

    /// Why the flight that was followed brought nothing.
    pub(crate) fn failure(&self, id: FlightId) -> Option<&AuthError> {
        self.failed.iter().find(|failure| failure.id == id).map(|failure| &failure.error)
    }
}
