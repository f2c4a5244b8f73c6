//! The calls that wait for a token: a bounded slab. On some hosts a call can vanish without a word, so nothing
//! relies on being cleaned up; when room is needed, whoever is past its deadline goes.

use super::{Ask, CredentialId, Exchange, FlightId};
use crate::time::Now;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// One call that waits. A number is not given again while anyone may still hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationId(pub u32);

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) ask: Ask,
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

#[derive(Debug, Default)]
pub(crate) struct Operations {
    slots: Vec<Slot>,
    free: Vec<u16>,
}

#[derive(Debug, Default)]
struct Slot {
    turn: u16,
    held: Option<Box<Operation>>,
}

impl Operations {
    /// Takes a call in; none where all places are taken.
    pub(crate) fn insert(&mut self, operation: Operation, most: usize) -> Option<OperationId> {
        let at = self.free.pop().or_else(|| self.grow(most))?;
        let slot = self.slots.get_mut(usize::from(at))?;
        slot.held = Some(Box::new(operation));
        Some(OperationId(u32::from(slot.turn) << 16 | u32::from(at)))
    }

    /// Whether there is no place for one more call.
    pub(crate) fn is_full(&self, most: usize) -> bool {
        self.free.is_empty() && self.slots.len() >= most.min(usize::from(u16::MAX))
    }

    /// Lets go of the calls that are past their deadline; says which flights they led.
    pub(crate) fn expire(&mut self, now: Now) -> Vec<FlightId> {
        let mut led = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if let Some(gone) = slot.held.take_if(|operation| operation.ask.deadline_ms <= now.mono_ms) {
                slot.turn = slot.turn.wrapping_add(1);
                self.free.push(at as u16);
                led.extend(gone.phase.leads());
            }
        }
        led
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
        if let Some(slot) = self.slot(id) {
            slot.turn = slot.turn.wrapping_add(1);
            self.free.push(id.0 as u16);
        }
    }

    /// The call of that number.
    pub(crate) fn get(&mut self, id: OperationId) -> Option<&Operation> {
        self.slot(id)?.held.as_deref()
    }

    /// Whether a call is out with that credential.
    pub(crate) fn uses(&self, credential: CredentialId) -> bool {
        self.slots.iter().filter_map(|slot| slot.held.as_deref()).any(|operation| matches!(operation.phase, Phase::Leading(_, used) if used == credential))
    }

    fn slot(&mut self, id: OperationId) -> Option<&mut Slot> {
        let turn = (id.0 >> 16) as u16;
        self.slots.get_mut(usize::from(id.0 as u16)).filter(|slot| slot.turn == turn)
    }

    fn grow(&mut self, most: usize) -> Option<u16> {
        let at = u16::try_from(self.slots.len()).ok().filter(|_| self.slots.len() < most)?;
        self.slots.push(Slot::default());
        Some(at)
    }
}
