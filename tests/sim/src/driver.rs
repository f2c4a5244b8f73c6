//! The loop that does what the core says, as the npm package's driver does it.

use crate::accounts::Kind;
use crate::calls::{Granted, State, Told};
use crate::host::Slot;
use crate::ledger::Held;
use crate::promises::Open;
use crate::replies::Reply;
use crate::world::{Due, Said, Verdict, World};
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::http::Response;
use cloud_run_auth::secret::Secret;
use cloud_run_auth::token::{Event, FlightId, Key, Mode, Turn};
use std::cell::RefCell;
use std::rc::Rc;

/// How long a driver waits before it begins anew, for there may be more traps to come.
const AFTER_TRAP_MS: u64 = 25;

impl World {
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
        if let Some(ms) = reply.retry_after_ms.filter(|_| !call.probes) {
            self.asked_for_quiet(number, ms);
        }
    }

    /// Does what the core says.
    pub(crate) fn turn(&mut self, number: usize, turn: Turn) -> Verdict {
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
        let (background, resends, mode) = (call.background, call.resends, call.mode);
        self.sessions[session].slot = Some(slot.clone());
        if !background {
            let (time, refresh_at) = (slot.borrow().time(now), slot.borrow().refresh_at);
            self.serve(session, &slot, resends)?;
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
            let crowded = error.code == Code::TooManyOperations;
            let excused =
                crowded || error.code == Code::ClockSkew && !Open::EachClock.holds() && self.is_corrected(number);
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
