//! What a seed stands for: who is there, what they want and when, and what goes wrong.

use crate::accounts::{Account, KINDS, Kind};
use crate::calls::{Session, State};
use crate::clocks::Clocks;
use crate::dice::Dice;
use crate::google::Google;
use crate::host::Host;
use crate::promises::{self, Open};
use crate::weather::Fault;
use crate::world::{Due, Said, Troubles, Verdict, World};
use cloud_run_auth::config::{Limits, Retry};

const AUDIENCES: [&str; 3] = ["https://a.example", "https://b.example", "https://a.example/b"];
const SCOPES: [&str; 2] = ["https://www.googleapis.com/auth/cloud-platform", "scope-a scope-b"];

const RETRIES: [Retry; 5] =
    [Retry::USUAL, Retry::USUAL, Retry::USUAL, Retry::OFF, Retry { attempts: 5, delay_ms: 100, longest_ms: 1000 }];

/// Plays the story of a seed to its end.
pub(crate) fn play(seed: u64, told: bool) -> Verdict {
    let mut world = made(seed, told);
    for session in 0..world.sessions.len() {
        let soon = world.dice.below(50);
        world.after(soon, Due::Arrive(session));
    }
    world.run(u64::MAX)?;
    world.settle()
}

fn made(seed: u64, told: bool) -> World {
    let mut dice = Dice::new(seed);
    let count = dice.between(1, 3) as usize;
    let first = dice.pick(&KINDS);
    let mut accounts = Vec::new();
    for number in 0..count {
        // Two that are alike are told apart with more trouble.
        let kind = if number == 0 || dice.percent(50) { first } else { dice.pick(&KINDS) };
        let kind = if kind == Kind::Search && number > 0 { Kind::Function } else { kind };
        let life_s = dice.pick(&[3600, 3600, 3600, 600, 60, 20, 43_200]);
        let life_s = if matches!(kind, Kind::SelfSigned) { 3600 } else { life_s };
        accounts.push(Account::new(number, kind, life_s, dice.percent(60)));
    }
    let google = Google::new(count, &mut dice);
    let mut world = World::new(dice, google, told);
    let calm = world.dice.percent(15);
    let mut trouble = |times| !calm && world.dice.percent(times);
    world.troubles = Troubles {
        weather: trouble(70),
        clocks: trouble(30),
        traps: trouble(20),
        refusals: trouble(30),
        leavers: trouble(40),
        forces: trouble(50),
    };
    world.weather.noise = if world.troubles.weather { world.dice.pick(&[0, 5, 20, 50]) } else { 0 };
    world.on_cloud_run = world.dice.percent(50);
    world.targets = AUDIENCES
        .iter()
        .map(|text| (false, (*text).into()))
        .chain(SCOPES.iter().map(|text| (true, (*text).into())))
        .collect();
    world.accounts = accounts;
    // The refresh token that came last is in the core alone: only the npm package tells it to the next one.
    let rotates = world.accounts.iter().any(|account| account.kind == Kind::Rotating);
    world.troubles.traps &= !rotates;
    let hosts = world.dice.pick(&[1, 1, 1, 2, 3]);
    for _ in 0..hosts {
        let host = host(&mut world.dice, world.time, rotates);
        world.hosts.push(host);
    }
    let sessions = world.dice.between(1, 4);
    for _ in 0..sessions {
        let session = session(&mut world);
        world.sessions.push(session);
    }
    world.story.line(world.time, || format!("seed {seed}: {:?}", world.troubles));
    for account in &world.accounts {
        world.story.line(world.time, || {
            format!("account {} is {:?}, whose tokens live {} s", account.number, account.kind, account.life_s)
        });
    }
    for (number, session) in world.sessions.iter().enumerate() {
        let host = &world.hosts[session.host];
        world.story.line(world.time, || {
            let (isolated, keeps) =
                (if host.isolated { "isolated " } else { "" }, if host.keeps { " that keeps tokens" } else { "" });
            let wants = &world.targets[session.place.1].1;
            format!(
                "session {number} on {isolated}host {}{keeps} is of account {} for {wants}",
                session.host, session.place.0
            )
        });
    }
    world
}

