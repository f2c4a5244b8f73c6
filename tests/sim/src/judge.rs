//! The judge: holds what the core does to what it promises. What it knows it was told by servers and drivers, not by the core.
//! Here it is who may ask, when, and how often.

use crate::calls::{Call, State};
use crate::ledger::{Failed, Held, Ledger, Running};
use crate::promises::{self, Open};
use crate::world::{Verdict, World};
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::http::Request;
use cloud_run_auth::token::{Action, FlightId, Mode};

impl World {
    pub(crate) fn ledger(&mut self, number: usize) -> &mut Ledger {
        let call = &self.calls[number];
        self.hosts[call.host].ledger(call.place)
    }

    /// Whether that flight may still bring something.
    pub(crate) fn lives(&self, host: usize, running: Option<&Running>) -> bool {
        let Some(running) = running else { return false };
        let mono_ms = self.now(host).mono_ms;
        match self.hosts[host].limits.flight_dead_after_ms {
            Some(dead_ms) => mono_ms.saturating_sub(running.heard_ms) < dead_ms,
            None => self.calls[running.call].state == State::Runs,
        }
    }

    /// Whether a call still leads the flight that it began: on an isolated host another may have taken over.
    pub(crate) fn leads(&mut self, number: usize) -> bool {
        let leads = self.calls[number].leads;
        self.ledger(number).running.as_ref().is_some_and(|running| Some(running.flight) == leads)
    }

    /// Before a call does what the core says.
    pub(crate) fn look_at_action(&mut self, number: usize, leads: Option<FlightId>, action: &Action) -> Verdict {
        let host = self.calls[number].host;
        let now = self.now(host);
        if let Some(flight) = leads {
            let heard_ms = now.mono_ms;
            if self.calls[number].leads != leads {
                self.look_at_start(number, flight)?;
                self.ledger(number).running = Some(Running { flight, call: number, heard_ms });
            } else if let Action::Wait { ms } = action {
                self.look_at_correction(number, *ms)?;
            }
            if let Some(running) = self.ledger(number).running.as_mut().filter(|running| running.flight == flight) {
                running.heard_ms = heard_ms;
            }
            return Ok(());
        }
        let led = self.calls[number].leads.is_some();
        if !led {
            self.share(number);
        }
        let hurried = self.calls[number].deadline_ms < now.mono_ms + promises::SHORT_MS;
        match action {
            Action::Join { flight, .. } => {
                let running = self.ledger(number).running.clone();
                let lives = self.lives(host, running.as_ref());
                if !lives || running.is_none_or(|running| running.flight != *flight) {
                    return Err(format!("call {number} follows flight {}, which nobody leads any more", flight.0));
                }
                Ok(())
            }
            Action::Wait { ms } if led => self.look_at_retry(number, *ms),
            // Whoever has no time for a request of its own looks again.
            Action::Wait { ms } if hurried && *ms <= self.hosts[host].limits.follow_every_ms => Ok(()),
            Action::Wait { ms } => {
                self.bar(number);
                let longest_ms = self.ledger(number).reason(now).map_or(0, |_| promises::LONGEST_BAR_MS);
                if *ms > longest_ms {
                    return Err(format!("call {number} is kept from asking for {ms} ms, not for {longest_ms} at most"));
                }
                self.in_time(number, *ms)
            }
            _ => Ok(()),
        }
    }

    /// A failed exchange is a try of all who wait, once for each, whenever they look.
    fn share(&mut self, number: usize) {
        let (follows, failed) = (self.calls[number].follows, self.ledger(number).failed);
        if failed.is_some_and(|failed| follows.is_some_and(|follows| failed.flight >= follows)) {
            self.calls[number].failures += 1;
            self.look_ahead(number);
        }
    }

    /// A call is kept from asking by a failure, which counts for it no more than once.
    fn bar(&mut self, number: usize) {
        if self.ledger(number).failed.is_some() {
            self.look_ahead(number);
        }
    }

    /// What there has been is known to a call: only what begins from now on is a try of its own.
    fn look_ahead(&mut self, number: usize) {
        let call = &mut self.calls[number];
        call.follows = Some(self.hosts[call.host].next);
    }

