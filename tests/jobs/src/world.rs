//! Some jobs, a store, a provider, and whatever can go wrong between them: each state that they can come to, and each step from it.

use crate::provider::{LIFE_S, Mode, Provider};
use cloud_run_auth::config::Limits;
use cloud_run_auth::credential::Terms;
use cloud_run_auth::grant::{Scopes, Target};
use cloud_run_auth::http::Response;
use cloud_run_auth::secret::{Secret, Vault};
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Action, Event, Record};
use cloud_run_auth::user::{Job, Papers, Shared};
use stateright::{Model, Property};

/// How many jobs, how many ends of tokens, and how much may go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) mode: Mode,
    pub(crate) jobs: usize,
    pub(crate) expiries: u8,
    pub(crate) faults: u8,
    /// How often a whole lease may pass at any moment.
    pub(crate) lapses: u8,
    /// How many calls each job makes.
    pub(crate) calls: u8,
    /// How often somebody else writes the record anew, as it was.
    pub(crate) edits: u8,
}

/// What a job waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pending {
    Nothing,
    Load(String),
    Store { record: String, value: String, expected: Option<String> },
    Send { refresh_token: String, sent_s: u32 },
    Wait,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    job: Job,
    papers: (String, String),
    pending: Pending,
    calls: u8,
    failed: bool,
}

/// A record of the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kept {
    version: u32,
    value: String,
    at_s: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now_s: u32,
    pub(crate) token: Kept,
    lease: Option<Kept>,
    next_version: u32,
    pub(crate) provider: Provider,
    pub(crate) callers: Vec<Caller>,
    /// Writes that come late: their sender no longer waits for them.
    late: Vec<Pending>,
    pub(crate) expiries: u8,
    pub(crate) ended: u8,
    faults: u8,
    lapses: u8,
    edits: u8,
    /// Whether a call had an error although nothing was at fault.
    pub(crate) troubled: bool,
}

/// One step of the world's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Move {
    Begin(usize),
    /// What the job waits for happens, and it learns of it.
    Happen(usize),
    /// It happens, and the job is told of a failure.
    AnswerLost(usize),
    /// It does not happen, and the job is told of a failure.
    Lost(usize),
    /// The job is told of a failure, and it happens at some later time.
    Delayed(usize),
    /// A delayed write comes.
    Land(usize),
    /// The provider has too much to do.
    Busy(usize),
    /// The job is killed.
    Crash(usize),
    /// More than a lease passes.
    Lapse,
    /// Somebody writes the record anew, as it was.
    Edit,
    /// The token comes into the window in which it is refreshed, or to its end.
    Age(bool),
}

/// What has to be seen somewhere.
pub(crate) const HAD: &str = "a token is refreshed";
/// The same, where tokens are good for one use.
pub(crate) const LOST: &str = "a token is lost";

const BEGIN_S: u32 = 1_800_000_000;

impl Model for Bounds {
    type State = World;
    type Action = Move;

    fn init_states(&self) -> Vec<World> {
        let value = r#"{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"R0","token":"A0","expiry":"2027-01-15T09:00:00Z","write_id":"login"}"#;
        let callers = (0..self.jobs)
            .map(|_| Caller {
                job: Job::default(),
                papers: (String::new(), String::new()),
                pending: Pending::Nothing,
                calls: self.calls,
                failed: false,
            })
            .collect();
        vec![World {
            now_s: BEGIN_S,
            token: Kept { version: 1, value: value.to_owned(), at_s: BEGIN_S },
            lease: None,
            next_version: 2,
            provider: Provider::new(self.mode),
            callers,
            late: Vec::new(),
            expiries: self.expiries,
            ended: 0,
            faults: self.faults,
            lapses: self.lapses,
            edits: self.edits,
            troubled: false,
        }]
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        for (at, caller) in world.callers.iter().enumerate() {
            if caller.pending == Pending::Nothing {
                // Alike as long as none has begun: it does not matter which one is first.
                if caller.calls > 0 {
                    moves.push(Move::Begin(at));
                }
                continue;
            }
            moves.push(Move::Happen(at));
            if world.faults == 0 || caller.pending == Pending::Wait {
                continue;
            }
            moves.push(Move::Crash(at));
            moves.push(Move::Lost(at));
            match &caller.pending {
                Pending::Store { .. } => moves.extend([Move::AnswerLost(at), Move::Delayed(at)]),
                Pending::Send { .. } => moves.extend([Move::AnswerLost(at), Move::Busy(at)]),
                _ => {}
            }
        }
        moves.extend((0..world.late.len()).map(Move::Land));
        if world.lapses > 0 {
            moves.push(Move::Lapse);
        }
        if world.edits > 0 {
            moves.push(Move::Edit);
        }
        // Where nothing goes wrong, nobody stands still for an hour in the middle of something.
        let quiet = self.faults == 0 && self.lapses == 0;
        let idle = |caller: &Caller| matches!(caller.pending, Pending::Nothing | Pending::Wait);
        if world.expiries > 0 && (!quiet || world.callers.iter().all(idle)) {
            moves.extend([Move::Age(false), Move::Age(true)]);
        }
    }

