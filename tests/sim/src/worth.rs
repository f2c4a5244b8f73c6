//! What tokens are worth: whose they are, what for, and for how long; and whether whoever uses one may.

use crate::accounts::Kind;
use crate::calls::Told;
use crate::clocks::wall_at;
use crate::host::Shared;
use crate::ledger::{Held, Ledger};
use crate::promises::{self, Open};
use crate::replies::Life;
use crate::wire::claims;
use crate::world::{Verdict, World};
use cloud_run_auth::token::{Key, Lease, Mode};

impl World {
    /// A call has a token, new or not; says what is known of it.
    pub(crate) fn look_at_token(&mut self, number: usize, text: &str, lease: &Lease) -> Verdict<Held> {
        let deadlines = lease.deadlines_ms();
        let call = &self.calls[number];
        let (host, place, mode, begun_at, leads) = (call.host, call.place, call.mode, call.begun_at, call.leads);
        let now = self.now(host);
        self.is_it_whose(place, text)?;
        let token = self.google.number_of(text);
        let before = self.ledger(number).held.clone();
        if leads.is_some() && before.as_ref().is_none_or(|before| before.serial != lease.serial) {
            let held = Held { serial: lease.serial, ..self.held(number, token, text, deadlines)? };
            let unsure = self.ledger(number).unsure;
            let left_ms = |before: &Held| before.life_ms.saturating_sub(before.age_ms(held.had));
            let longer = before.as_ref().is_some_and(|before| left_ms(before) > held.life_ms + 2 * promises::SAME_MS);
            if mode == Mode::Early && longer && !unsure && Open::Sooner.holds() {
                return Err(format!("call {number} gives up a token that lives longer than the one it has now"));
            }
            let held = self.look_at_lease(host, place, held, before.as_ref(), unsure)?;
            self.story.line(self.time, || format!("call {number} has a new token of {} ms", held.life_ms));
            let ledger = self.ledger(number);
            ledger.running = ledger.running.take().filter(|running| Some(running.flight) != leads);
            (ledger.held, ledger.unsure) = (Some(held.clone()), false);
            return Ok(held);
        }
        if self.leads(number) {
            self.ledger(number).running = None;
            self.look_at_unkept(number)?;
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
            Mode::Early if age_ms >= held.due_after_ms && !is_out && !waited => Err(format!(
                "call {number} is to refresh a token that is due since {} ms, and nobody goes",
                age_ms - held.due_after_ms
            )),
            _ => Ok(held),
        }
    }

    /// An early refresh brought a token, and the one that was had is kept: the new one has to end sooner.
    fn look_at_unkept(&mut self, number: usize) -> Verdict {
        let call = &self.calls[number];
        let Some(granted) = call.granted.filter(|_| call.mode == Mode::Early) else {
            return Err(format!("call {number} had a token given, and is given another"));
        };
        let lies = !matches!(granted.told, Told::Answer { lies: false, date_ms: Some(_), .. }) || call.slept;
        let ends_at = self.google.truths[granted.token].ends_at;
        let held = self.ledger(number).held.as_ref();
        if held.is_some_and(|held| !lies && !held.lies && ends_at > held.ends_at + promises::SAME_MS) {
            return Err(format!("call {number} had a token given that lives longer, and it is not kept"));
        }
        Ok(())
    }

    /// When a new token is to be refreshed, and when it counts as expired.
    fn look_at_lease(
        &self,
        host: usize,
        place: (usize, usize),
        held: Held,
        before: Option<&Held>,
        unsure: bool,
    ) -> Verdict<Held> {
        let limits = &self.hosts[host].limits;
        let life_ms = held.life_ms;
        let expires_after_ms = life_ms - promises::margin_ms(limits, life_ms);
        if held.expires_after_ms != expires_after_ms {
            return Err(format!(
                "a token of {life_ms} ms counts as expired after {} ms, not {expires_after_ms}",
                held.expires_after_ms
            ));
        }
        let mut window_ms = promises::window_ms(limits, life_ms, self.accounts[place.0].of_metadata());
        let left_ms = |before: &Held| before.life_ms.saturating_sub(before.age_ms(held.had));
        let same = before.filter(|before| left_ms(before) > life_ms.saturating_sub(promises::SAME_MS));
        if let Some(before) = same {
            window_ms = before.window_ms;
        }
        let (least_ms, most_ms) = match life_ms.checked_sub(window_ms) {
            Some(after_ms) => (after_ms, after_ms + window_ms / 4),
            None => (promises::step_ms(limits, window_ms) * 3 / 4, promises::step_ms(limits, window_ms)),
        };
        let fits = (least_ms.min(expires_after_ms)..=most_ms.min(expires_after_ms)).contains(&held.refresh_after_ms);
        if !fits && !unsure {
            return Err(format!(
                "a token of {life_ms} ms is refreshed after {} ms, with a window of {window_ms}",
                held.refresh_after_ms
            ));
        }
        Ok(Held { window_ms, due_after_ms: held.refresh_after_ms, ..held })
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
                    // A `Date` by which it has ended before it was given is none.
                    Life::Claims(exp, iat) if from_ms < exp * 1000 => until_ms(exp, iat, from_ms),
                    Life::Claims(exp, iat) => until_ms(exp, iat, now.wall_ms),
                    Life::Moment(ends) => ends.saturating_sub(from_ms / 1000).min(65_535) * 1000,
                };
                let by_wall = date_ms.is_none() && !matches!(life, Life::Seconds(_));
                (life_ms.min(promises::DAY_MS), lies || call.slept || by_wall && off)
            }
            // Of its own making.
            // It says the time of its begin, and lives from its end on: the clock may have been set in between.
            None if token.is_none() && claimed.is_some() => {
                let set = self.hosts[host].set_at >= call.begun_at;
                (self.hosts[host].limits.assertion_lifetime_s * 1000, off || set)
            }
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
            window_ms: 0,
            due_after_ms: 0,
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
    pub(crate) fn serve(&mut self, session: usize, slot: &Shared, resends: u8) -> Verdict {
        let (host, place) = (self.sessions[session].host, self.sessions[session].place);
        let now = self.now(host);
        let (text, held, serial) = {
            let slot = slot.borrow();
            (slot.token.clone(), slot.held.clone(), slot.serial)
        };
        self.is_it_whose(place, &text)?;
        let honest = !held.lies && held.age_ms(now) + 1000 >= self.time - held.had_at;
        let late_ms = self.time.saturating_sub(held.ends_at);
        if honest && self.time >= held.ends_at && (Open::Lag.holds() || late_ms > held.lag_ms) {
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
}
