//! What the core promises, in one place: windows, margins and steps, worked out apart from the core.

use cloud_run_auth::config::{Limits, Retry};

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
pub(crate) const CORRECTIONS: u32 = 2;

/// The longest life that is believed.
pub(crate) const DAY_MS: u64 = 24 * 3600 * 1000;

/// What a missing `expires_in` means.
pub(crate) const USUAL_LIFE_S: u64 = 3600;

/// Whether the time that an answer was under way is taken off its token's life. It is not yet.
pub(crate) const COUNTS_LAG: bool = false;

/// Whether a leader whose flight failed looks whether there is a token all the same, as where another took over. It does not yet.
pub(crate) const LEADERS_LOOK_AGAIN: bool = false;

/// Whether a refresh token that comes late does not take the place of one that came of a later exchange. It still does.
pub(crate) const ROTATES_IN_ORDER: bool = false;

/// Whether a follower that slept over the end of the token it waited for is not given it. It still is.
pub(crate) const SLEEPERS_LOOK_AT_THE_END: bool = false;

/// Whether a call whose time was refused corrects it though another has corrected the credential's meanwhile. It does not yet.
pub(crate) const CORRECTS_EACH: bool = false;

/// Whether the monotonic clock may stand still, and those who are to leave a server alone ask again all the same. They do not yet.
pub(crate) const ASKS_WHILE_CLOCKS_STAND: bool = false;
