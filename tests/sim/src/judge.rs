//! The judge: holds what the core does to what it promises. What it knows it was told by servers and drivers, not by the core.

use crate::accounts::Kind;
use crate::calls::{State, Told};
use crate::clocks::wall_at;
use crate::google::Life;
use crate::host::Shared;
use crate::promises;
use crate::wire::claims;
use crate::world::{Verdict, World};
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::http::Request;
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Action, FlightId, Key, Lease, Mode};

/// A token that a host has.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Its number, unless the host made it itself.
    pub(crate) token: Option<usize>,
    /// When it truly ends.
    ends_at: u64,
    had_at: u64,
    had: Now,
    life_ms: u64,
    /// By its age, when it is to be refreshed and when it counts as expired.
    refresh_after_ms: u64,
    expires_after_ms: u64,
    /// What was said of its life was not so.
    lies: bool,
    /// How long its answer was under way.
    lag_ms: u64,
    serial: u32,
}

/// A flight under way.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) flight: FlightId,
    call: usize,
    /// By the host's monotonic clock, when the core heard of its leader last.
    heard_ms: u64,
}

#[derive(Clone, Debug)]
struct Failed {
    flight: FlightId,
    at_ms: u64,
    code: Code,
}

/// All that is known of one account's tokens for one target on one host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) key: Option<String>,
    pub(crate) held: Option<Held>,
    /// Whether the core may have lost it for good reason.
    pub(crate) unsure: bool,
    pub(crate) running: Option<Running>,
    failed: Vec<Failed>,
    /// By the monotonic clock, until when the server asked to be left alone.
    pub(crate) quiet_until_ms: u64,
}

impl Held {
    /// How old the host takes it for: by the clock that says more.
    fn age_ms(&self, now: Now) -> u64 {
        now.wall_ms.saturating_sub(self.had.wall_ms).max(now.mono_ms.saturating_sub(self.had.mono_ms))
    }

    /// As a new module takes it, with so much of its life left.
    pub(crate) fn restored(&self, left_ms: u64, lease: &Lease, now: Now, time: u64) -> Held {
        let deadlines = lease.deadlines_ms();
        let after = |at: u64| at.saturating_sub(now.wall_ms);
        let (refresh_after_ms, expires_after_ms) = (after(deadlines.0), after(deadlines.1));
        // What is left was told by the wall clock alone.
        let lies = self.lies || time + left_ms > self.ends_at;
        Held {
            had_at: time,
            had: now,
            life_ms: left_ms,
            refresh_after_ms,
            expires_after_ms,
            lies,
            serial: lease.serial,
            ..self.clone()
        }
    }
}

impl World {
    fn ledger(&mut self, number: usize) -> &mut Ledger {
        let call = &self.calls[number];
        self.hosts[call.host].ledger(call.place)
    }

    /// Whether that flight may still bring something.
    fn lives(&self, host: usize, running: Option<&Running>) -> bool {
        let Some(running) = running else { return false };
        let mono_ms = self.now(host).mono_ms;
        match self.hosts[host].limits.flight_dead_after_ms {
            Some(dead_ms) => mono_ms.saturating_sub(running.heard_ms) < dead_ms,
            None => self.calls[running.call].state == State::Runs,
        }
    }

    /// Before a call does what the core says.
    pub(crate) fn look_at_action(&mut self, number: usize, leads: Option<FlightId>, action: &Action) -> Verdict {
        let host = self.calls[number].host;
        let now = self.now(host);
        if let Some(flight) = leads {
            if self.calls[number].leads != leads {
                self.look_at_start(number, flight)?;
                let call = number;
                self.ledger(number).running = Some(Running { flight, call, heard_ms: now.mono_ms });
            }
            let ledger = self.ledger(number);
            if let Some(running) = ledger.running.as_mut().filter(|running| running.flight == flight) {
                running.heard_ms = now.mono_ms;
            }
        }
        if let Action::Join { flight, .. } = action {
            let running = self.ledger(number).running.clone();
            if !self.lives(host, running.as_ref()) || running.is_none_or(|running| running.flight != *flight) {
                return Err(format!("call {number} follows flight {}, which nobody leads any more", flight.0));
            }
        }
        Ok(())
    }

