//! Sessions and their calls: when the core is asked, and the loop that does what it says, as the npm package's driver does it.

use crate::accounts::Kind;
use crate::google::{Life, Reply};
use crate::host::{Shared, Slot};
use crate::judge::Held;
use crate::promises::Open;
use crate::world::{Due, Said, Verdict, World};
use cloud_run_auth::config::Retry;
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::grant::{Audience, Scopes, Target};
use cloud_run_auth::http::Response;
use cloud_run_auth::secret::Secret;
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Ask, CredentialId, Event, FlightId, Key, Mode, OperationId, Source, Turn};
use std::cell::RefCell;
use std::rc::Rc;

/// How long a driver waits before it begins anew, for there may be more traps to come.
const AFTER_TRAP_MS: u64 = 25;

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
    pub(crate) follows: Option<FlightId>,
    /// The number of the action that is out.
    pub(crate) action: u32,
    /// How often it may still begin anew.
    tries: u8,
    pub(crate) resends: u8,
    /// Exchanges that failed.
    pub(crate) failures: u32,
    /// How long it waited before it tried again for the first time.
    pub(crate) first_wait_ms: Option<u64>,
    /// Requests of this exchange.
    pub(crate) requests: u32,
    /// When the last one was.
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

impl World {
    /// A caller comes to a session.
    pub(crate) fn arrive(&mut self, session: usize) -> Verdict {
        self.next_arrival(session);
        let at = &self.sessions[session];
        let asleep_ms = self.hosts[at.host].asleep_until.saturating_sub(self.time);
        if asleep_ms > 0 {
            self.after(asleep_ms, Due::Arrive(session));
            return Ok(());
        }
        let now = self.hosts[at.host].clocks.now(self.time);
        let slot = if at.anew { None } else { at.slot.clone() };
        let time = slot.as_ref().map_or(0, |slot| slot.borrow().time(now));
        if self.troubles.forces && !self.calm && self.dice.percent(5) {
            return self.call(session, Mode::Forced, false, 0);
        }
        match slot {
            Some(slot) if time < slot.borrow().expires_at => {
                if time >= slot.borrow().refresh_at {
                    self.call(session, Mode::Early, true, 0)?;
                }
                self.serve(session, &slot, 0, self.time)
            }
            _ => self.call(session, Mode::Usual, false, 0),
        }
    }

    /// Asks the core for a token.
    pub(crate) fn call(&mut self, session: usize, mode: Mode, background: bool, resends: u8) -> Verdict {
        let at = &self.sessions[session];
        let now = self.hosts[at.host].clocks.now(self.time);
        let timeout_ms = at.timeout_ms;
        let number = self.calls.len();
        self.calls.push(Call {
            session,
            host: at.host,
            place: at.place,
            mode,
            background,
            begun_at: self.time,
            deadline_ms: now.mono_ms + timeout_ms,
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
            first_wait_ms: None,
            requests: 0,
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
        });
        self.after(timeout_ms, Due::Deadline(number));
        if self.troubles.leavers && !self.calm && self.dice.percent(12) {
            let soon = self.dice.between(0, 400);
            let isolated = self.hosts[self.calls[number].host].isolated;
            self.after(soon, if isolated { Due::Vanish(number) } else { Due::Abort(number) });
        }
        self.story.line(self.time, || format!("call {number} of session {session} asks ({mode:?})"));
        self.begin(number)
    }

    fn begin(&mut self, number: usize) -> Verdict {
        let call = &mut self.calls[number];
        let (session, host, place, mode) = (call.session, call.host, call.place, call.mode);
        (call.leads, call.follows, call.op) = (None, None, None);
        (call.failures, call.requests, call.skews, call.honest_skews) = (0, 0, 0, 0);
        call.epoch = self.hosts[host].epoch;
        let credential = self.register(session, false)?;
        let (access, text) = &self.targets[place.1];
        let target = if *access {
            Scopes::parse(text).map(Target::access_token)
        } else {
            Audience::parse(text).map(Target::id_token)
        };
        let target = target.map_err(|error| error.message.clone())?;
        let deadline_ms = self.calls[number].deadline_ms;
        let retry = self.calls[number].retry;
        let ask = Ask { source: Source::Credential(credential), target, mode, deadline_ms, retry };
        let now = self.now(host);
        let (op, turn) = self.hosts[host].tokens.begin(ask, now);
        self.calls[number].op = op;
        self.turn(number, turn)
    }

