//! What goes wrong between a host and a server.

use crate::dice::Dice;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Refused,
    Dns,
    /// The connection breaks after the server has done its work.
    Reset,
    /// Half of the answer comes as if it were the whole.
    Torn,
    /// Nothing comes until the host's own timeout.
    Blackhole,
    Slow {
        ms: u64,
    },
    Html,
    Opaque,
    Busy {
        status: u16,
        retry_after_s: Option<u64>,
    },
    /// `expires_in` is that.
    Expires(&'static str),
    /// The ID token in it is for somebody else.
    Astray,
    /// `Date` is missing.
    Undated,
    /// `Date` is off by so many seconds.
    Misdated(i64),
}

impl Fault {
    pub(crate) fn any(dice: &mut Dice) -> Fault {
        match dice.below(15) {
            0 => Fault::Refused,
            1 => Fault::Dns,
            2 => Fault::Reset,
            3 => Fault::Torn,
            4 => Fault::Blackhole,
            5 => Fault::Slow { ms: dice.between(500, 59_000) },
            6 => Fault::Html,
            7 => Fault::Opaque,
            8 => Fault::Busy { status: 500, retry_after_s: None },
            9 => Fault::Busy { status: 429, retry_after_s: dice.pick(&[None, Some(1), Some(30)]) },
            10 => Fault::Busy { status: 503, retry_after_s: dice.pick(&[None, Some(2), Some(45)]) },
            11 => Fault::Expires(dice.pick(&["", "-1", "0", "\"600\"", "1e18", "null", "\"soon\""])),
            12 => Fault::Undated,
            13 => Fault::Astray,
            _ => Fault::Misdated(dice.pick(&[-7200, -600, 600, 86_400, 31_536_000])),
        }
    }

    /// Whether no token can come of an answer so spoilt.
    pub(crate) fn is_outage(self) -> bool {
        !matches!(self, Fault::Slow { .. } | Fault::Astray | Fault::Expires(_) | Fault::Undated | Fault::Misdated(_))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Weather {
    /// Requests of a hundred that meet a fault of their own.
    pub(crate) noise: u64,
    /// What all meet, and until when.
    pub(crate) outage: Option<(Fault, u64)>,
}

impl Weather {
    pub(crate) fn at(&self, time: u64, dice: &mut Dice) -> Option<Fault> {
        match self.outage {
            Some((fault, until)) if time < until => Some(fault),
            _ if self.noise > 0 && dice.percent(self.noise) => Some(Fault::any(dice)),
            _ => None,
        }
    }
}
