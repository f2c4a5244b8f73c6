//! How much there is, and how much may go wrong: each step that the world can take within that, and what has to hold wherever it comes.

use crate::caller::{Pending, Word};
use crate::provider::{LIFE_S, Mode};
use crate::world::{Left, World};
use stateright::{Model, Property};

/// How many jobs, how many ends of tokens, and how much may go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) mode: Mode,
    pub(crate) jobs: usize,
    pub(crate) expiries: u8,
    pub(crate) faults: u8,
    pub(crate) slow: u8,
    pub(crate) lapses: u8,
    /// How many calls each job makes.
    pub(crate) calls: u8,
    pub(crate) edits: u8,
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
    /// It happens, and the job learns of it at some later time.
    Slow(usize),
    /// The provider has too much to do.
    Busy(usize),
    /// The job is killed.
    Crash(usize),
    /// More than a lease passes.
    Lapse,
    /// Somebody writes the record anew, as it was.
    Edit,
    /// The token comes into the window in which it is refreshed, or to its end; where it has, an hour passes.
    Age(bool),
}

/// What has to be seen somewhere.
pub(crate) const HAD: &str = "a token is refreshed";
/// The same, where tokens are good for one use.
pub(crate) const LOST: &str = "a token is lost";

impl Model for Bounds {
    type State = World;
    type Action = Move;

    fn init_states(&self) -> Vec<World> {
        let Bounds { expiries, faults, slow, lapses, edits, .. } = *self;
        vec![World::new(self.mode, self.jobs, self.calls, Left { expiries, faults, slow, lapses, edits })]
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        for (at, caller) in world.callers.iter().enumerate() {
            match caller.pending {
                Pending::Nothing if caller.calls > 0 => moves.push(Move::Begin(at)),
                Pending::Nothing | Pending::Strange => continue,
                _ => moves.push(Move::Happen(at)),
            }
            if matches!(caller.pending, Pending::Nothing | Pending::Wait | Pending::Told(_)) {
                continue;
            }
            if world.left.slow > 0 {
                moves.push(Move::Slow(at));
            }
            if world.left.faults == 0 {
                continue;
            }
            moves.extend([Move::Crash(at), Move::Lost(at)]);
            match caller.pending {
                Pending::Store { .. } => moves.extend([Move::AnswerLost(at), Move::Delayed(at)]),
                Pending::Send { .. } => moves.extend([Move::AnswerLost(at), Move::Busy(at)]),
                _ => {}
            }
        }
        moves.extend((0..world.late.len()).map(Move::Land));
        if world.left.lapses > 0 {
            moves.push(Move::Lapse);
        }
        if world.left.edits > 0 {
            moves.push(Move::Edit);
        }
        // Where nothing goes wrong, nobody stands still for an hour in the middle of something.
        let quiet = self.faults == 0 && self.slow == 0 && self.lapses == 0;
        let idle = |pending| matches!(pending, Pending::Nothing | Pending::Wait);
        let nobody = || world.is_written() && world.callers.iter().all(|caller| idle(caller.pending));
        if world.left.expiries > 0 && (!quiet || nobody()) {
            moves.extend([Move::Age(false), Move::Age(true)]);
        }
    }

    fn next_state(&self, world: &World, step: Move) -> Option<World> {
        let mut next = world.clone();
        let pending = |at: usize| world.callers.get(at).map(|caller| caller.pending);
        match step {
            Move::Begin(at) => next.tell(at, Word::Begun)?,
            Move::Happen(at) => {
                let word = next.happen(pending(at)?)?;
                next.tell(at, word)?;
            }
            Move::AnswerLost(at) => {
                next.happen(pending(at)?)?;
                next.fail(at)?;
            }
            Move::Lost(at) => next.fail(at)?,
            Move::Delayed(at) => {
                next.late.push(pending(at)?);
                next.fail(at)?;
            }
            Move::Land(at) => {
                let late = next.late.remove(at);
                next.happen(late)?;
            }
            Move::Slow(at) => {
                next.take(|left| &mut left.slow)?;
                let word = next.happen(pending(at)?)?;
                let caller = next.callers.get_mut(at)?;
                *caller = caller.yet_to_be_told(word);
            }
            Move::Busy(at) => {
                next.take(|left| &mut left.faults)?;
                next.tell(at, Word::busy(world.now_s))?;
            }
            Move::Crash(at) => {
                next.take(|left| &mut left.faults)?;
                let caller = next.callers.get_mut(at)?;
                *caller = caller.crashed();
            }
            Move::Lapse => {
                next.take(|left| &mut left.lapses)?;
                next.lapse();
            }
            Move::Edit => {
                next.take(|left| &mut left.edits)?;
                next.edit();
            }
            Move::Age(whole) => {
                next.take(|left| &mut left.expiries)?;
                let until_s = next.token.at_s.saturating_add(LIFE_S).saturating_sub(if whole { 0 } else { 200 });
                let passing_s = until_s.checked_sub(next.now_s).filter(|seconds| *seconds > 300);
                next.pass(passing_s.or(whole.then_some(LIFE_S))?);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            Property::<Self>::sometimes(HAD, |_, world| world.provider.exchanges() > 0),
            Property::<Self>::always("no job wants what there is not", |_, world| {
                world.callers.iter().all(|caller| caller.pending != Pending::Strange)
            }),
            Property::<Self>::always("nobody has a token that has ended", |_, world| !world.ended),
            Property::<Self>::always("nobody has to log in whose token is good", |_, world| {
                world.provider.revoked || !world.token.value.contains("needs_reauth")
            }),
        ];
        if self.mode == Mode::Strict && self.is_lossy() {
            // What nobody can help, and the documentation says.
            all.push(Property::<Self>::sometimes(LOST, |_, world| world.provider.revoked));
        } else {
            all.push(Property::<Self>::always("no token is invalidated", |_, world| !world.provider.revoked));
        }
        // Whose record is written by others while it is refreshed may have to look, and to go, once more.
        if !self.is_lossy() && self.edits == 0 {
            all.push(Property::<Self>::always("one exchange an expiry", |bounds: &Bounds, world| {
                world.provider.exchanges() <= usize::from(bounds.expiries.saturating_sub(world.left.expiries))
            }));
            all.push(Property::<Self>::always("no call fails", |_, world| {
                world.callers.iter().all(|caller| !caller.failed)
            }));
        }
        all
    }
}

impl Bounds {
    /// Whether something can go wrong that costs a token which is good for one use.
    pub(crate) fn is_lossy(&self) -> bool {
        self.faults > 0 || self.slow > 0 || self.lapses > 0
    }
}