    /// A call goes for a token itself: there has to be a reason.
    fn look_at_start(&mut self, number: usize, flight: FlightId) -> Verdict {
        let call = &self.calls[number];
        let (host, mode, follows) = (call.host, call.mode, call.follows);
        let now = self.now(host);
        let limits = self.hosts[host].limits.clone();
        let ledger = self.ledger(number).clone();
        self.story.line(self.time, || format!("call {number} leads flight {}", flight.0));
        self.hosts[host].next = FlightId(flight.0 + 1);
        // Whoever is past its deadline may be dropped for any that comes.
        let late = |call: &Call| call.deadline_ms <= now.mono_ms;
        let late = ledger.running.as_ref().is_some_and(|running| late(&self.calls[running.call]));
        if self.lives(host, ledger.running.as_ref()) && !late {
            return Err(format!("call {number} goes for a token, though another is out for it"));
        }
        let told = ledger.failed.filter(|failed| follows.is_some_and(|follows| failed.flight >= follows));
        self.share(number);
        let call = &self.calls[number];
        let over = |failed: &Failed| !failed.transient || call.failures >= call.retry.attempts;
        let fresh = |failed: &Failed| now.mono_ms.saturating_sub(failed.at_ms) < limits.failure_told_ms;
        if told.is_some_and(|failed| over(&failed) && fresh(&failed)) {
            return Err(format!("call {number} goes for a token, though the flight that it followed failed"));
        }
        let Some(held) = &mut self.ledger(number).held else { return Ok(()) };
        let before = held.clone();
        let step_ms = promises::step_ms(&limits, held.window_ms);
        held.put_off(now, step_ms * 3 / 4, step_ms);
        let age_ms = before.age_ms(now);
        match mode {
            _ if ledger.unsure => Ok(()),
            Mode::Usual if age_ms < before.expires_after_ms => {
                let left_ms = before.expires_after_ms - age_ms;
                Err(format!("call {number} goes for a token, though one is had that is good for {left_ms} ms"))
            }
            Mode::Early if age_ms < before.refresh_after_ms.min(before.expires_after_ms) => {
                Err(format!("call {number} refreshes a token {} ms too early", before.refresh_after_ms - age_ms))
            }
            _ => Ok(()),
        }
    }

    /// A leader begins anew, with the right time.
    fn look_at_correction(&mut self, number: usize, ms: u64) -> Verdict {
        let call = &mut self.calls[number];
        if ms > 0 || !call.skewed || call.corrected {
            return Err(format!("call {number} leads, and waits for {ms} ms"));
        }
        (call.corrected, call.requests) = (true, 0);
        let (host, account, time) = (call.host, call.place.0, self.time);
        self.hosts[host].corrected.insert(account, time);
        Ok(())
    }

    /// Whoever led waits, to try again.
    fn look_at_retry(&mut self, number: usize, ms: u64) -> Verdict {
        let leads = self.leads(number);
        let now = self.now(self.calls[number].host);
        let call = &mut self.calls[number];
        call.failures += 1;
        call.own_failures += 1;
        call.requests = 0;
        call.first_wait_ms.get_or_insert(ms);
        call.follows = call.leads.map(|flight| FlightId(flight.0 + 1));
        let (retry, failures, asked_ms) = (call.retry, call.failures, call.asked_ms.unwrap_or_default());
        if call.mode == Mode::Early {
            return Err(format!("call {number} refreshes early, and tries again"));
        }
        if call.permanent {
            return Err(format!("call {number} tries again after it was refused for good"));
        }
        if call.own_failures >= retry.attempts {
            return Err(format!("call {number} tries for the {}th time", call.own_failures + 1));
        }
        let longest_ms = promises::longest_wait_ms(&retry, failures).max(asked_ms);
        if !(asked_ms..=longest_ms).contains(&ms) {
            return Err(format!("call {number} waits for {ms} ms, not for {asked_ms} to {longest_ms}"));
        }
        if let Some(flight) = call.leads.filter(|_| leads) {
            let ledger = self.ledger(number);
            ledger.running = None;
            ledger.failed = Some(Failed { flight, at_ms: now.mono_ms, code: None, transient: true });
            if let Some(held) = ledger.held.as_mut() {
                held.put_off(now, asked_ms, longest_ms);
            }
        }
        self.in_time(number, ms)
    }

    fn in_time(&self, number: usize, ms: u64) -> Verdict {
        let call = &self.calls[number];
        if self.now(call.host).mono_ms + ms >= call.deadline_ms {
            return Err(format!("call {number} waits for {ms} ms, and its time is over before"));
        }
        Ok(())
    }

    pub(crate) fn look_at_request(&mut self, number: usize, request: &Request) -> Verdict {
        // Whoever was taken over goes on with what it had begun before.
        let leads = self.leads(number);
        let call = &self.calls[number];
        let (place, attempts, is_first) = (call.place, call.retry.attempts, call.requests == 0);
        if call.permanent {
            return Err(format!("call {number} asks {} again after it was refused for good", request.url));
        }
        if call.skews > promises::CORRECTIONS {
            return Err(format!("call {number} asks {} again after its time was refused too often", request.url));
        }
        if call.requests >= 4 {
            return Err(format!("call {number} sends a fifth request"));
        }
        let quiet_ms = self.hosts[self.calls[number].host].ledger(place).quiet_until.saturating_sub(self.time);
        if quiet_ms > 0 && attempts > 1 && is_first && leads {
            return Err(format!("call {number} asks {} ms before the server wants to be asked", quiet_ms));
        }
        Ok(())
    }

    /// The server wants to be left alone for so long.
    pub(crate) fn asked_for_quiet(&mut self, number: usize, ms: u64) {
        let call = &self.calls[number];
        let until = self.time + ms.min(call.retry.longest_ms);
        // Whoever was taken over has no say any more.
        if self.leads(number) {
            let ledger = self.ledger(number);
            ledger.quiet_until = ledger.quiet_until.max(until);
        }
    }

