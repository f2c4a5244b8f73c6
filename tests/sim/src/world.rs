//! A world: hosts with clocks and callers, servers, and what happens to them, in the order of time.

use crate::accounts::Account;
use crate::calls::{Call, Session};
use crate::dice::Dice;
use crate::google::Google;
use crate::host::Host;
use crate::replies::Reply;
use crate::story::Story;
use crate::weather::Weather;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Whether everything is as it was promised; what is not, in words.
pub(crate) type Verdict<T = ()> = Result<T, String>;

/// What is still to happen.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    /// A caller of that session wants something.
    Arrive(usize),
    /// What became of a call's action, by the action's number.
    Tell(usize, u32, Said),
    /// A call begins anew.
    Begin(usize),
    /// A call's time is over.
    Deadline(usize),
    /// Its caller wants it no more.
    Abort(usize),
    /// Its host ends it without a word.
    Vanish(usize),
}

/// What a driver tells the core.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Woken,
    Signed(Vec<u8>),
    Answered(Box<Reply>),
    Text(String),
    Granted { token: String, expires_at_ms: Option<u64>, number: Option<usize> },
    Failed(&'static str),
}

/// Which kinds of trouble a world has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Troubles {
    pub(crate) weather: bool,
    pub(crate) clocks: bool,
    pub(crate) traps: bool,
    pub(crate) refusals: bool,
    pub(crate) leavers: bool,
    /// Callers that want a new token in any case.
    pub(crate) forces: bool,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) dice: Dice,
    /// Milliseconds since the world began.
    pub(crate) time: u64,
    pub(crate) troubles: Troubles,
    /// Whether the troubles are over.
    pub(crate) calm: bool,
    pub(crate) accounts: Vec<Account>,
    /// Whether they are access tokens, and the audiences or scopes.
    pub(crate) targets: Vec<(bool, String)>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) calls: Vec<Call>,
    pub(crate) google: Google,
    pub(crate) weather: Weather,
    /// Whether the environment names a service of Cloud Run.
    pub(crate) on_cloud_run: bool,
    pub(crate) story: Story,
    queue: BinaryHeap<Reverse<(u64, usize)>>,
    dues: Vec<Option<Due>>,
}

impl World {
    pub(crate) fn new(dice: Dice, google: Google, told: bool) -> World {
        World {
            dice,
            time: 1000,
            troubles: Troubles::default(),
            calm: false,
            accounts: Vec::new(),
            targets: Vec::new(),
            hosts: Vec::new(),
            sessions: Vec::new(),
            calls: Vec::new(),
            google,
            weather: Weather::default(),
            on_cloud_run: false,
            story: Story { told },
            queue: BinaryHeap::new(),
            dues: Vec::new(),
        }
    }

    pub(crate) fn after(&mut self, ms: u64, due: Due) {
        self.queue.push(Reverse((self.time + ms, self.dues.len())));
        self.dues.push(Some(due));
    }

    /// Lets everything happen that is due up to then.
    pub(crate) fn run(&mut self, until: u64) -> Verdict {
        while let Some(Reverse((time, at))) = self.queue.peek().copied() {
            if time > until {
                break;
            }
            self.queue.pop();
            self.time = time;
            match self.dues[at].take() {
                Some(Due::Arrive(session)) => self.arrive(session)?,
                Some(Due::Tell(call, action, said)) => self.tell(call, action, said)?,
                Some(Due::Begin(call)) => self.begin_anew(call)?,
                Some(Due::Deadline(call)) => self.give_up(call, "its time is over"),
                Some(Due::Abort(call)) => self.give_up(call, "its caller gave up"),
                Some(Due::Vanish(call)) => self.vanish(call),
                None => {}
            }
        }
        if until < u64::MAX {
            self.time = self.time.max(until);
        }
        Ok(())
    }

    /// A host sleeps: whatever was to happen there happens so much later.
    pub(crate) fn put_off(&mut self, host: usize, ms: u64) {
        let mut later = BinaryHeap::with_capacity(self.queue.len());
        for Reverse((time, at)) in core::mem::take(&mut self.queue) {
            let whose = match &mut self.dues[at] {
                Some(Due::Arrive(session)) => self.sessions[*session].host,
                Some(Due::Tell(call, _, said)) => {
                    let call = &mut self.calls[*call];
                    if call.host == host {
                        call.slept = true;
                        if matches!(said, Said::Answered(_)) && self.dice.percent(50) {
                            call.faults += 1;
                            *said = Said::Failed("the connection was lost while the machine slept");
                        }
                    }
                    call.host
                }
                Some(Due::Begin(call) | Due::Deadline(call) | Due::Abort(call) | Due::Vanish(call)) => {
                    self.calls[*call].host
                }
                None => continue,
            };
            later.push(Reverse((if whose == host { time + ms } else { time }, at)));
        }
        self.queue = later;
    }
}
