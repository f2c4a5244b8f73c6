//! What the core promises, in one place: windows, margins and steps, worked out apart from the core.

use cloud_run_auth::config::Limits;

/// How long before its end a token counts as expired.
pub(crate) fn margin_ms(limits: &Limits, life_ms: u64) -> u64 {
    limits.expiry_margin_ms.min(life_ms / 10)
}

/// How long before its end a token may be refreshed at the earliest.
pub(crate) fn window_ms(limits: &Limits, life_ms: u64, _of_metadata: bool) -> u64 {
    limits.refresh_early_ms.min(life_ms / 4)
}

/// How long nothing is asked after an early refresh that brought nothing better.
pub(crate) fn step_ms(limits: &Limits, _life_ms: u64, _of_metadata: bool) -> u64 {
    limits.refresh_pause_ms
}

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
