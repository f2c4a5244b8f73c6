//! What a visit makes of what came: of the URL that the browser came back to, of the provider's answers, and of records.

use super::application::{Login, invalid};
use super::back::{self, Back};
use super::begin::Asked;
use super::cookies::{Jar, cookie};
use super::identity::identity;
use super::local::local;
use super::sessions::{self, Browser};
use super::used;
use super::visit::{Arrived, Came, Out, Purpose, Remembered, Turn, Visit};
use crate::config::Retry;
use crate::error::{AuthError, Code, Details};
use crate::grant::{Wanted, object, read};
use crate::http::Received;
use crate::json::{Text, member};
use crate::record::Fields;
use crate::text::{append, concat, decimal, number};
use crate::time::Now;
use crate::token::{FlightId, Order, Said, happening};
use crate::user::{Entry, entered, lacks, left};
use alloc::string::String;

impl Visit {
    pub(super) fn begin(&mut self, remembered: &mut Remembered, login: &Login, now: Now) -> Came {
        match self.purpose {
            Purpose::Forget => {
                self.subject = concat(&[remembered.get("subject")]);
                return self.go(Out::Grant, remembered, login);
            }
            // Which device it is, nobody but itself knows: there is no browser that could be another one.
            Purpose::Device => return self.go(Out::Device, remembered, login),
            Purpose::Poll => return self.go(Out::Exchange, remembered, login),
            _ => {}
        }
        let text = cookie(remembered.get("cookies"), &login.cookie_name(sessions::NAME)).unwrap_or_default();
        let browser = Browser::read(text, login);
        if matches!(self.purpose, Purpose::Arrive | Purpose::Complete) {
            let kept = if self.purpose == Purpose::Complete { remembered.get("flow") } else { "" };
            let Back { flow, code } = back::read(login, remembered.get("url"), remembered.get("cookies"), kept, now)?;
            self.came = browser.unwrap_or_default();
            remembered.put("flow", &flow.written());
            remembered.put("code", &code);
            remembered.put("url", "");
            remembered.put("cookies", "");
            let first = if login.keeps_used() { Out::Used } else { Out::Exchange };
            return self.go(first, remembered, login);
        }
        if local(remembered.get("return_to"), login.origin()).is_none() && !remembered.get("return_to").is_empty() {
            return Err(invalid("the option $ is no path on the redirect URI's origin, as /goodbye.", "returnTo"));
        }
        let Some(browser) = browser else { return self.done(remembered, login) };
        self.subject.clone_from(&browser.subject);
        self.came = browser;
        self.go(if self.purpose == Purpose::Look { Out::Look } else { Out::Others }, remembered, login)
    }