    fn next_state(&self, world: &World, step: Move) -> Option<World> {
        let mut next = world.clone();
        match step {
            Move::Begin(at) => {
                let caller = next.callers.get_mut(at)?;
                caller.calls = caller.calls.saturating_sub(1);
                caller.job = Job::new(&format!("j{at}c{}", caller.calls), 0);
                caller.papers = (String::new(), String::new());
                next.tell(at, Event::Begun)?;
            }
            Move::Happen(at) => {
                let pending = next.callers.get(at)?.pending.clone();
                let event = next.happen(&pending)?;
                next.tell(at, event)?;
            }
            Move::AnswerLost(at) => {
                let pending = next.callers.get(at)?.pending.clone();
                next.happen(&pending)?;
                next.fail(at)?;
            }
            Move::Lost(at) => next.fail(at)?,
            Move::Delayed(at) => {
                let pending = next.callers.get(at)?.pending.clone();
                next.late.push(pending);
                next.fail(at)?;
            }
            Move::Land(at) => {
                let pending = next.late.remove(at);
                next.happen(&pending)?;
            }
            Move::Busy(at) => {
                next.faults = next.faults.checked_sub(1)?;
                next.tell(at, answer(503, String::new(), next.now_s))?;
            }
            Move::Crash(at) => {
                next.faults = next.faults.checked_sub(1)?;
                let caller = next.callers.get_mut(at)?;
                caller.pending = Pending::Nothing;
                caller.job = Job::default();
                caller.papers = (String::new(), String::new());
            }
            Move::Lapse => {
                next.lapses = next.lapses.checked_sub(1)?;
                next.pass(31);
            }
            Move::Edit => {
                next.edits = next.edits.checked_sub(1)?;
                next.token.version = next.next_version;
                next.next_version = next.next_version.saturating_add(1);
            }
            Move::Age(whole) => {
                next.expiries = next.expiries.checked_sub(1)?;
                let until_s = next.token.at_s.saturating_add(LIFE_S).saturating_sub(if whole { 0 } else { 200 });
                let passing_s = until_s.checked_sub(next.now_s).filter(|seconds| *seconds > 300)?;
                next.ended = next.ended.saturating_add(1);
                next.pass(passing_s);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![Property::<Self>::sometimes(HAD, |_, world| world.provider.exchanges > 0)];
        if self.mode == Mode::Strict && self.is_lossy() {
            // What nobody can help, and the documentation says.
            all.push(Property::<Self>::sometimes(LOST, |_, world| world.provider.revoked));
        } else {
            all.push(Property::<Self>::always("no token is invalidated", |_, world| {
                !world.provider.revoked && !world.token.value.contains("needs_reauth")
            }));
        }
        // Whose record is written by others while it is refreshed may have to look, and to go, once more.
        if self.faults == 0 && self.lapses == 0 && self.edits == 0 {
            all.push(Property::<Self>::always("one exchange an expiry", |_, world| {
                world.provider.exchanges <= u32::from(world.ended)
            }));
            all.push(Property::<Self>::always("no call fails", |_, world| !world.troubled));
        }
        all
    }
}

impl Bounds {
    /// Whether something can go wrong that costs a token which is good for one use.
    pub(crate) fn is_lossy(&self) -> bool {
        self.faults > 0 || self.edits > 0 || self.lapses > 0
    }
}

impl World {
    /// Lets time pass. A request that was sent before does not come later than its sender would have waited for it.
    fn pass(&mut self, seconds: u32) {
        self.now_s = self.now_s.saturating_add(seconds);
    }

    fn happen(&mut self, pending: &Pending) -> Option<Event> {
        Some(match pending {
            Pending::Nothing => return None,
            Pending::Wait => Event::Woken,
            Pending::Load(record) => {
                let kept = if record.ends_with(".lease") { self.lease.as_ref() } else { Some(&self.token) };
                Event::Loaded(kept.map(|kept| Record {
                    value: Secret::new(kept.value.as_str()),
                    version: kept.version.to_string(),
                    written_at_ms: u64::from(kept.at_s).saturating_mul(1000),
                    now_ms: u64::from(self.now_s).saturating_mul(1000),
                }))
            }
            Pending::Store { record, value, expected } => {
                let version = self.next_version;
                let kept = Kept { version, value: value.clone(), at_s: self.now_s };
                let there = if record.ends_with(".lease") { self.lease.as_ref() } else { Some(&self.token) };
                if there.map(|there| there.version.to_string()) != *expected {
                    return Some(Event::Stored(None));
                }
                self.next_version = version.saturating_add(1);
                if record.ends_with(".lease") {
                    self.lease = Some(kept);
                } else {
                    self.token = kept;
                }
                Event::Stored(Some(version.to_string()))
            }
            Pending::Send { refresh_token, sent_s } => {
                // Whoever stopped in the very moment between the look at the clock and the request has lost it.
                if self.now_s.saturating_sub(*sent_s) > 30 {
                    Event::Failed("timeout".to_owned())
                } else {
                    let (status, body) = self.provider.refresh(refresh_token);
                    answer(status, body, self.now_s)
                }
            }
        })
    }

    fn fail(&mut self, at: usize) -> Option<()> {
        self.faults = self.faults.checked_sub(1)?;
        self.tell(at, Event::Failed("reset".to_owned()))
    }

    fn tell(&mut self, at: usize, event: Event) -> Option<()> {
        // Each has a clock of its own.
        let ahead_s = u32::try_from(at).ok()?.saturating_mul(100);
        let clock_ms = u64::from(self.now_s.saturating_add(ahead_s)).saturating_mul(1000);
        let now = Now::new(clock_ms, clock_ms.saturating_sub(u64::from(BEGIN_S).saturating_mul(1000)));
        let caller = self.callers.get_mut(at)?;
        let mut vault = Vault::new();
        let mut papers = Papers::new(Secret::new(caller.papers.0.as_str()), Secret::new(caller.papers.1.as_str()));
        let shared = Shared::new("u", &Terms::google()).rotating(self.provider.mode != Mode::Fixed);
        let target = Target::access_token(Scopes::parse("openid").ok()?);
        let action = caller.job.step(&mut papers, (&shared, &target, &Limits::default()), event, &mut vault, now);
        caller.job.still();
        let text = |secret: &Secret| secret.expose_text().to_owned();
        let (read, made) = papers.expose();
        caller.papers = (text(read), text(made));
        caller.pending = match action {
            Action::Load { record } => Pending::Load(record),
            Action::Store { record, value, expected } => {
                Pending::Store { record, value: text(&vault.take(value)?), expected }
            }
            Action::Wait { .. } => Pending::Wait,
            Action::Send(request) => {
                let body = text(&vault.take(request.body?)?);
                let token = body.split('&').find_map(|pair| pair.strip_prefix("refresh_token="))?;
                Pending::Send { refresh_token: token.to_owned(), sent_s: self.now_s }
            }
            Action::Done(result) => {
                caller.failed = result.is_err();
                self.troubled |= caller.failed;
                caller.job = Job::default();
                caller.papers = (String::new(), String::new());
                Pending::Nothing
            }
            _ => return None,
        };
        Some(())
    }
}

fn answer(status: u16, body: String, now_s: u32) -> Event {
    let date_ms = Some(u64::from(now_s).saturating_mul(1000));
    Event::Answered(Response { status, date_ms, retry_after_ms: None, body: Secret::new(body) })
}
