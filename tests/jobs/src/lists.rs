//! What is walked: each of a list is small enough to be walked to its end.

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
}

pub(crate) fn list(length: Length, mode: Mode) -> Vec<Bounds> {
    let quiet = Bounds { mode, jobs: 3, expiries: 2, faults: 0, lapses: 0, calls: 1, edits: 0 };
    let edited = Bounds { jobs: 2, expiries: 1, edits: 1, ..quiet };
    let faulty = Bounds { jobs: 2, faults: 1, lapses: 1, ..quiet };
    match length {
        Length::Short => vec![quiet, edited, Bounds { expiries: 1, ..faulty }],
        Length::Middle => {
            vec![quiet, edited, Bounds { faults: 0, calls: 2, ..faulty }, Bounds { lapses: 2, ..faulty }]
        }
        Length::Long => vec![
            Bounds { calls: 2, ..quiet },
            Bounds { jobs: 4, ..quiet },
            Bounds { expiries: 2, edits: 2, ..edited },
            Bounds { expiries: 1, edits: 1, ..faulty },
            Bounds { calls: 2, ..faulty },
            Bounds { faults: 2, lapses: 2, ..faulty },
            Bounds { jobs: 3, expiries: 1, faults: 2, ..faulty },
            Bounds { jobs: 3, ..faulty },
        ],
    }
}
