//! What sessions do when a caller comes: serve a token that is had, or ask the core, as the npm package's session does it.

use crate::calls::{Call, Session, State};
use crate::world::{Due, Verdict, World};
use cloud_run_auth::grant::{Audience, Scopes, Target};
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Ask, CredentialId, Mode, Source};

impl World {
    /// A caller comes to a session.
    pub(crate) fn arrive(&mut self, session: usize) -> Verdict {
        self.next_arrival(session)?;
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
                self.serve(session, &slot, 0)
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
        self.calls.push(Call::new(session, at, (mode, background, resends), self.time, now.mono_ms + timeout_ms));
        self.after(timeout_ms, Due::Deadline(number));
        if self.troubles.leavers && !self.calm && self.dice.percent(12) {
            let soon = self.dice.between(0, 400);
            let isolated = self.hosts[self.calls[number].host].isolated;
            self.after(soon, if isolated { Due::Vanish(number) } else { Due::Abort(number) });
        }
        self.story.line(self.time, || format!("call {number} of session {session} asks ({mode:?})"));
        self.begin(number)
    }

    pub(crate) fn begin(&mut self, number: usize) -> Verdict {
        let call = &mut self.calls[number];
        let (session, host, place, mode) = (call.session, call.host, call.place, call.mode);
        (call.leads, call.follows, call.op) = (None, None, None);
        (call.failures, call.own_failures, call.requests, call.skews, call.honest_skews) = (0, 0, 0, 0, 0);
        call.corrected = false;
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
}
