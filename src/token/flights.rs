//! Who is out to get which token, so that one goes and the others follow.

use super::Key;
use crate::error::AuthError;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// One exchange that others may follow. Later flights have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlightId(pub u32);

impl FlightId {
    /// The number that no flight has. Within the core it stands for none: an `Option` is handed on by way of memory.
    pub(crate) const NONE: FlightId = FlightId(0);

    pub(crate) fn some(self) -> Option<FlightId> {
        (self != FlightId::NONE).then_some(self)
    }
}

/// The flights under way, and those that ended lately and brought nothing.
#[derive(Debug)]
pub(crate) struct Flights {
    #[allow(clippy::vec_box, reason = "one code for vectors of whatever is boxed")]
    known: Vec<Box<Flight>>,
    last: u32,
}

#[derive(Debug)]
struct Flight {
    id: FlightId,
    key: Key,
    /// When its leader was heard of last; of one that failed, until when nobody is to ask anew.
    since_ms: u64,
    failure: Option<AuthError>,
}

impl Flights {
    pub(crate) const fn new() -> Flights {
        Flights { known: Vec::new(), last: 0 }
    }

    /// The flight for that key which may still bring something.
    pub(crate) fn running(&self, key: &Key, now_ms: u64, dead_after_ms: u64) -> FlightId {
        match self.known.iter().find(|flight| flight.is_for(key)) {
            Some(flight) if now_ms.saturating_sub(flight.since_ms) < dead_after_ms => flight.id,
            _ => FlightId::NONE,
        }
    }

    /// The number of the next flight.
    pub(crate) fn next(&self) -> FlightId {
        FlightId(self.last.wrapping_add(1))
    }

    /// Starts a flight, in place of a dead one of the same key. Failures that were told for long enough go.
    pub(crate) fn start(&mut self, key: Key, now_ms: u64, told_ms: u64) -> FlightId {
        self.remove(FlightId::NONE, &key, now_ms.saturating_sub(told_ms));
        let id = self.next();
        self.last = id.0;
        self.known.push(Box::new(Flight { id, key, since_ms: now_ms, failure: None }));
        id
    }

    /// Ends a flight that landed, or whose caller gave up: followers look for themselves.
    pub(crate) fn end(&mut self, id: FlightId) {
        self.remove(id, &Key::default(), 0);
    }

    /// Removes the flight of that number, those of that key, and those that failed before that time.
    fn remove(&mut self, id: FlightId, key: &Key, failed_before_ms: u64) {
        let goes = |flight: &Flight| {
            flight.id == id || flight.is_for(key) || flight.failure.is_some() && flight.since_ms < failed_before_ms
        };
        while let Some(at) = self.known.iter().position(|flight| goes(flight)) {
            self.known.swap_remove(at);
        }
    }

    /// Its leader was heard of.
    pub(crate) fn heard(&mut self, id: FlightId, now_ms: u64) {
        if let Some(flight) = self.known.iter_mut().find(|flight| flight.id == id) {
            flight.since_ms = now_ms;
        }
    }

    /// Ends a flight that brought nothing: its followers are told the same, and until that time nobody is to ask anew. A flight that
    /// was already taken over has no say any more.
    pub(crate) fn fail(&mut self, id: FlightId, error: &AuthError, until_ms: u64) {
        let Some(at) = self.known.iter().position(|flight| flight.id == id) else { return };
        let mut flight = self.known.swap_remove(at);
        flight.since_ms = until_ms;
        flight.failure = Some(error.clone());
        // One for each key, however often it fails.
        match self.known.iter_mut().find(|known| known.failure.is_some() && known.key == flight.key) {
            Some(before) => {
                flight.since_ms = flight.since_ms.max(before.since_ms);
                *before = flight;
            }
            None => self.known.push(flight),
        }
    }

    /// The last flight for that key, if it brought nothing: its number, until when nobody is to ask anew, and why.
    pub(crate) fn failed(&self, key: &Key) -> Option<(FlightId, u64, &AuthError)> {
        let flight = self.known.iter().find(|flight| flight.failure.is_some() && flight.key == *key)?;
        Some((flight.id, flight.since_ms, flight.failure.as_ref()?))
    }
}

impl Flight {
    fn is_for(&self, key: &Key) -> bool {
        self.failure.is_none() && self.key == *key
    }
}