    /// A call goes for a token itself: there has to be a reason.
    fn look_at_start(&mut self, number: usize, flight: FlightId) -> Verdict {
        let call = &self.calls[number];
        let (host, mode, follows) = (call.host, call.mode, call.follows);
        let now = self.now(host);
        let told_ms = self.hosts[host].limits.failure_told_ms;
        let ledger = self.ledger(number).clone();
        self.story.line(self.time, || format!("call {number} leads flight {}", flight.0));
        if self.lives(host, ledger.running.as_ref()) {
            return Err(format!("call {number} goes for a token, though another is out for it"));
        }
        let told = ledger.failed.iter().find(|failed| Some(failed.flight) == follows);
        if told.is_some_and(|failed| now.mono_ms.saturating_sub(failed.at_ms) < told_ms) {
            return Err(format!("call {number} goes for a token, though the flight that it followed failed"));
        }
        let Some(held) = ledger.held.filter(|_| !ledger.unsure) else { return Ok(()) };
        let age_ms = held.age_ms(now);
        match mode {
            Mode::Usual if age_ms < held.expires_after_ms => Err(format!(
                "call {number} goes for a token, though one is had that is good for {} ms",
                held.expires_after_ms - age_ms
            )),
            Mode::Early if age_ms < held.refresh_after_ms => {
                Err(format!("call {number} refreshes a token {} ms too early", held.refresh_after_ms - age_ms))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn look_at_request(&mut self, number: usize, request: &Request, _body: &str) -> Verdict {
        let call = &self.calls[number];
        if call.permanent {
            return Err(format!("call {number} asks {} again after it was refused for good", request.url));
        }
        if call.skews > 1 {
            return Err(format!("call {number} asks {} again after its time was refused twice", request.url));
        }
        if call.requests >= 4 {
            return Err(format!("call {number} sends a fifth request"));
        }
        Ok(())
    }

    /// A call has a token, new or not; says what is known of it.
    pub(crate) fn look_at_token(&mut self, number: usize, text: &str, lease: &Lease) -> Verdict<Held> {
        let deadlines = lease.deadlines_ms();
        let call = &self.calls[number];
        let (host, place, mode, begun_at, leads) = (call.host, call.place, call.mode, call.begun_at, call.leads);
        let now = self.now(host);
        self.is_it_whose(place, text)?;
        let token = self.google.number_of(text);
        if leads.is_some() {
            let held = Held { serial: lease.serial, ..self.held(number, token, text, deadlines)? };
            let limits = &self.hosts[host].limits;
            let of_metadata = self.accounts[place.0].of_metadata();
            let (life_ms, window_ms) = (held.life_ms, promises::window_ms(limits, held.life_ms, of_metadata));
            let expires_after_ms = life_ms - promises::margin_ms(limits, life_ms);
            if held.expires_after_ms != expires_after_ms {
                return Err(format!(
                    "a token of {life_ms} ms counts as expired after {} ms, not {expires_after_ms}",
                    held.expires_after_ms
                ));
            }
            let earliest_ms = (life_ms - window_ms).min(expires_after_ms);
            if held.refresh_after_ms < earliest_ms || held.refresh_after_ms > earliest_ms + window_ms / 4 {
                return Err(format!(
                    "a token of {life_ms} ms is refreshed after {} ms, with a window of {window_ms}",
                    held.refresh_after_ms
                ));
            }
            self.story.line(self.time, || format!("call {number} has a new token of {life_ms} ms"));
            let key = self.calls[number].leads;
            let ledger = self.ledger(number);
            ledger.running = ledger.running.take().filter(|running| Some(running.flight) != key);
            (ledger.held, ledger.unsure) = (Some(held.clone()), false);
            return Ok(held);
        }
        let running = self.ledger(number).running.clone();
        let is_out = self.lives(host, running.as_ref());
        let Some(held) = self.ledger(number).held.clone() else {
            return Err(format!("call {number} is given a token that had to go"));
        };
        if held.token != token {
            return Err(format!("call {number} is given a token that was replaced"));
        }
        self.story.line(self.time, || format!("call {number} has the token that is there"));
        let age_ms = held.age_ms(now);
        let waited = held.had_at >= begun_at;
        match mode {
            Mode::Usual if age_ms >= held.expires_after_ms && !waited => {
                Err(format!("call {number} is given a token that expired {} ms ago", age_ms - held.expires_after_ms))
            }
            Mode::Forced if !waited => {
                Err(format!("call {number} wants a new token and is given one that was had before"))
            }
            Mode::Early if age_ms >= held.refresh_after_ms && !is_out && !waited => Err(format!(
                "call {number} is to refresh a token that is due since {} ms, and nobody goes",
                age_ms - held.refresh_after_ms
            )),
            _ => Ok(held),
        }
    }

    /// What a new token is worth, by what the servers said of it.
    fn held(&mut self, number: usize, token: Option<usize>, text: &str, deadlines: (u64, u64)) -> Verdict<Held> {
        let call = &self.calls[number];
        let host = call.host;
        let now = self.now(host);
        let off = self.hosts[host].clocks.off_ms(self.time) > 1000;
        let claimed =
            claims(text).map(|claims| (claims["exp"].as_u64().unwrap_or(0), claims["iat"].as_u64().unwrap_or(0)));
        let until_ms =
            |exp: u64, iat: u64, from_ms: u64| (exp * 1000).saturating_sub(from_ms).min((exp - iat.min(exp)) * 1000);
        let granted = call.granted.filter(|granted| Some(granted.token) == token).map(|granted| granted.told);
        let (life_ms, lies) = match granted {
            Some(Told::Function { ends_ms }) => match (ends_ms, claimed) {
                (Some(ends_ms), _) => (ends_ms.saturating_sub(now.wall_ms), off),
                (None, Some((exp, iat))) => (until_ms(exp, iat, now.wall_ms), off),
                // Opaque, and not to be kept.
                (None, None) => (0, false),
            },
            Some(Told::Answer { life, date_ms, lies }) => {
                let from_ms = date_ms.filter(|date| *date > 0).unwrap_or(now.wall_ms);
                let life_ms = match life {
                    Life::Seconds(seconds) => seconds.saturating_mul(1000),
                    Life::Claims(exp, iat) => until_ms(exp, iat, from_ms),
                    Life::Moment(ends) => ends.saturating_sub(from_ms / 1000).min(65_535) * 1000,
                };
                let by_wall = date_ms.is_none() && !matches!(life, Life::Seconds(_));
                (life_ms.min(promises::DAY_MS), lies || call.slept || by_wall && off)
            }
            // Of its own making.
            None if token.is_none() && claimed.is_some() => (self.hosts[host].limits.assertion_lifetime_s * 1000, off),
            None => return Err(format!("call {number} has a token that its last answer did not give")),
        };
        let ends_at = match (token, claimed) {
            (Some(token), _) => self.google.truths[token].ends_at,
            (None, Some((exp, _))) => (exp * 1000).saturating_sub(wall_at(0)),
            _ => 0,
        };
        let after = |at: u64| at.saturating_sub(now.wall_ms);
        let (refresh_after_ms, expires_after_ms) = (after(deadlines.0), after(deadlines.1));
        let lag_ms = self.time - call.sent_at.min(self.time);
        Ok(Held {
            token,
            ends_at,
            had_at: self.time,
            had: now,
            life_ms,
            refresh_after_ms,
            expires_after_ms,
            lies,
            lag_ms,
            serial: 0,
        })
    }

    /// Whoever asks for something else has another key.
    pub(crate) fn look_at_key(&mut self, host: usize, place: (usize, usize), key: &Key) -> Verdict {
        let same = |ledger: &Ledger| ledger.key.as_deref() == Some(key.as_str());
        if let Some((other, _)) =
            self.hosts[host].ledgers.iter().find(|(other, ledger)| **other != place && same(ledger))
        {
            return Err(format!(
                "account {} for {:?} and account {} for {:?} share a key",
                place.0, self.targets[place.1].1, other.0, self.targets[other.1].1
            ));
        }
        self.hosts[host].ledger(place).key = Some(key.as_str().to_owned());
        Ok(())
    }

    /// Whether a token is of that account, and for that target.
    fn is_it_whose(&self, place: (usize, usize), text: &str) -> Verdict {
        let account = &self.accounts[place.0];
        let (access, wanted) = &self.targets[place.1];
        let Some(token) = self.google.number_of(text) else {
            let own = claims(text).filter(|_| account.kind == Kind::SelfSigned && *access);
            let own = own.ok_or_else(|| format!("account {} has a token that nobody gave", place.0))?;
            let fits = own["iss"] == account.email.as_str()
                && own["sub"] == account.email.as_str()
                && own["scope"] == wanted.as_str();
            return if fits {
                Ok(())
            } else {
                Err(format!("account {} has a token of its own that is for {own}", place.0))
            };
        };
        let truth = &self.google.truths[token];
        if truth.account != account.number || truth.subject != account.subject {
            return Err(format!(
                "account {} is given a token of account {} for {:?}",
                place.0, truth.account, truth.subject
            ));
        }
        let client = format!("client{}", account.number);
        let fits = match account.kind {
            Kind::User | Kind::Rotating => truth.access || truth.wanted == client,
            _ => truth.wanted == *wanted,
        };
        if truth.access != *access || !fits {
            return Err(format!("a call for {wanted} is given a token for {}", truth.wanted));
        }
        Ok(())
    }

    /// A token is used: it has to be good, unless clocks or servers lied.
    pub(crate) fn serve(&mut self, session: usize, slot: &Shared, resends: u8, begun_at: u64) -> Verdict {
        let (host, place) = (self.sessions[session].host, self.sessions[session].place);
        let now = self.now(host);
        let (text, held, serial) = {
            let slot = slot.borrow();
            (slot.token.clone(), slot.held.clone(), slot.serial)
        };
        self.is_it_whose(place, &text)?;
        let honest = !held.lies && held.age_ms(now) + 1000 >= self.time - held.had_at;
        let slept = (held.had_at..=self.time).contains(&self.hosts[host].asleep_until) && begun_at <= held.had_at;
        let honest = honest && (promises::SLEEPERS_LOOK_AT_THE_END || !slept);
        let late_ms = self.time.saturating_sub(held.ends_at);
        if honest && self.time >= held.ends_at && (promises::COUNTS_LAG || late_ms > held.lag_ms) {
            return Err(format!("session {session} uses a token {late_ms} ms after its end"));
        }
        let refused = self.time >= held.ends_at || !self.calm && self.troubles.refusals && self.dice.percent(2);
        if refused && resends == 0 {
            self.story.line(self.time, || format!("the service would not have the token of session {session}"));
            let (key, token) = (slot.borrow().key.clone(), slot.borrow().token.clone());
            if token == text {
                let mut slot = slot.borrow_mut();
                (slot.refresh_at, slot.expires_at) = (0, 0);
                self.hosts[host].tokens.invalidate(&key, serial);
                let ledger = self.hosts[host].ledger(place);
                ledger.held = ledger.held.take().filter(|known| known.serial != serial);
            }
            return self.call(session, Mode::Usual, false, 1);
        }
        Ok(())
    }

    /// A call fails: there has to be a cause, and it is to be the one that is told.
    pub(crate) fn look_at_failure(&mut self, number: usize, error: &AuthError) -> Verdict {
        let call = &self.calls[number];
        let (host, mode, leads, follows, place) = (call.host, call.mode, call.leads, call.follows, call.place);
        let caused = call.faults > 0 || call.permanent || call.skews > 0 || call.slept;
        let permanent = call.permanent;
        let now = self.now(host);
        let lost = error.code == Code::CoreFailed && error.transient;
        let of_metadata = self.accounts[place.0].of_metadata();
        let off = self.hosts[host].clocks.off_ms(self.time) > 1000;
        let step_ms = |life_ms| promises::step_ms(&self.hosts[host].limits, life_ms, of_metadata);
        let step_ms = self.hosts[host]
            .ledgers
            .get(&place)
            .and_then(|ledger| ledger.held.as_ref())
            .map_or(0, |held| step_ms(held.life_ms));
        let ledger = self.ledger(number);
        if mode == Mode::Usual
            && (leads.is_none() || promises::LEADERS_LOOK_AGAIN)
            && !lost
            && let Some(held) =
                ledger.held.as_ref().filter(|held| !ledger.unsure && held.age_ms(now) < held.expires_after_ms)
        {
            return Err(format!(
                "call {number} fails, though a token is had that is good for {} ms: {error}",
                held.expires_after_ms - held.age_ms(now)
            ));
        }
        if leads.is_none() {
            let told = ledger.failed.iter().find(|failed| Some(failed.flight) == follows);
            return match told {
                Some(failed) if failed.code == error.code => Ok(()),
                _ if lost => Ok(()),
                _ => Err(format!("call {number} fails by itself: {error}")),
            };
        }
        if permanent && error.transient {
            return Err(format!("call {number} was refused for good, and is told that it may pass: {error}"));
        }
        if let Some(flight) = leads {
            ledger.running = ledger.running.take().filter(|running| running.flight != flight);
            ledger.failed.retain(|failed| failed.at_ms + 60_000 > now.mono_ms);
            ledger.failed.push(Failed { flight, at_ms: now.mono_ms, code: error.code });
        }
        if let Some(held) = ledger.held.as_mut().filter(|held| held.age_ms(now) >= held.refresh_after_ms) {
            held.refresh_after_ms = held.age_ms(now) + step_ms;
        }
        let absent = error.code == Code::CredentialNotFound;
        if !caused && !off && !lost && !absent {
            return Err(format!("call {number} fails, and nothing was wrong: {error}"));
        }
        Ok(())
    }
}