    /// The core's number of a session's credential.
    pub(crate) fn register(&mut self, session: usize, renew: bool) -> Verdict<CredentialId> {
        let Session { host, place, known, .. } = self.sessions[session];
        let epoch = self.hosts[host].epoch;
        if let Some((of, id)) = known
            && of == epoch
            && !renew
        {
            return Ok(id);
        }
        let at = &mut self.hosts[host];
        let credential = self.accounts[place.0].credential()?;
        let id = at.tokens.register(credential, renew);
        self.sessions[session].known = Some((epoch, id));
        Ok(id)
    }

    pub(crate) fn now(&self, host: usize) -> Now {
        self.hosts[host].clocks.now(self.time)
    }

    /// Begins a call anew, for the module was started anew.
    pub(crate) fn begin_anew(&mut self, number: usize) -> Verdict {
        if self.calls[number].state != State::Runs {
            return Ok(());
        }
        self.story.line(self.time, || format!("call {number} begins anew"));
        self.begin(number)
    }

    /// Tells the core what became of a call's action.
    pub(crate) fn tell(&mut self, number: usize, action: u32, said: Said) -> Verdict {
        let call = &mut self.calls[number];
        if call.state != State::Runs || call.action != action {
            return Ok(());
        }
        let host = call.host;
        if call.epoch != self.hosts[host].epoch {
            // Another call's trap is not held against this one.
            call.action += 1;
            call.faults += 1;
            self.after(AFTER_TRAP_MS, Due::Begin(number));
            return Ok(());
        }
        let Some(op) = call.op else { return Err(format!("call {number} has an action and no number")) };
        self.story.line(self.time, || match &said {
            Said::Answered(reply) => format!("call {number} is answered {} {:.90}", reply.status, reply.body),
            other => format!("call {number} is told {other:?}"),
        });
        let event = self.event(number, said);
        let now = self.now(host);
        let turn = self.hosts[host].tokens.step(op, event, now);
        self.turn(number, turn)
    }

    /// What was said as the core takes it; what the judge has to know of it is noted.
    fn event(&mut self, number: usize, said: Said) -> Event {
        let call = &mut self.calls[number];
        match said {
            Said::Woken => Event::Woken,
            Said::Signed(signature) => Event::Signed(signature),
            Said::Text(text) => Event::Returned(Secret::new(text)),
            Said::Failed(why) => {
                (call.permanent, call.skewed, call.asked_ms) = (false, false, None);
                Event::Failed(why.into())
            }
            Said::Granted { token, expires_at_ms, number } => {
                call.granted = number.map(|token| Granted { token, told: Told::Function { ends_ms: expires_at_ms } });
                Event::Granted { token: Secret::new(token), expires_at_ms }
            }
            Said::Answered(reply) => {
                self.noted(number, &reply);
                let Reply { status, date_ms, retry_after_ms, body, .. } = *reply;
                Event::Answered(Response { status, date_ms, retry_after_ms, body: Secret::new(body) })
            }
        }
    }

    fn noted(&mut self, number: usize, reply: &Reply) {
        let call = &mut self.calls[number];
        let of_user = matches!(self.accounts[call.place.0].kind, Kind::User | Kind::Rotating);
        let token = if of_user && !self.targets[call.place.1].0 { reply.id_token } else { reply.token };
        call.granted = token.map(|(token, life)| Granted {
            token,
            told: Told::Answer { life, date_ms: reply.date_ms, lies: reply.lies },
        });
        (call.permanent, call.skewed, call.asked_ms) = (reply.permanent, reply.skew, reply.retry_after_ms);
        call.skews += u32::from(reply.skew);
        call.honest_skews += u32::from(reply.skew && !reply.lies && reply.date_ms.is_some() && !call.slept);
        if let Some(ms) = reply.retry_after_ms {
            self.asked_for_quiet(number, ms);
        }
    }

    /// Does what the core says.
    fn turn(&mut self, number: usize, turn: Turn) -> Verdict {
        match turn {
            Turn::Act { leads, action } => {
                self.look_at_action(number, leads, &action)?;
                let (host, before) = (self.calls[number].host, self.calls[number].leads);
                self.lead(host, before, leads);
                self.calls[number].leads = leads;
                self.perform(number, action)
            }
            Turn::Done { result, evicted } => {
                let host = self.calls[number].host;
                if let Some(evicted) = evicted {
                    self.evicted(host, &evicted);
                }
                let had = match result {
                    Ok(key) => self.had(number, key),
                    Err(error) => self.failed(number, &error),
                };
                let before = self.calls[number].leads;
                self.lead(host, before, None);
                had
            }
        }
    }

