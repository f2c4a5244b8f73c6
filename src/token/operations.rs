//! The calls that wait for a token: a bounded slab. On some hosts a call can vanish without a word, so nothing
//! relies on being cleaned up; when room is needed, whoever is past its deadline goes.

use super::flights::Flights;
use super::{Ask, CredentialId, Exchange, FlightId, Key};
use crate::time::Now;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// One call that waits. A number is not given again while anyone may still hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationId(pub u32);

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) ask: Ask,
    /// Of what it waits for; of the file, as long as that is not read.
    pub(crate) key: Key,
    pub(crate) phase: Phase,
    pub(crate) exchange: Exchange,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    /// Nothing is decided yet.
    New,
    /// Another call is out for the same.
    Following(FlightId),
    /// Reads the credential file that the environment names.
    Reading(FlightId),
    /// Out to get the token.
    Leading(FlightId, CredentialId),
}

impl Phase {
    /// The flight that others follow, if this call leads one.
    pub(crate) fn leads(&self) -> Option<FlightId> {
        match self {
            Phase::Reading(flight) | Phase::Leading(flight, _) => Some(*flight),
            Phase::New | Phase::Following(_) => None,
        }
    }
}

/// The slab. Its free places are a list in place, which begins at `free` and ends behind the last place.
#[derive(Debug)]
pub(crate) struct Operations {
    slots: Vec<Slot>,
    free: usize,
}

#[derive(Debug)]
struct Slot {
    /// How often the place was given to another.
    turn: u16,
    held: Option<Box<Operation>>,
    next_free: usize,
}

impl Operations {
    pub(crate) const fn new() -> Operations {
        Operations { slots: Vec::new(), free: 0 }
    }

    /// Takes a call in; none where all places are taken.
    pub(crate) fn insert(&mut self, operation: Box<Operation>, most: usize) -> Option<OperationId> {
        let at = self.free;
        if at == self.slots.len() {
            if self.is_full(most) {
                return None;
            }
            self.slots.push(Slot { turn: 0, held: None, next_free: at.wrapping_add(1) });
        }
        let slot = self.slots.get_mut(at)?;
        self.free = slot.next_free;
        slot.held = Some(operation);
        Some(OperationId(u32::from(slot.turn) << 16 | at as u32))
    }

    /// Whether there is no place for one more call.
    pub(crate) fn is_full(&self, most: usize) -> bool {
        self.free >= most.min(1 << 16)
    }

    /// Lets go of the calls that are past their deadline, and ends the flights that they led.
    pub(crate) fn expire(&mut self, now: Now, flights: &mut Flights) {
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if let Some(gone) = slot.held.take_if(|operation| operation.ask.deadline_ms <= now.mono_ms) {
                gone.phase.leads().into_iter().for_each(|flight| flights.end(flight));
                slot.release(at, &mut self.free);
            }
        }
    }

    /// Takes a call out for as long as it is worked on.
    pub(crate) fn take(&mut self, id: OperationId) -> Option<Box<Operation>> {
        self.slot(id)?.held.take()
    }

    /// Puts a call back that was taken out.
    pub(crate) fn put_back(&mut self, id: OperationId, operation: Box<Operation>) {
        if let Some(slot) = self.slot(id) {
            slot.held = Some(operation);
        }
    }

    /// Gives the place of a call that was taken out to others.
    pub(crate) fn release(&mut self, id: OperationId) {
        let mut free = self.free;
        if let Some(slot) = self.slot(id) {
            slot.release(id.place(), &mut free);
        }
        self.free = free;
    }

    /// The call of that number.
    pub(crate) fn get(&mut self, id: OperationId) -> Option<&Operation> {
        self.slot(id)?.held.as_deref()
    }

    /// Whether a call is out with that credential.
    pub(crate) fn uses(&self, credential: CredentialId) -> bool {
        self.slots
            .iter()
            .filter_map(|slot| slot.held.as_deref())
            .any(|operation| matches!(operation.phase, Phase::Leading(_, used) if used == credential))
    }

    fn slot(&mut self, id: OperationId) -> Option<&mut Slot> {
        let turn = (id.0 >> 16) as u16;
        self.slots.get_mut(id.place()).filter(|slot| slot.turn == turn)
    }
}

impl OperationId {
    fn place(self) -> usize {
        usize::from(self.0 as u16)
    }
}

impl Slot {
    fn release(&mut self, at: usize, free: &mut usize) {
        self.turn = self.turn.wrapping_add(1);
        self.next_free = core::mem::replace(free, at);
    }
}
