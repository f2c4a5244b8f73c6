//! Sessions and their calls: what is known of each.

use crate::host::Shared;
use crate::replies::Life;
use cloud_run_auth::config::Retry;
use cloud_run_auth::token::{CredentialId, FlightId, Mode, OperationId};

/// What people hold: one account, one target.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) host: usize,
    /// Account and target.
    pub(crate) place: (usize, usize),
    pub(crate) timeout_ms: u64,
    pub(crate) retry: Retry,
    /// Whether each request makes a new one, which remembers nothing.
    pub(crate) anew: bool,
    pub(crate) slot: Option<Shared>,
    /// The credential's number in the core, of that epoch.
    pub(crate) known: Option<(u32, CredentialId)>,
    /// How often its callers still come.
    pub(crate) left: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Runs,
    Had,
    Failed,
    GivenUp,
    Vanished,
}

/// A token of an answer, by its number, and what was said of its life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granted {
    pub(crate) token: usize,
    pub(crate) told: Told,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    /// A server's words, and its `Date`; whether they are not so.
    Answer { life: Life, date_ms: Option<u64>, lies: bool },
    /// When it ends, if the function said so.
    Function { ends_ms: Option<u64> },
}

/// A call for a token.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) session: usize,
    pub(crate) host: usize,
    pub(crate) place: (usize, usize),
    pub(crate) mode: Mode,
    /// Whether nobody waits for it.
    pub(crate) background: bool,
    pub(crate) begun_at: u64,
    pub(crate) deadline_ms: u64,
    pub(crate) retry: Retry,
    pub(crate) state: State,
    pub(crate) op: Option<OperationId>,
    pub(crate) epoch: u32,
    pub(crate) leads: Option<FlightId>,
    /// From which flight on a failure is one of its own tries.
    pub(crate) follows: Option<FlightId>,
    /// The number of the action that is out.
    pub(crate) action: u32,
    /// How often it may still begin anew.
    pub(crate) tries: u8,
    pub(crate) resends: u8,
    /// Exchanges that failed.
    pub(crate) failures: u32,
    /// How many of them were its own: those of others are forgotten after a while.
    pub(crate) own_failures: u32,
    /// How long it waited before it tried again for the first time.
    pub(crate) first_wait_ms: Option<u64>,
    /// Requests of this exchange.
    pub(crate) requests: u32,
    /// Whether the last one was to find out whether a server is there.
    pub(crate) probes: bool,
    /// When it was.
    pub(crate) sent_at: u64,
    pub(crate) faults: u32,
    /// The last answer was a refusal for good; one of the time that it said; asked to be left alone.
    pub(crate) permanent: bool,
    pub(crate) skewed: bool,
    pub(crate) asked_ms: Option<u64>,
    /// How often the time was refused; and with the right time beside it.
    pub(crate) skews: u32,
    pub(crate) honest_skews: u32,
    /// Whether it was put right in this call.
    pub(crate) corrected: bool,
    /// The token of the last answer.
    pub(crate) granted: Option<Granted>,
    /// Its host slept while an answer was on its way.
    pub(crate) slept: bool,
}

impl Session {
    /// One that nobody has asked for anything.
    pub(crate) fn new(host: usize, place: (usize, usize), timeout_ms: u64) -> Session {
        Session { host, place, timeout_ms, retry: Retry::USUAL, anew: false, slot: None, known: None, left: 0 }
    }
}

impl Call {
    /// One that has not begun.
    pub(crate) fn new(
        session: usize,
        at: &Session,
        (mode, background, resends): (Mode, bool, u8),
        begun_at: u64,
        deadline_ms: u64,
    ) -> Call {
        Call {
            session,
            host: at.host,
            place: at.place,
            mode,
            background,
            begun_at,
            deadline_ms,
            retry: at.retry,
            state: State::Runs,
            op: None,
            epoch: 0,
            leads: None,
            follows: None,
            action: 0,
            tries: 3,
            resends,
            failures: 0,
            own_failures: 0,
            first_wait_ms: None,
            requests: 0,
            probes: false,
            sent_at: 0,
            faults: 0,
            permanent: false,
            skewed: false,
            asked_ms: None,
            skews: 0,
            honest_skews: 0,
            corrected: false,
            granted: None,
            slept: false,
        }
    }
}