fn host(dice: &mut Dice, time: u64, rotates: bool) -> Host {
    let limits = Limits {
        cached_tokens: dice.pick(&[1000, 1000, 2, 1]),
        credentials: if rotates { 1000 } else { dice.pick(&[1000, 1000, 2, 1]) },
        operations: dice.pick(&[65_536, 65_536, 65_536, 3]),
        flight_dead_after_ms: dice.pick(&[None, Some(2000)]),
        ..Limits::default()
    };
    let uptime = dice.pick(&[0, 5000, 1_000_000_000]);
    Host::new(limits, dice.roll(), Clocks::right(time, uptime), dice.percent(70))
}

fn session(world: &mut World) -> Session {
    let dice = &mut world.dice;
    let account = dice.below(world.accounts.len() as u64) as usize;
    let kind = world.accounts[account].kind;
    let targets: Vec<usize> =
        (0..world.targets.len()).filter(|at| world.accounts[account].can(world.targets[*at].0)).collect();
    let target = dice.pick(&targets);
    // A refresh token that changes is one host's alone.
    let host = if kind == Kind::Rotating { 0 } else { dice.below(world.hosts.len() as u64) as usize };
    Session {
        host,
        place: (account, target),
        timeout_ms: dice.pick(&[1000, 10_000, 30_000, 120_000]),
        retry: dice.pick(&RETRIES),
        // Whoever keeps no tokens asks each time.
        anew: !world.hosts[host].keeps || dice.percent(if world.hosts[host].isolated { 60 } else { 20 }),
        slot: None,
        known: None,
        left: dice.between(1, 8) as u32,
    }
}

impl World {
    /// When the next caller of a session comes, and what happens until then.
    pub(crate) fn next_arrival(&mut self, session: usize) -> Verdict {
        if self.sessions[session].left == 0 || self.calm {
            return Ok(());
        }
        self.sessions[session].left -= 1;
        let host = self.sessions[session].host;
        let now = self.now(host);
        let to = |at: u64, time: u64| at.saturating_sub(time).min(86_400_000);
        let (refresh_ms, expire_ms) = match &self.sessions[session].slot {
            Some(slot) => {
                let slot = slot.borrow();
                (to(slot.refresh_at, slot.time(now)), to(slot.expires_at, slot.time(now)))
            }
            None => (0, 0),
        };
        let gap_ms = match self.dice.below(10) {
            0..=2 => self.dice.below(60),
            3 => self.dice.between(1000, 5000),
            4 => self.dice.between(10_000, 200_000),
            5..=7 if refresh_ms > 0 => refresh_ms + self.dice.below(12_000),
            8 if expire_ms > 0 => expire_ms.saturating_sub(self.dice.below(3000)),
            9 if expire_ms > 0 => expire_ms + self.dice.below(3000),
            _ => self.dice.between(100, 1_000_000),
        };
        self.after(gap_ms, Due::Arrive(session));
        self.trouble(host, self.sessions[session].place.0)
    }

    fn trouble(&mut self, host: usize, account: usize) -> Verdict {
        let Troubles { weather, clocks, traps, refusals, .. } = self.troubles;
        let time = self.time;
        if weather && self.dice.percent(15) {
            let fault = Fault::any(&mut self.dice);
            let lasts_ms = self.dice.pick(&[1000, 10_000, 60_000, 300_000, 3_600_000]);
            self.weather.outage = Some((fault, time + lasts_ms));
            self.story.line(time, || format!("from now on for {lasts_ms} ms all requests meet {fault:?}"));
        }
        if clocks && self.dice.percent(12) {
            self.clocks_lie(host);
        }
        if traps && self.dice.percent(8) {
            self.trap(host)?;
        }
        if traps && self.dice.percent(5) {
            self.dispose(host, account);
        }
        if refusals && self.dice.percent(6) {
            let lasts_ms = self.dice.pick(&[10_000, 600_000, u64::MAX / 2]);
            self.google.revoked_until[account] = time + lasts_ms;
            self.story.line(time, || format!("account {account} is revoked for {lasts_ms} ms"));
        }
        Ok(())
    }

