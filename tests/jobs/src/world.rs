//! Some jobs, a store and a provider: a state that they can come to, and what happens in it.

use crate::caller::{BEGIN_S, Caller, Kept, Pending, Place, Word, known};
use crate::known::Known;
use crate::provider::{Mode, Provider};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now_s: u32,
    pub(crate) token: Kept,
    lease: Option<Kept>,
    next_version: u32,
    pub(crate) provider: Provider,
    pub(crate) callers: Vec<Known<Caller>>,
    /// Writes that come late: their sender no longer waits for them.
    pub(crate) late: Vec<Pending>,
    /// How much of each may yet come.
    pub(crate) left: Left,
    /// Whether a job had a token that had ended.
    pub(crate) ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    /// Ends of a token.
    pub(crate) expiries: u8,
    /// Of all sorts: crashes, what is lost on the way, and the like.
    pub(crate) faults: u8,
    /// Answers that come late.
    pub(crate) slow: u8,
    /// How often a whole lease may pass at any moment.
    pub(crate) lapses: u8,
    /// How often somebody else writes the record anew, as it was.
    pub(crate) edits: u8,
}

/// More than a lease, and more than a request may take.
const LAPSE_S: u32 = 31;
/// How long a request may take.
const TIMEOUT_S: u32 = 30;

impl World {
    pub(crate) fn new(mode: Mode, jobs: usize, calls: u8, left: Left) -> World {
        let value = r#"{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"R0","token":"A0","expiry":"2027-01-15T09:00:00Z","write_id":"login"}"#;
        World {
            now_s: BEGIN_S,
            token: Kept { version: 1, value: known(value), at_s: BEGIN_S },
            lease: None,
            next_version: 2,
            provider: Provider::new(mode, BEGIN_S),
            callers: vec![Known::<Caller>::new(calls); jobs],
            late: Vec::new(),
            left,
            ended: false,
        }
    }

    /// Takes one of what may yet come.
    pub(crate) fn take(&mut self, one: impl Fn(&mut Left) -> &mut u8) -> Option<()> {
        let left = one(&mut self.left);
        *left = left.checked_sub(1)?;
        Some(())
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, seconds: u32) {
        self.now_s = self.now_s.saturating_add(seconds);
    }

    /// Lets a whole lease pass.
    pub(crate) fn lapse(&mut self) {
        self.pass(LAPSE_S);
    }

    /// Writes the token's record anew, as it was.
    pub(crate) fn edit(&mut self) {
        self.token.version = self.new_version();
    }

    /// Whether what was given for a token that is good for one use is in the record: a job that waits may have it yet to write, as
    /// others' edits put it off.
    pub(crate) fn is_written(&self) -> bool {
        self.provider.mode != Mode::Strict || self.token.value.contains(&self.provider.newest())
    }

    /// What a job waits for happens: what it is told of it.
    pub(crate) fn happen(&mut self, pending: Pending) -> Option<Word> {
        Some(match pending {
            Pending::Nothing | Pending::Strange => return None,
            Pending::Wait => Word::Woken,
            Pending::Told(word) => word,
            Pending::Load(place) => Word::Loaded(self.kept(place), self.now_s),
            Pending::Store { place, value, expected } => {
                if self.kept(place).map(|kept| kept.version) != expected {
                    return Some(Word::Stored(None));
                }
                let kept = Kept { version: self.new_version(), value, at_s: self.now_s };
                match place {
                    Place::Token => self.token = kept,
                    Place::Lease => self.lease = Some(kept),
                }
                Word::Stored(Some(kept.version))
            }
            Pending::Send { refresh_token, sent_s } => {
                // Whoever stopped in the very moment between the look at the clock and the request has lost it.
                if self.now_s.saturating_sub(sent_s) > TIMEOUT_S {
                    Word::Failed("timeout")
                } else {
                    let (status, body) = self.provider.refresh(&refresh_token, self.now_s);
                    Word::Answered(status, known(&body), self.now_s)
                }
            }
        })
    }

    /// A job is told of a failure.
    pub(crate) fn fail(&mut self, at: usize) -> Option<()> {
        self.take(|left| &mut left.faults)?;
        self.tell(at, Word::Failed("reset"))
    }

    pub(crate) fn tell(&mut self, at: usize, word: Word) -> Option<()> {
        let caller = self.callers.get_mut(at)?;
        let (next, had) = caller.told(at, word, self.now_s, self.provider.mode);
        *caller = next;
        self.ended |= had.is_some_and(|token| !self.provider.is_good(&token, self.now_s));
        Some(())
    }

    fn kept(&self, place: Place) -> Option<Kept> {
        match place {
            Place::Token => Some(self.token),
            Place::Lease => self.lease,
        }
    }

    fn new_version(&mut self) -> u32 {
        let version = self.next_version;
        self.next_version = version.saturating_add(1);
        version
    }
}