    /// Tokens for the code, or that what was granted is revoked.
    pub(super) fn answered(&mut self, remembered: &mut Remembered, login: &Login, said: &Said, now: Now) -> Came {
        if said.kind == happening::FAILED {
            let error = AuthError::passing(
                Code::ExchangeUnavailable,
                "the provider could not be reached: ~. Try again later.",
                said.answer.body,
                "",
            );
            return self.again(error);
        }
        if self.out == Out::Revoke {
            // RFC 7009, section 2.2: a token that is not known is revoked.
            if matches!(said.answer.status, 429 | 500..=599) {
                let error = AuthError::passing(
                    Code::ExchangeUnavailable,
                    "the provider could not revoke. Try again later.",
                    "",
                    "",
                );
                return self.again(error);
            }
            return self.go(Out::Forget, remembered, login);
        }
        if self.out == Out::Device && said.answer.status == 200 {
            let device = object(&said.answer).map(|json| json.written()).unwrap_or_default();
            if member(&device, "device_code").is_empty() || member(&device, "user_code").is_empty() {
                return Err(AuthError::plain(
                    Code::InvalidAnswer,
                    "the provider's answer holds no code for a device. Look at its device_authorization_endpoint.",
                ));
            }
            return Ok(Turn::Done(Arrived { device, ..Arrived::default() }));
        }
        if self.purpose == Purpose::Poll && said.answer.status != 200 {
            let word = object(&said.answer).and_then(|json| json.text("error")).unwrap_or_default();
            match word.as_str() {
                "authorization_pending" | "slow_down" => {
                    return Ok(Turn::Done(Arrived { device: word, ..Arrived::default() }));
                }
                "access_denied" => {
                    return Err(AuthError::plain(
                        Code::LoginCancelled,
                        "the user did not want to log in (access_denied).",
                    ));
                }
                "expired_token" => {
                    return Err(back::no("nobody typed in the device's code in time. Begin the login again."));
                }
                _ => {}
            }
        }
        let flow = self.flow(remembered, login)?;
        let names = ["id_token", "access_token", "expires_in"];
        let wanted = Wanted { access: true, audience: "", names, whole: "" };
        let granted = match read(&said.answer, &wanted, login.fact("client_id"), now) {
            Err(error) if error.transient && error.code == Code::ExchangeUnavailable => return self.again(error),
            Err(error) => return Err(not_again(&error)),
            Ok(granted) => granted,
        };
        // Whether that one was granted is to be seen by whether there is a refresh token.
        let asked = without(&flow.scopes, "offline_access");
        let missing = lacks(said.answer.body, &asked);
        if !missing.is_empty() {
            return Err(AuthError::about(
                Code::ScopesMissing,
                "the user did not grant ~. Begin the login again, and say what it is for.",
                missing,
                "",
            ));
        }
        let nonce = if self.purpose == Purpose::Poll { String::new() } else { flow.nonce() };
        let (user, subject) = identity(login, &flow, &nonce, &said.answer, now)?;
        self.subject = concat(&[&subject]);
        remembered.put("user", &user);
        remembered.put("answer", said.answer.body);
        remembered.put("date", &decimal(said.answer.date_ms));
        remembered.put("life", &decimal(granted.life_ms));
        remembered.put("code", "");
        if login.has_store() {
            return self.go(Out::Record, remembered, login);
        }
        self.keep(remembered, login, "", now.wall_ms, now)
    }

    /// A record as it is now.
    pub(super) fn loaded(&mut self, remembered: &mut Remembered, login: &Login, said: &Said, now: Now) -> Came {
        let mut fields = Fields::new(said.answer.body);
        self.version = fields.text().into();
        let text = fields.rest();
        match self.out {
            Out::Used => {
                let flow = self.flow(remembered, login)?;
                let by = used::user(text, &flow);
                if by.as_str() == self.id {
                    return self.written(Out::Use, remembered, login);
                }
                if !by.is_empty() {
                    return Err(back::no("the login came back before. Begin it again."));
                }
                remembered.put("made", &used::with(text, &flow, &self.id, now));
                self.go(Out::Use, remembered, login)
            }
            Out::Record => {
                if member(text, "write_id").as_str() == self.id {
                    return self.written(Out::Keep, remembered, login);
                }
                let now_ms = if said.answer.date_ms > 0 { said.answer.date_ms } else { now.wall_ms };
                self.keep(remembered, login, text, now_ms, now)
            }
            Out::Sessions => {
                let until_s = now.wall_s().saturating_add(login.session_s());
                let id = sessions::id_of(remembered.get("secret"));
                let leaves = if self.came.subject == self.subject { self.came.id.as_str() } else { "" };
                let made = sessions::changed(text, remembered.get("user"), &id, leaves, until_s, now);
                remembered.put("made", &made);
                self.go(Out::Enter, remembered, login)
            }
            Out::Others => {
                if sessions::user(text, &self.came.id, now).is_none() {
                    return self.written(Out::End, remembered, login);
                }
                remembered.put("made", &sessions::changed(text, "", "", &self.came.id, 0, now));
                self.go(Out::End, remembered, login)
            }
            Out::Look => {
                if let Some(user) = sessions::user(text, &self.came.id, now) {
                    remembered.put("user", &user);
                }
                self.done(remembered, login)
            }
            _ => {
                let token = [member(text, "refresh_token"), member(text, "token"), member(text, "access_token")]
                    .into_iter()
                    .find(|token| !token.is_empty());
                let Some(token) = token else { return self.done(remembered, login) };
                remembered.put("made", &left(text, &self.id)?);
                remembered.put("token", &token);
                let revokes = !login.fact("revocation_endpoint").is_empty();
                self.go(if revokes { Out::Revoke } else { Out::Forget }, remembered, login)
            }
        }
    }

