//! What the core promises, in one place: windows, margins and steps, worked out apart from the core.

use cloud_run_auth::config::{Limits, Retry};
use std::sync::atomic::{AtomicU32, Ordering};

/// How long before its end a token counts as expired.
pub(crate) fn margin_ms(limits: &Limits, life_ms: u64) -> u64 {
    limits.expiry_margin_ms.min(life_ms / 10)
}

/// How long before its end a token may be refreshed at the earliest; chance makes it up to a quarter less.
pub(crate) fn window_ms(limits: &Limits, life_ms: u64, of_metadata: bool) -> u64 {
    let early_ms = if of_metadata { limits.metadata_refresh_early_ms } else { limits.refresh_early_ms };
    early_ms.min(life_ms / 4)
}

/// From one early refresh to the next; chance makes it up to a quarter less.
pub(crate) fn step_ms(limits: &Limits, window_ms: u64) -> u64 {
    limits.refresh_pause_ms.min(window_ms / 8)
}

/// A token that lives on for so little more than the one before is the same one, its end told in whole seconds.
pub(crate) const SAME_MS: u64 = 1500;

/// The longest wait after so many failed attempts, unless the server asks for a longer one.
pub(crate) fn longest_wait_ms(retry: &Retry, failures: u32) -> u64 {
    (retry.delay_ms << failures.saturating_sub(1).min(16)).min(retry.longest_ms)
}

/// So often a call corrects its clock at most.
pub(crate) const CORRECTIONS: u32 = 1;

/// How long others may be kept from asking by one call that failed.
pub(crate) const LONGEST_BAR_MS: u64 = Retry::USUAL.longest_ms;

/// With less time left than that nobody sends anything after others did.
pub(crate) const SHORT_MS: u64 = 100;

/// The longest life that is believed.
pub(crate) const DAY_MS: u64 = 24 * 3600 * 1000;

/// What a missing `expires_in` means.
pub(crate) const USUAL_LIFE_S: u64 = 3600;

/// What the core does not keep yet. Each is held against it with `--promise NAME`, and should once it is kept be so always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// The time that an answer was under way is taken off its token's life.
    Lag,
    /// A call whose last attempt failed looks whether there is a token all the same, as where another took over.
    LateLook,
    /// A call whose time was refused corrects it, though another has corrected the credential's meanwhile.
    EachClock,
    /// Where the monotonic clock stands still, those who are to leave a server alone ask again all the same.
    StandingClock,
    /// A token that came early and ends sooner than the one that is had does not take its place.
    Sooner,
}

impl Open {
    pub(crate) const ALL: [Open; 5] = [Open::Lag, Open::LateLook, Open::EachClock, Open::StandingClock, Open::Sooner];

    /// Whether the core is held to it.
    pub(crate) fn holds(self) -> bool {
        HELD_TO.load(Ordering::Relaxed) & 1 << self as u32 != 0
    }

    /// From now on the core is held to it.
    pub(crate) fn hold(self) {
        HELD_TO.fetch_or(1 << self as u32, Ordering::Relaxed);
    }
}

static HELD_TO: AtomicU32 = AtomicU32::new(0);
