//! What is walked: each of a list is small enough to be walked to its end, but for the longest.

use crate::bounds::Bounds;
use crate::provider::Mode;

/// How much of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// A second's, for every run of the tests.
    Short,
    /// Enough to notice what is broken in one place.
    Middle,
    /// Minutes'.
    Long,
    /// Nobody has seen the end of it: three jobs with a slow answer did not come to theirs in ten minutes.
    Longest,
}

pub(crate) fn list(length: Length, mode: Mode) -> Vec<Bounds> {
    let quiet = Bounds { mode, jobs: 3, expiries: 2, faults: 0, slow: 0, lapses: 0, calls: 1, edits: 0 };
    let edited = Bounds { jobs: 2, expiries: 1, edits: 1, ..quiet };
    let paused = Bounds { jobs: 2, lapses: 1, ..quiet };
    let slow = Bounds { slow: 1, ..paused };
    let faulty = Bounds { faults: 1, ..paused };
    match length {
        Length::Short => vec![quiet, edited, Bounds { expiries: 1, ..slow }, Bounds { expiries: 1, ..faulty }],
        Length::Middle => vec![quiet, edited, slow, Bounds { calls: 2, lapses: 2, ..paused }, faulty],
        Length::Long => vec![
            Bounds { calls: 2, ..quiet },
            Bounds { jobs: 4, ..quiet },
            Bounds { expiries: 2, edits: 2, ..edited },
            Bounds { expiries: 1, edits: 1, ..faulty },
            Bounds { calls: 2, ..slow },
            faulty,
        ],
        Length::Longest => vec![
            Bounds { jobs: 3, ..slow },
            Bounds { faults: 1, ..slow },
            Bounds { calls: 2, ..faulty },
            Bounds { faults: 2, lapses: 2, ..faulty },
            Bounds { jobs: 3, ..faulty },
        ],
    }
}