    /// Leads another flight than before, or none. Whoever followed the last one is woken.
    pub(crate) fn lead(&mut self, host: usize, before: Option<FlightId>, after: Option<FlightId>) {
        let mut woken = Vec::new();
        let waiting = &mut self.hosts[host].waiting;
        waiting.retain_mut(|(flight, followers)| {
            let goes = Some(*flight) == before;
            if goes {
                woken.append(followers);
            }
            !goes
        });
        if let Some(flight) = after
            && !self.hosts[host].isolated
        {
            self.hosts[host].waiting.push((flight, Vec::new()));
        }
        for call in woken {
            let action = self.calls[call].action;
            self.after(0, Due::Tell(call, action, Said::Woken));
        }
    }

    /// The core says that there is a token.
    fn had(&mut self, number: usize, key: Key) -> Verdict {
        let (host, place, session) = (self.calls[number].host, self.calls[number].place, self.calls[number].session);
        let now = self.now(host);
        let at = &mut self.hosts[host];
        let lease = at.tokens.lease(&key).ok_or_else(|| format!("call {number} has a token that has no lease"))?;
        let fresh = if at.keeps {
            at.tokens.take_token(&key).map(|token| token.expose_text().to_owned())
        } else {
            at.tokens.token(&key).map(|token| token.expose_text().to_owned())
        };
        let slot = at.slots.get(key.as_str()).cloned().filter(|_| at.keeps);
        self.look_at_key(host, place, &key)?;
        let Some(token) = fresh.clone().or_else(|| slot.as_ref().map(|slot| slot.borrow().token.clone())) else {
            self.story.line(self.time, || format!("call {number} finds a token that nobody kept"));
            self.calls[number].mode = Mode::Forced;
            return self.begin(number);
        };
        let held: Held = self.look_at_token(number, &token, &lease)?;
        let slot =
            slot.unwrap_or_else(|| Rc::new(RefCell::new(Slot::new(key.clone(), token.clone(), held.clone(), place))));
        {
            let mut slot = slot.borrow_mut();
            (slot.token, slot.held) = (token, held);
            slot.lease(lease.serial, lease.deadlines_ms(), now);
        }
        if self.hosts[host].keeps {
            self.hosts[host].slots.insert(key.as_str().to_owned(), slot.clone());
        }
        let call = &mut self.calls[number];
        call.state = State::Had;
        let (background, resends, begun_at, mode) = (call.background, call.resends, call.begun_at, call.mode);
        self.sessions[session].slot = Some(slot.clone());
        if !background {
            let (time, refresh_at) = (slot.borrow().time(now), slot.borrow().refresh_at);
            self.serve(session, &slot, resends, begun_at)?;
            if mode == Mode::Usual && time >= refresh_at && time < slot.borrow().expires_at {
                self.call(session, Mode::Early, true, 0)?;
            }
        }
        Ok(())
    }

    fn evicted(&mut self, host: usize, key: &Key) {
        self.story.line(self.time, || "another token had to go".into());
        let at = &mut self.hosts[host];
        at.slots.remove(key.as_str());
        for ledger in at.ledgers.values_mut() {
            if ledger.key.as_deref() == Some(key.as_str()) {
                ledger.held = None;
            }
        }
    }

    /// The core says that there is no token.
    fn failed(&mut self, number: usize, error: &AuthError) -> Verdict {
        self.look_at_failure(number, error)?;
        let call = &mut self.calls[number];
        if error.code == Code::CoreFailed && error.transient && call.tries > 1 {
            // Its credential had to go for others'.
            call.tries -= 1;
            call.leads = None;
            let session = call.session;
            self.sessions[session].known = None;
            return self.begin(number);
        }
        self.story.line(self.time, || format!("call {number} fails: {error}"));
        call.state = State::Failed;
        if self.calm && !call.background {
            let heals = self.google.revoked_until[call.place.0] <= self.time;
            let excused = error.code == Code::ClockSkew && !Open::EachClock.holds() && self.is_corrected(number);
            if heals && !excused {
                return Err(format!("call {number} fails, though nothing is wrong any more: {error}"));
            }
        }
        Ok(())
    }

    /// A call ends without its token, and says so.
    pub(crate) fn give_up(&mut self, number: usize, why: &str) {
        let call = &mut self.calls[number];
        if call.state != State::Runs {
            return;
        }
        self.story.line(self.time, || format!("call {number} ends: {why}"));
        call.state = State::GivenUp;
        let (host, leads) = (call.host, call.leads);
        if call.epoch == self.hosts[host].epoch {
            if let Some(op) = call.op {
                self.hosts[host].tokens.abandon(op);
            }
            self.look_at_leaving(number);
        }
        self.lead(host, leads, None);
    }

    /// A call ends, and nobody is told.
    pub(crate) fn vanish(&mut self, number: usize) {
        let call = &mut self.calls[number];
        if call.state == State::Runs {
            self.story.line(self.time, || format!("call {number} vanishes"));
            call.state = State::Vanished;
        }
    }
}