    /// Whether somebody has put a call's time right since it began.
    pub(crate) fn is_corrected(&self, number: usize) -> bool {
        let call = &self.calls[number];
        let host = &self.hosts[call.host];
        host.corrected.get(&call.place.0).copied().max(Some(host.set_at)) >= Some(call.begun_at)
    }

    /// Whoever gives up leaves the others to look for themselves.
    pub(crate) fn look_at_leaving(&mut self, number: usize) {
        if self.leads(number) {
            self.ledger(number).running = None;
        }
    }

    /// A call fails: there has to be a cause, and it is to be the one that is told.
    pub(crate) fn look_at_failure(&mut self, number: usize, error: &AuthError) -> Verdict {
        let leads = self.leads(number);
        let call = &self.calls[number];
        let (host, mode, flight) = (call.host, call.mode, call.leads);
        let now = self.now(host);
        let at = &self.hosts[host];
        let waiting =
            self.calls.iter().filter(|call| call.host == host && matches!(call.state, State::Runs | State::Vanished));
        let crowded = error.code == Code::TooManyOperations && waiting.count() > at.limits.operations;
        let lost = error.code == Code::CoreFailed && error.transient || crowded;
        let ledger = self.ledger(number);
        let good = |held: &&Held| held.age_ms(now) < held.expires_after_ms;
        let held = ledger.held.as_ref().filter(|_| !ledger.unsure).filter(good);
        if let Some(held) = held
            && mode == Mode::Usual
            && (flight.is_none() || Open::LateLook.holds())
            && !lost
        {
            let left_ms = held.expires_after_ms - held.age_ms(now);
            return Err(format!("call {number} fails, though a token is had that is good for {left_ms} ms: {error}"));
        }
        if lost {
            ledger.running = ledger.running.take().filter(|_| !leads);
            return Ok(());
        }
        if flight.is_none() {
            return self.look_at_told_failure(number, error);
        }
        self.look_at_own_failure(number, error)
    }

    /// A call fails that is out for nothing: what it followed has failed, or it is kept from asking.
    fn look_at_told_failure(&mut self, number: usize, error: &AuthError) -> Verdict {
        self.share(number);
        let call = &self.calls[number];
        let (mode, again) = (call.mode, call.failures < call.retry.attempts);
        let (now, deadline_ms) = (self.now(call.host), call.deadline_ms);
        let reason = self.ledger(number).reason(now);
        let Some(reason) = reason.filter(|reason| reason.code.is_none_or(|code| code == error.code)) else {
            return Err(format!("call {number} fails by itself: {error}"));
        };
        let has_time = now.mono_ms + promises::LONGEST_BAR_MS + promises::SHORT_MS < deadline_ms;
        if reason.transient && again && has_time && mode != Mode::Early {
            return Err(format!("call {number} fails by another's failure, though it may try again: {error}"));
        }
        Ok(())
    }

    /// A call's own exchange fails.
    fn look_at_own_failure(&mut self, number: usize, error: &AuthError) -> Verdict {
        let leads = self.leads(number);
        let excused = !Open::EachClock.holds() && self.is_corrected(number);
        let call = &mut self.calls[number];
        call.failures += 1;
        let (host, place, mode) = (call.host, call.place.0, call.mode);
        let (permanent, skewed, asked_ms) = (call.permanent, call.skewed, call.asked_ms.unwrap_or_default());
        let caused = call.faults > 0 || call.permanent || call.skews > 0 || call.slept;
        let again = error.transient && call.failures < call.retry.attempts;
        let longest_ms = promises::longest_wait_ms(&call.retry, call.failures).max(asked_ms);
        let untold = call.honest_skews > u32::from(call.corrected) && error.code == Code::ClockSkew;
        let (flight, deadline_ms) = (call.leads, call.deadline_ms);
        let now = self.now(host);
        if permanent && error.transient {
            return Err(format!("call {number} was refused for good, and is told that it may pass: {error}"));
        }
        if skewed {
            self.hosts[host].corrected.insert(place, self.time);
        }
        if let Some(flight) = flight.filter(|_| leads) {
            let ledger = self.ledger(number);
            ledger.running = None;
            let (code, transient) = (Some(error.code), error.transient);
            ledger.failed = Some(Failed { flight, at_ms: now.mono_ms, code, transient });
            if let Some(held) = ledger.held.as_mut().filter(|_| error.transient) {
                held.put_off(now, asked_ms, longest_ms);
            }
        }
        if again && mode != Mode::Early && now.mono_ms + longest_ms + promises::SHORT_MS < deadline_ms {
            return Err(format!("call {number} fails, though it may try again: {error}"));
        }
        let off = self.hosts[host].clocks.off_ms(self.time) > 1000;
        if !caused && !off && error.code != Code::CredentialNotFound {
            return Err(format!("call {number} fails, and nothing was wrong: {error}"));
        }
        if untold && !excused {
            return Err(format!("call {number} was told the time, and fails for it: {error}"));
        }
        Ok(())
    }
}
