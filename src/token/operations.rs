//! The calls that wait for a token: bounded, in the order of their numbers. On some hosts a call can vanish without a word,
//! so nothing relies on being cleaned up; when room is needed, whoever is past its deadline goes.

use super::{Asked, CredentialId, Exchange, FlightId, Key, Notes};
use crate::time::Now;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// One call that waits. No number is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u64);

#[derive(Debug)]
pub(crate) struct Operation {
    id: OperationId,
    pub(crate) ask: Asked,
    /// Of what it waits for.
    pub(crate) key: Key,
    /// The flight that others follow, if this call is out to get the token.
    pub(crate) leads: FlightId,
    /// The flight of another call that is out for the same.
    pub(crate) follows: FlightId,
    pub(crate) exchange: Exchange,
    pub(crate) notes: Notes,
    /// How many exchanges have failed that it led or followed.
    pub(crate) failed: u32,
    /// Whether one was begun anew because the clock was wrong.
    pub(crate) corrected: bool,
    /// How long each of its requests may take.
    pub(crate) timeout_ms: u64,
}

#[derive(Debug)]
pub(crate) struct Operations {
    #[allow(clippy::vec_box, reason = "a call that ends moves a pointer for each later one, not the call")]
    waiting: Vec<Box<Operation>>,
    last: OperationId,
    /// Where the next one is that is looked at, whether it is late.
    swept: usize,
}

impl Operations {
    pub(crate) const fn new() -> Operations {
        Operations { waiting: Vec::new(), last: OperationId(0), swept: 0 }
    }

    /// Takes a call in.
    pub(crate) fn insert(&mut self, ask: Asked) -> OperationId {
        self.last.0 = self.last.0.wrapping_add(1);
        let (id, key, leads, follows) = (self.last, Key::default(), FlightId::NONE, FlightId::NONE);
        let (exchange, notes) = (Exchange::default(), Notes::default());
        self.waiting.push(Box::new(Operation {
            id,
            ask,
            key,
            leads,
            follows,
            exchange,
            notes,
            failed: 0,
            corrected: false,
            timeout_ms: 0,
        }));
        id
    }

    /// How many calls wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether one of the calls may still need that credential.
    pub(crate) fn need(&self, credential: CredentialId) -> bool {
        self.waiting.iter().any(|operation| operation.ask.credential == credential)
    }

    /// One of the calls that are past their deadline.
    pub(crate) fn late(&self, now: Now) -> Option<OperationId> {
        self.waiting.iter().find(|operation| operation.ask.deadline_ms <= now.mono_ms).map(|operation| operation.id)
    }

    /// The next one in turn, if it is past its deadline: looked at one after the other, all are seen.
    pub(crate) fn next_late(&mut self, now: Now) -> Option<OperationId> {
        if self.swept >= self.waiting.len() {
            self.swept = 0;
        }
        let operation = self.waiting.get(self.swept)?;
        if operation.ask.deadline_ms <= now.mono_ms {
            return Some(operation.id);
        }
        self.swept = self.swept.wrapping_add(1);
        None
    }

    /// The call of that number.
    pub(crate) fn get(&mut self, id: OperationId) -> Option<&mut Operation> {
        let at = self.place(id)?;
        self.waiting.get_mut(at).map(Box::as_mut)
    }

    /// Takes a call out that has ended.
    pub(crate) fn remove(&mut self, id: OperationId) -> Option<Box<Operation>> {
        Some(self.waiting.remove(self.place(id)?))
    }

    fn place(&self, id: OperationId) -> Option<usize> {
        self.waiting.binary_search_by_key(&id, |operation| operation.id).ok()
    }
}
