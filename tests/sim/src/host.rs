//! One module on one host: its tokens, its clocks, and what its driver keeps outside of the core.

use crate::clocks::Clocks;
use crate::ledger::{Held, Ledger};
use crate::world::Verdict;
use cloud_run_auth::config::Limits;
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{FlightId, Key, Tokens};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A token that sessions hold; a refresh changes it in place.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) key: Key,
    pub(crate) serial: u32,
    pub(crate) token: String,
    pub(crate) refresh_at: u64,
    pub(crate) expires_at: u64,
    /// How far apart the two clocks were when it was had.
    apart: i64,
    pub(crate) held: Held,
    /// Whose it is and for what: places in the world's lists.
    pub(crate) place: (usize, usize),
}

pub(crate) type Shared = Rc<RefCell<Slot>>;

impl Slot {
    pub(crate) fn new(key: Key, token: String, held: Held, place: (usize, usize)) -> Slot {
        Slot { key, serial: 0, token, refresh_at: 0, expires_at: 0, apart: 0, held, place }
    }

    /// Takes over what the core says of a token that was had, or is had still.
    pub(crate) fn lease(&mut self, serial: u32, deadlines: (u64, u64), now: Now) {
        if self.serial != serial {
            self.apart = now.wall_ms as i64 - now.mono_ms as i64;
        }
        (self.serial, self.refresh_at, self.expires_at) = (serial, deadlines.0, deadlines.1);
    }

    /// The time, for what the slot says of it: by the clock that says more.
    pub(crate) fn time(&self, now: Now) -> u64 {
        now.wall_ms.max(now.mono_ms.saturating_add_signed(self.apart))
    }
}

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) tokens: Tokens,
    pub(crate) limits: Limits,
    pub(crate) clocks: Clocks,
    /// Whether nobody can be woken, and calls vanish.
    pub(crate) isolated: bool,
    /// Whether it keeps the tokens itself, as the npm package does.
    pub(crate) keeps: bool,
    /// Until then it sleeps.
    pub(crate) asleep_until: u64,
    /// How often the module was started anew.
    pub(crate) epoch: u32,
    /// By the core's keys.
    pub(crate) slots: BTreeMap<String, Shared>,
    /// Accounts whose signing key it has in a form of its own.
    pub(crate) signers: BTreeSet<usize>,
    /// When its clocks were set last.
    pub(crate) set_at: u64,
    /// When an account's time was corrected last.
    pub(crate) corrected: BTreeMap<usize, u64>,
    /// The number that the next flight has.
    pub(crate) next: FlightId,
    /// Who waits for which flight.
    pub(crate) waiting: Vec<(FlightId, Vec<usize>)>,
    /// What the judge knows, by account and target.
    pub(crate) ledgers: BTreeMap<(usize, usize), Ledger>,
}

impl Host {
    pub(crate) fn new(limits: Limits, seed: u64, clocks: Clocks, keeps: bool) -> Host {
        Host {
            tokens: Tokens::new(limits.clone(), seed),
            isolated: limits.flight_dead_after_ms.is_some(),
            limits,
            clocks,
            keeps,
            asleep_until: 0,
            epoch: 0,
            slots: BTreeMap::new(),
            signers: BTreeSet::new(),
            set_at: 0,
            corrected: BTreeMap::new(),
            next: FlightId(1),
            waiting: Vec::new(),
            ledgers: BTreeMap::new(),
        }
    }

    pub(crate) fn ledger(&mut self, place: (usize, usize)) -> &mut Ledger {
        self.ledgers.entry(place).or_default()
    }

    /// The module traps and is started anew; what the host kept of tokens is told to the new one.
    pub(crate) fn restart(&mut self, seed: u64, time: u64) -> Verdict {
        self.epoch += 1;
        self.next = FlightId(1);
        self.tokens = Tokens::new(self.limits.clone(), seed);
        for ledger in self.ledgers.values_mut() {
            *ledger = Ledger::default();
        }
        // More than the core keeps: which of them it has then is its own affair.
        let sure = self.slots.len() <= self.limits.cached_tokens;
        let now = self.clocks.now(time);
        for slot in self.slots.values() {
            let mut slot = slot.borrow_mut();
            let Some(lease) = self.tokens.restore(slot.key.clone(), slot.expires_at, now) else { continue };
            let left_ms = slot.expires_at.saturating_sub(now.wall_ms);
            if lease.deadlines_ms().1 != slot.expires_at.max(now.wall_ms) {
                return Err(format!(
                    "a restart makes {} ms of a token of {left_ms}",
                    lease.deadlines_ms().1 - now.wall_ms
                ));
            }
            // The new module counts from the begin.
            slot.serial = 0;
            slot.lease(lease.serial, lease.deadlines_ms(), now);
            let held = slot.held.restored(left_ms, &lease, now, time, &self.limits);
            let place = slot.place;
            slot.held = held.clone();
            let ledger = self.ledgers.entry(place).or_default();
            ledger.key = Some(slot.key.as_str().to_owned());
            (ledger.held, ledger.unsure) = (Some(held), !sure);
        }
        Ok(())
    }
}