    fn clocks_lie(&mut self, host: usize) {
        let time = self.time;
        let what = self.dice.below(10);
        self.hosts[host].set_at = time;
        let clocks = &mut self.hosts[host].clocks;
        self.story.line(time, || format!("the clocks of host {host} lie ({what})"));
        match what {
            0 => clocks.shift_wall(time, 600_000),
            1 => clocks.shift_wall(time, -600_000),
            2 => clocks.shift_wall(time, -30_000_000),
            3 => clocks.freeze(time, true, false),
            4 => clocks.freeze(time, false, true),
            5 => clocks.freeze(time, true, true),
            6 => clocks.set_wall(time, 0, false),
            7 => clocks.mend(time),
            8 => clocks.set_wall(time, 0, true),
            _ => {
                let slept_ms = 8 * 3_600_000;
                clocks.sleep(time, time + slept_ms);
                self.hosts[host].asleep_until = time + slept_ms;
                self.put_off(host, slept_ms);
            }
        }
    }

    /// Somebody disposes of a session of that account's, whose other sessions go on.
    fn dispose(&mut self, host: usize, account: usize) {
        let of = |session: &Session| session.host == host && session.place.0 == account;
        let known = self.sessions.iter().find(|session| of(session)).and_then(|session| session.known);
        if let Some((_, id)) = known.filter(|(epoch, _)| *epoch == self.hosts[host].epoch) {
            self.story.line(self.time, || format!("a session of account {account} is disposed of"));
            self.hosts[host].tokens.forget(id);
        }
    }

    fn trap(&mut self, host: usize) -> Verdict {
        self.story.line(self.time, || format!("the module of host {host} traps"));
        let (seed, time) = (self.dice.roll(), self.time);
        self.hosts[host].restart(seed, time)?;
        let woken: Vec<usize> = self.hosts[host].waiting.drain(..).flat_map(|(_, followers)| followers).collect();
        for call in woken {
            let action = self.calls[call].action;
            self.after(0, Due::Tell(call, action, Said::Woken));
        }
        Ok(())
    }

    /// The troubles end. One step later every call succeeds.
    fn settle(&mut self) -> Verdict {
        self.all_ended()?;
        self.calm = true;
        self.weather = Default::default();
        let time = self.time;
        let mut wait_ms = 0;
        for host in &mut self.hosts {
            host.clocks.mend(time);
            let steps = host.limits.refresh_pause_ms;
            let quiet = host.ledgers.values().map(|ledger| ledger.quiet_until.saturating_sub(time)).max();
            wait_ms = wait_ms.max(steps).max(quiet.unwrap_or_default());
            if self.troubles.clocks && !Open::StandingClock.holds() {
                wait_ms = wait_ms.max(promises::LONGEST_BAR_MS);
            }
            if self.accounts.iter().any(|account| account.kind == Kind::Search) {
                wait_ms = wait_ms.max(host.limits.absence_kept_ms);
            }
        }
        self.story.line(time, || "the troubles are over".into());
        for _ in 0..2 {
            for session in 0..self.sessions.len() {
                self.after(wait_ms, Due::Arrive(session));
            }
            self.run(u64::MAX)?;
        }
        self.all_ended()?;
        let ended = |call: &&crate::calls::Call| call.state == State::GivenUp && call.begun_at > time;
        match self.calls.iter().find(ended) {
            Some(call) => {
                Err(format!("a call of session {} that begins after the troubles runs out of time", call.session))
            }
            None => Ok(()),
        }
    }

    /// No call may hang.
    fn all_ended(&self) -> Verdict {
        match self.calls.iter().position(|call| call.state == State::Runs) {
            Some(number) => Err(format!("call {number} never ends")),
            None => Ok(()),
        }
    }
}
