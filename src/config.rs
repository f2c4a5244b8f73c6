//! Margins, windows and limits in one place, so that tests can scale time and hosts can set their own.

/// What decides how long things are kept, waited for and asked for.
///
/// ```
/// use cloud_run_auth::config::Limits;
/// let tests = Limits { refresh_early_ms: 50, expiry_margin_ms: 10, ..Limits::default() };
/// assert_eq!(tests.cached_tokens, 1000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Tokens kept at most; the least recently used goes first. Default 1,000.
    pub cached_tokens: usize,
    /// Credentials kept at most; the least recently used goes first. Default 1,000.
    pub credentials: usize,
    /// Calls that may wait for a token at the same time. Default 65,536.
    pub operations: usize,
    /// A token counts as expired this long before it is. Default 30 s (gRPC proposal A83);
    /// never more than a tenth of the token's life.
    pub expiry_margin_ms: u64,
    /// A token is refreshed, while it is still served, this long before it expires. Default five minutes;
    /// never more than a quarter of the token's life.
    pub refresh_early_ms: u64,
    /// As [`refresh_early_ms`](Limits::refresh_early_ms), for tokens of the metadata server, which hands out the same one until
    /// four to five minutes before its end. Default 225 s.
    pub metadata_refresh_early_ms: u64,
    /// From one early refresh to the next, less by up to a quarter. Default 10 s; never more than an eighth of the window in which a
    /// token is refreshed early. So long may each of its requests take, too, or a second.
    pub refresh_pause_ms: u64,
    /// How long one request to a token endpoint may take. Default 30 s.
    pub exchange_timeout_ms: u64,
    /// How long the metadata server may take to show that it is there. Default 500 ms: it is on the same machine.
    pub probe_timeout_ms: u64,
    /// How long nobody looks again for a metadata server that was not there. Default 60 s.
    pub absence_kept_ms: u64,
    /// How long an assertion is valid, in seconds. Default and most: 3600 (AIP-4112).
    pub assertion_lifetime_s: u64,
    /// How often a follower looks where it cannot be woken. Default 25 ms.
    pub follow_every_ms: u64,
    /// After this long without an answer a flight counts as dead and one follower takes it over.
    /// Default: never, for hosts where whoever leads a flight is sure to end it. Workers: 2 s.
    pub flight_dead_after_ms: Option<u64>,
    /// How long a finished flight's failure is told to those who followed it. Default 10 s.
    pub failure_told_ms: u64,
}

impl Limits {
    /// What [`Limits::default`] gives.
    pub(crate) const fn usual() -> Limits {
        Limits {
            cached_tokens: 1000,
            credentials: 1000,
            operations: 65_536,
            expiry_margin_ms: 30_000,
            refresh_early_ms: 300_000,
            metadata_refresh_early_ms: 225_000,
            refresh_pause_ms: 10_000,
            exchange_timeout_ms: 30_000,
            probe_timeout_ms: 500,
            absence_kept_ms: 60_000,
            assertion_lifetime_s: 3600,
            follow_every_ms: 25,
            flight_dead_after_ms: None,
            failure_told_ms: 10_000,
        }
    }
}

/// How often, and after how long, what failed is tried again.
///
/// ```
/// use cloud_run_auth::config::Retry;
/// assert_eq!(Retry::default().attempts, 3);
/// assert_eq!(Retry { attempts: 5, ..Retry::default() }.delay_ms, 500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retry {
    /// Attempts in all; 1: nothing is tried again. Default 3.
    pub attempts: u32,
    /// The longest wait before the second attempt, in milliseconds; it doubles with each further one. How long the wait is within
    /// that is left to chance, so that those who failed together do not come back together. Default 500 ms.
    pub delay_ms: u64,
    /// What the longest wait doubles to at most. Default 30 s. Where a server asks for a longer one (RFC 9110, section 10.2.3), its
    /// word counts.
    pub longest_ms: u64,
}

impl Retry {
    /// What [`Retry::default`] gives.
    pub const USUAL: Retry = Retry { attempts: 3, delay_ms: 500, longest_ms: 30_000 };

    /// Nothing is tried again.
    pub const OFF: Retry = Retry { attempts: 1, ..Retry::USUAL };

    /// How long nothing is to be tried after so many attempts.
    pub(crate) fn wait_ms(&self, tried: u32, asked_ms: u64, random: u64) -> u64 {
        let doubled = tried.saturating_sub(1).min(16);
        // Only of a delay of millennia bits are lost.
        let most = (self.delay_ms << doubled).min(self.longest_ms);
        random.checked_rem(most.wrapping_add(1)).unwrap_or_default().max(asked_ms)
    }
}

/// How jobs that share a user's token take turns in refreshing it.
///
/// ```
/// use cloud_run_auth::config::Turns;
/// assert_eq!(Turns::default().lease_ms, 30_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Turns {
    /// How long one job may take before another may, in milliseconds. Default 30 s.
    pub lease_ms: u64,
    /// How long at most a job that waits for another one waits before it looks again, in milliseconds. Default 1 s.
    pub follow_ms: u64,
}

impl Default for Turns {
    fn default() -> Self {
        Turns { lease_ms: 30_000, follow_ms: 1_000 }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Retry::USUAL
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::usual()
    }
}

/// The largest answer of a token endpoint that is read, in bytes.
pub const LARGEST_ANSWER: usize = 1024 * 1024;

/// The longest life that is believed of any token: a day.
pub const LONGEST_LIFE_MS: u64 = 24 * 60 * 60 * 1000;
