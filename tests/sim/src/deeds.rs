//! What hosts do for the core: sign, send, read, call, wait; and what becomes of it in that weather.

use crate::accounts::canary;
use crate::clocks::wall_at;
use crate::replies::spoilt;
use crate::weather::Fault;
use crate::world::{Due, Said, Verdict, World};
use cloud_run_auth::http::Request;
use cloud_run_auth::token::{Action, FlightId};

impl World {
    pub(crate) fn perform(&mut self, number: usize, action: Action) -> Verdict {
        self.calls[number].action += 1;
        match action {
            Action::Sign { input, .. } => self.sign(number, &input),
            Action::Send(request) => self.send(number, &request),
            Action::Read { path } => {
                let account = &self.accounts[self.calls[number].place.0];
                let said = if path == account.subject_file() {
                    Said::Text(account.subject_token())
                } else {
                    Said::Failed("ENOENT")
                };
                self.then(number, 1, said);
                Ok(())
            }
            Action::Environment { names } => {
                let known = |name: &&String| *name == "HOME" || *name == "K_SERVICE" && self.on_cloud_run;
                let said: String = names.iter().filter(known).map(|name| format!("\x01{name}\x02/h")).collect();
                self.then(number, 0, Said::Text(said));
                Ok(())
            }
            Action::Call { function, target } => {
                let account = &self.accounts[self.calls[number].place.0];
                if function as usize != account.number + 1 {
                    return Err(format!("function {function} was called for account {}", account.number));
                }
                let token = self.google.mint(account, target.is_access(), target.as_str(), self.time);
                let text = self.google.text(token);
                let ends_ms = account.tells_end.then(|| wall_at(self.google.truths[token].ends_at));
                self.function(number, Said::Granted { token: text, expires_at_ms: ends_ms, number: Some(token) });
                Ok(())
            }
            Action::Subject { function, .. } => {
                let account = &self.accounts[self.calls[number].place.0];
                if function as usize != account.number + 1 {
                    return Err(format!("function {function} was called for account {}", account.number));
                }
                let token = account.subject_token();
                self.function(number, Said::Granted { token, expires_at_ms: None, number: None });
                Ok(())
            }
            Action::Join { flight, poll_ms } => {
                self.join(number, flight, poll_ms);
                Ok(())
            }
            Action::Wait { ms } => {
                self.then(number, ms, Said::Woken);
                Ok(())
            }
            other => Err(format!("nobody asked for {other:?}")),
        }
    }

    fn then(&mut self, number: usize, ms: u64, said: Said) {
        let action = self.calls[number].action;
        self.after(ms, Due::Tell(number, action, said));
    }

    fn sign(&mut self, number: usize, input: &str) -> Verdict {
        let call = &self.calls[number];
        let (host, session, place) = (call.host, call.session, call.place);
        let op = call.op.ok_or_else(|| format!("call {number} signs and has no number"))?;
        self.story.line(self.time, || format!("call {number} signs {:?}", crate::wire::claims(input)));
        let at = &mut self.hosts[host];
        if at.keeps && !at.signers.contains(&place.0) {
            if at.tokens.leader(op).is_none_or(|credential| credential.private_key().is_none()) {
                self.register(session, true)?;
            }
            let at = &mut self.hosts[host];
            if at.tokens.leader(op).is_none_or(|credential| credential.private_key().is_none()) {
                return Err(format!("call {number} is to sign without a key"));
            }
            at.signers.insert(place.0);
        }
        let at = &mut self.hosts[host];
        let Some(credential) = at.tokens.leader(op) else {
            return Err(format!("call {number} signs and leads nothing"));
        };
        if at.keeps {
            credential.forget_private_key();
        } else if credential.private_key().is_none() {
            return Err(format!("call {number} is to sign, and the key is gone"));
        }
        let took = self.dice.between(0, 3);
        self.then(number, took, Said::Signed(vec![place.0 as u8; 9]));
        Ok(())
    }

    fn send(&mut self, number: usize, request: &Request) -> Verdict {
        let (host, place) = (self.calls[number].host, self.calls[number].place);
        let secret = request.body.and_then(|body| self.hosts[host].tokens.secret(body));
        let body = secret.as_ref().map_or("", |body| body.expose_text());
        self.look_at_request(number, request)?;
        for text in core::iter::once(body).chain(request.headers.iter().map(|(_, value)| value.as_str())) {
            if let Some(other) =
                text.split("canary").skip(1).find(|rest| !format!("canary{rest}").starts_with(&canary(place.0)))
            {
                return Err(format!("a request of account {} holds a secret of another: canary{other:.12}", place.0));
            }
        }
        let fault = self.weather.at(self.time, &mut self.dice);
        let mut took = self.dice.between(3, 120);
        self.story
            .line(self.time, || format!("call {number} sends {} {:.90}{}", request.method, request.url, told(fault)));
        let failed = match fault {
            Some(Fault::Slow { ms }) => {
                took = ms;
                None
            }
            Some(Fault::Refused) => Some("connection refused"),
            Some(Fault::Dns) => Some("the name was not found"),
            Some(Fault::Reset) => Some("connection reset"),
            Some(Fault::Blackhole) => {
                took = request.timeout_ms;
                Some("nothing came in time")
            }
            _ => None,
        };
        self.calls[number].requests += 1;
        self.calls[number].probes = request.url.ends_with("169.254.169.254/");
        self.calls[number].sent_at = self.time;
        self.calls[number].faults += u32::from(fault.is_some());
        let reaches = !matches!(fault, Some(Fault::Refused | Fault::Dns));
        let account = &self.accounts[place.0];
        let reply = if reaches {
            Some(self.google.answer(account, request, body, self.time + took.min(200) / 2)?)
        } else {
            None
        };
        let reply = match (reply, fault) {
            (Some(reply), Some(Fault::Astray)) => Some(self.google.astray(account, reply, self.time)),
            (Some(reply), Some(fault)) => spoilt(reply, fault, self.time),
            (reply, _) => reply,
        };
        if took >= request.timeout_ms {
            self.calls[number].faults += 1;
            self.then(number, request.timeout_ms, Said::Failed("nothing came in time"));
            return Ok(());
        }
        let said = match (failed, reply) {
            (None, Some(reply)) => Said::Answered(Box::new(reply)),
            (why, _) => Said::Failed(why.unwrap_or("connection reset")),
        };
        self.then(number, took, said);
        Ok(())
    }

    /// A function of the caller's.
    fn function(&mut self, number: usize, gives: Said) {
        self.story.line(self.time, || format!("call {number} calls its function"));
        match self.weather.at(self.time, &mut self.dice) {
            Some(Fault::Slow { ms }) => {
                self.calls[number].faults += 1;
                self.then(number, ms.min(5000), gives);
            }
            Some(fault) if fault.is_outage() => {
                self.calls[number].faults += 1;
                self.then(number, 20, Said::Failed("the function failed"));
            }
            _ => self.then(number, 5, gives),
        }
    }

    fn join(&mut self, number: usize, flight: FlightId, poll_ms: u64) {
        if self.calls[number].follows != Some(flight) {
            self.story.line(self.time, || format!("call {number} follows flight {}", flight.0));
        }
        self.calls[number].follows = Some(flight);
        let host = self.calls[number].host;
        if let Some((_, followers)) = self.hosts[host].waiting.iter_mut().find(|(waited, _)| *waited == flight) {
            followers.push(number);
        } else {
            self.then(number, poll_ms, Said::Woken);
        }
    }
}

fn told(fault: Option<Fault>) -> String {
    fault.map_or_else(String::new, |fault| format!(" and meets {fault:?}"))
}