    /// Makes the user's record of what the answer brought and what was there; or sends him back for what is missing in both.
    fn keep(&mut self, remembered: &mut Remembered, login: &Login, before: &str, now_ms: u64, now: Now) -> Came {
        let flow = self.flow(remembered, login)?;
        let date_ms = number(remembered.get("date")).unwrap_or_default();
        let answer = Received { status: 200, date_ms, retry_after_ms: 0, body: remembered.get("answer") };
        let account = member(remembered.get("user"), "email");
        let entry = Entry {
            client_id: login.fact("client_id"),
            client_secret: login.fact("client_secret"),
            subject: &self.subject,
            account: &account,
            scopes: &flow.scopes,
            life_ms: number(remembered.get("life")).unwrap_or_default(),
            id: &self.id,
            now_ms,
        };
        let (made, refreshes) = entered(before, &entry, &answer, now)?;
        if login.is_offline() && !refreshes {
            if flow.again {
                return Err(AuthError::plain(
                    Code::InvalidAnswer,
                    "the provider gives no refresh token, even after consent. Look at the client's grants, or set offline to false.",
                ));
            }
            // Google gives one with the first consent only: now it has to be asked for.
            let hint = concat(&[&self.subject]);
            let hd = concat(&[&flow.hd]);
            let asked = Asked { login_hint: &hint, prompt: "consent", hd: &hd, ..Asked::default() };
            let mut jar = Jar::default();
            jar.set(login, &flow.cookie_name(login), "", 0);
            let begun = login.begun(&flow.once_more(now), &asked)?;
            let cookies = concat(&[&jar.0, "\n", &begun.cookies]);
            let (location, flow) = (begun.url, begun.flow);
            return Ok(Turn::Done(Arrived { location, flow, cookies: cookies.into(), ..Arrived::default() }));
        }
        remembered.put("made", &made);
        if login.has_store() { self.go(Out::Keep, remembered, login) } else { self.done(remembered, login) }
    }

    /// What was to be written is there.
    pub(super) fn written(&mut self, out: Out, remembered: &mut Remembered, login: &Login) -> Came {
        self.tries = 0;
        let next = match (out, self.purpose) {
            (Out::Use, _) => Out::Exchange,
            (Out::Keep, Purpose::Arrive) => Out::Sessions,
            (Out::Enter, _) if !self.came.subject.is_empty() && self.came.subject != self.subject => Out::Others,
            (Out::End, Purpose::Revoke) => Out::Grant,
            _ => return self.done(remembered, login),
        };
        self.go(next, remembered, login)
    }

    /// Goes for the same once more, from where it was looked at, or gives up.
    pub(super) fn again(&mut self, error: AuthError) -> Came {
        self.out = match self.out {
            Out::Use => Out::Used,
            Out::Keep => Out::Record,
            Out::Enter => Out::Sessions,
            Out::End => Out::Others,
            Out::Forget => Out::Grant,
            out => out,
        };
        self.tries = self.tries.saturating_add(1);
        let most = if self.out.sends() { Retry::USUAL.attempts } else { 8 };
        if self.tries >= most {
            return Err(if self.out == Out::Exchange { not_again(&error) } else { error });
        }
        self.waits = true;
        self.random = self.random.wrapping_mul(0xf9b2_5d65).wrapping_add(1);
        let asked_ms = error.retry_after_ms.unwrap_or_default().min(5_000);
        let ms = Retry::USUAL.wait_ms(self.tries, asked_ms, self.random >> 33);
        Ok(Turn::Act(Order::wait(FlightId::NONE, ms)))
    }
}

/// Words but for one.
fn without(words: &str, left: &str) -> Text {
    let mut out = Text::default();
    for word in words.split(' ') {
        if word != left {
            append(&mut out, &[word, " "]);
        }
    }
    out
}

/// A code is good for once: what comes of another try of the same call is known.
fn not_again(error: &AuthError) -> AuthError {
    let refused = error.server.as_ref().is_some_and(|server| server.error == "invalid_grant");
    let code = if refused { Code::LoginInvalid } else { error.code };
    let message = concat(&[&error.message, " Begin the login again."]);
    let (retry_after_ms, server) = (error.retry_after_ms, error.server.clone());
    AuthError::whole(Details { code, message, transient: false, retry_after_ms, server })
}
