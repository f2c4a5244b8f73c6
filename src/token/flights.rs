//! Who is out to get which token, so that one goes and the others follow.

use super::{CredentialId, Key};
use crate::error::AuthError;
use crate::time::Now;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// One exchange that others may follow. Later flights have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlightId(pub u32);

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
    /// Whose token it is to bring, where that is known.
    credential: Option<CredentialId>,
    /// When it started, or failed.
    since_ms: u64,
    failure: Option<AuthError>,
}

impl Flights {
    pub(crate) const fn new() -> Flights {
        Flights { known: Vec::new(), last: 0 }
    }

    /// The flight for that key which may still bring something.
    pub(crate) fn running(&self, key: &Key, now: Now, dead_after_ms: Option<u64>) -> Option<FlightId> {
        let flight = self.known.iter().find(|flight| flight.is_for(key))?;
        let dead = dead_after_ms.is_some_and(|after| flight.age_ms(now) >= after);
        (!dead).then_some(flight.id)
    }

    /// Starts a flight, in place of a dead one of the same key. Failures that were told for long enough go.
    pub(crate) fn start(&mut self, key: Key, credential: Option<CredentialId>, now: Now, told_ms: u64) -> FlightId {
        self.remove(&|flight| flight.is_for(&key) || flight.failure.is_some() && flight.age_ms(now) >= told_ms);
        self.last = self.last.wrapping_add(1);
        let id = FlightId(self.last);
        self.known.push(Box::new(Flight { id, key, credential, since_ms: now.mono_ms, failure: None }));
        id
    }

    /// Whether a flight may still need that credential.
    pub(crate) fn need(&self, credential: CredentialId) -> bool {
        self.known.iter().any(|flight| flight.failure.is_none() && flight.credential == Some(credential))
    }

    /// Ends a flight that landed, or whose caller gave up: followers look for themselves.
    pub(crate) fn end(&mut self, id: FlightId) {
        self.remove(&|flight| flight.id == id);
    }

    fn remove(&mut self, goes: &dyn Fn(&Flight) -> bool) {
        while let Some(at) = self.known.iter().position(|flight| goes(flight)) {
            self.known.swap_remove(at);
        }
    }

    /// Ends a flight that brought nothing; its followers are told the same. A flight that was
    /// already taken over has no say any more.
    pub(crate) fn fail(&mut self, id: FlightId, error: &AuthError, now: Now) {
        if let Some(flight) = self.known.iter_mut().find(|flight| flight.id == id) {
            flight.since_ms = now.mono_ms;
            flight.failure = Some(error.clone());
        }
    }

    /// Why the flight that was followed brought nothing.
    pub(crate) fn failure(&self, id: FlightId) -> Option<&AuthError> {
        self.known.iter().find(|flight| flight.id == id)?.failure.as_ref()
    }
}

impl Flight {
    fn is_for(&self, key: &Key) -> bool {
        self.failure.is_none() && self.key == *key
    }

    fn age_ms(&self, now: Now) -> u64 {
        now.mono_ms.saturating_sub(self.since_ms)
    }
}
