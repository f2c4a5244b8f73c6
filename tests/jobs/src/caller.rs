//! A job with the core's own machine, and what becomes of it when it is told something.
//!
//! A step reads and writes JSON, which takes longer than all else that the checker does. It depends on nothing but the job, what the job
//! is told, and the time: the worlds in which the same job is told the same are many, and the step is taken for the first of them alone.

use crate::known::{Known, Shelf};
use crate::provider::Mode;
use cloud_run_auth::config::Limits;
use cloud_run_auth::credential::Terms;
use cloud_run_auth::grant::{Scopes, Target};
use cloud_run_auth::http::Response;
use cloud_run_auth::secret::{Secret, Vault};
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Action, Event, Record};
use cloud_run_auth::user::{Job, Papers, Shared};
use dashmap::DashMap;
use std::sync::LazyLock;

/// When it all begins.
pub(crate) const BEGIN_S: u32 = 1_800_000_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    job: Job,
    papers: (Known<str>, Known<str>),
    pub(crate) pending: Pending,
    /// How many calls it has yet to make.
    pub(crate) calls: u8,
    /// Whether its last call had an error.
    pub(crate) failed: bool,
}

/// What a job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pending {
    Nothing,
    Load(Place),
    Store {
        place: Place,
        value: Known<str>,
        expected: Option<u32>,
    },
    Send {
        refresh_token: Known<str>,
        sent_s: u32,
    },
    Wait,
    /// It has happened, and the job is yet to be told.
    Told(Word),
    /// Something that no job should want.
    Strange,
}

/// A record's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Token,
    Lease,
}

/// A record of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kept {
    pub(crate) version: u32,
    pub(crate) value: Known<str>,
    pub(crate) at_s: u32,
}

/// What a job is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Word {
    /// To begin its next call.
    Begun,
    Woken,
    Failed(&'static str),
    /// What the store held, and when.
    Loaded(Option<Kept>, u32),
    Stored(Option<u32>),
    /// Status, body, and when.
    Answered(u16, Known<str>, u32),
}

/// Which job it is, told what, and when.
type Step = (Known<Caller>, usize, Word, u32, Mode);
/// What becomes of it, and the token that it had at the end.
type Next = (Known<Caller>, Option<Known<str>>);

static TEXTS: LazyLock<Shelf<str>> = LazyLock::new(Shelf::new);
static CALLERS: LazyLock<Shelf<Caller>> = LazyLock::new(Shelf::new);
static STEPS: LazyLock<DashMap<Step, Next, ahash::RandomState>> = LazyLock::new(DashMap::default);

pub(crate) fn known(text: &str) -> Known<str> {
    TEXTS.known(text)
}

impl Known<Caller> {
    /// One that has so many calls to make.
    pub(crate) fn new(calls: u8) -> Known<Caller> {
        CALLERS.known(Caller::idle(calls))
    }

    /// Killed: what it was about is gone.
    pub(crate) fn crashed(self) -> Known<Caller> {
        Known::<Caller>::new(self.calls)
    }

    /// The job while it is not told what has happened.
    pub(crate) fn yet_to_be_told(self, word: Word) -> Known<Caller> {
        CALLERS.known(Caller { pending: Pending::Told(word), ..(*self).clone() })
    }

    /// The job once it was told that, as the one at that place among all, and the token that its call had.
    pub(crate) fn told(self, at: usize, word: Word, now_s: u32, mode: Mode) -> Next {
        let step = (self, at, word, now_s, mode);
        if let Some(next) = STEPS.get(&step) {
            return *next;
        }
        let mut next = (*self).clone();
        let had = next.tell(at, word, now_s, mode).unwrap_or_else(|| {
            next = Caller { pending: Pending::Strange, ..Caller::idle(0) };
            None
        });
        let next = (CALLERS.known(next), had);
        STEPS.insert(step, next);
        next
    }
}

impl Caller {
    fn idle(calls: u8) -> Caller {
        let none = known("");
        Caller { job: Job::default(), papers: (none, none), pending: Pending::Nothing, calls, failed: false }
    }

    /// The token that its call had, if it has ended with one. None if the machine wants something strange.
    fn tell(&mut self, at: usize, word: Word, now_s: u32, mode: Mode) -> Option<Option<Known<str>>> {
        if word == Word::Begun {
            *self = Caller::idle(self.calls.checked_sub(1)?);
            self.job = Job::new(&format!("j{at}c{}", self.calls), 0);
        }
        // Each has a clock of its own.
        let ahead_s = u32::try_from(at).ok()?.saturating_mul(100);
        let clock_ms = ms(now_s.saturating_add(ahead_s));
        let now = Now::new(clock_ms, clock_ms.saturating_sub(ms(BEGIN_S)));
        let mut vault = Vault::new();
        let mut papers = Papers::new(Secret::new(&*self.papers.0), Secret::new(&*self.papers.1));
        let shared = Shared::new("u", &Terms::google()).rotating(mode != Mode::Fixed);
        let target = Target::access_token(Scopes::parse("openid").ok()?);
        let event = word.event();
        let action = self.job.step(&mut papers, (&shared, &target, &Limits::default()), event, &mut vault, now);
        self.job.still();
        let (read, made) = papers.expose();
        self.papers = (known(read.expose_text()), known(made.expose_text()));
        self.pending = match action {
            Action::Load { record } => Pending::Load(Place::of(&record)?),
            Action::Store { record, value, expected } => Pending::Store {
                place: Place::of(&record)?,
                value: known(vault.take(value)?.expose_text()),
                expected: match expected {
                    Some(version) => Some(version.parse().ok()?),
                    None => None,
                },
            },
            Action::Wait { .. } => Pending::Wait,
            Action::Send(request) => {
                let body = vault.take(request.body?)?;
                let token = body.expose_text().split('&').find_map(|pair| pair.strip_prefix("refresh_token="))?;
                Pending::Send { refresh_token: known(token), sent_s: now_s }
            }
            Action::Done(Ok(outcome)) => {
                *self = Caller::idle(self.calls);
                return Some(Some(known(vault.take(outcome.token)?.expose_text())));
            }
            Action::Done(Err(_)) => {
                *self = Caller { failed: true, ..Caller::idle(self.calls) };
                return Some(None);
            }
            _ => return None,
        };
        Some(None)
    }
}

impl Place {
    fn of(record: &str) -> Option<Place> {
        match record {
            "u" => Some(Place::Token),
            "u.lease" => Some(Place::Lease),
            _ => None,
        }
    }
}

impl Word {
    /// The provider has too much to do.
    pub(crate) fn busy(now_s: u32) -> Word {
        Word::Answered(503, known(""), now_s)
    }

    fn event(self) -> Event {
        match self {
            Word::Begun => Event::Begun,
            Word::Woken => Event::Woken,
            Word::Failed(why) => Event::Failed(why.to_owned()),
            Word::Loaded(kept, now_s) => Event::Loaded(kept.map(|kept| Record {
                value: Secret::new(&*kept.value),
                version: kept.version.to_string(),
                written_at_ms: ms(kept.at_s),
                now_ms: ms(now_s),
            })),
            Word::Stored(version) => Event::Stored(version.map(|version| version.to_string())),
            Word::Answered(status, body, now_s) => Event::Answered(Response {
                status,
                date_ms: Some(ms(now_s)),
                retry_after_ms: None,
                body: Secret::new(&*body),
            }),
        }
    }
}

fn ms(seconds: u32) -> u64 {
    u64::from(seconds).saturating_mul(1000)
}
