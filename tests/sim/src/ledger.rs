//! What the judge knows of a host's tokens: what is had, who is out for more, and who failed.

use crate::promises;
use cloud_run_auth::config::Limits;
use cloud_run_auth::error::Code;
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{FlightId, Lease};

/// A token that a host has.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Its number, unless the host made it itself.
    pub(crate) token: Option<usize>,
    /// When it truly ends.
    pub(crate) ends_at: u64,
    pub(crate) had_at: u64,
    pub(crate) had: Now,
    pub(crate) life_ms: u64,
    pub(crate) window_ms: u64,
    /// By its age, when it may be refreshed, when it is due, and when it counts as expired.
    pub(crate) refresh_after_ms: u64,
    pub(crate) due_after_ms: u64,
    pub(crate) expires_after_ms: u64,
    /// What was said of its life was not so.
    pub(crate) lies: bool,
    /// How long its answer was under way.
    pub(crate) lag_ms: u64,
    pub(crate) serial: u32,
}

/// A flight under way.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) flight: FlightId,
    pub(crate) call: usize,
    /// By the host's monotonic clock, when the core heard of its leader last.
    pub(crate) heard_ms: u64,
}

/// The flight that failed last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    pub(crate) flight: FlightId,
    pub(crate) at_ms: u64,
    /// Nothing where the core did not say it.
    pub(crate) code: Option<Code>,
    pub(crate) transient: bool,
}

/// All that is known of one account's tokens for one target on one host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) key: Option<String>,
    pub(crate) held: Option<Held>,
    /// Whether the core may have lost it for good reason.
    pub(crate) unsure: bool,
    pub(crate) running: Option<Running>,
    pub(crate) failed: Option<Failed>,
    /// Until when the server asked to be left alone.
    pub(crate) quiet_until: u64,
}

/// For so long a failure may be the reason why a call fails or waits.
pub(crate) const REMEMBERED_MS: u64 = 120_000;

impl Held {
    /// How old the host takes it for: by the clock that says more.
    pub(crate) fn age_ms(&self, now: Now) -> u64 {
        now.wall_ms.saturating_sub(self.had.wall_ms).max(now.mono_ms.saturating_sub(self.had.mono_ms))
    }

    /// As a new module takes it, with so much of its life left.
    pub(crate) fn restored(&self, left_ms: u64, lease: &Lease, now: Now, time: u64, limits: &Limits) -> Held {
        let after = |at: u64| at.saturating_sub(now.wall_ms);
        let (refresh_after_ms, expires_after_ms) = (after(lease.deadlines_ms().0), after(lease.deadlines_ms().1));
        Held {
            had_at: time,
            had: now,
            life_ms: left_ms,
            // Whose it is, nobody told the new module.
            window_ms: promises::window_ms(limits, left_ms, false),
            refresh_after_ms,
            due_after_ms: refresh_after_ms,
            expires_after_ms,
            // What is left was told by the wall clock alone.
            lies: self.lies || time + left_ms > self.ends_at,
            serial: lease.serial,
            ..self.clone()
        }
    }

    /// Asked for, with or without success: not again before that.
    pub(crate) fn put_off(&mut self, now: Now, least_ms: u64, most_ms: u64) {
        let age_ms = self.age_ms(now);
        self.refresh_after_ms = self.refresh_after_ms.max(age_ms + least_ms);
        self.due_after_ms = self.due_after_ms.max(age_ms + most_ms);
    }
}

impl Ledger {
    /// Why a call may fail or have to wait that is out for nothing itself.
    pub(crate) fn reason(&self, now: Now) -> Option<Failed> {
        self.failed.filter(|failed| failed.at_ms + REMEMBERED_MS >= now.mono_ms)
    }
}
