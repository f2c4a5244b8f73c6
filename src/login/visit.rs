//! The machine of a browser that comes back from the provider, wants to know who it is, or leaves.

use super::application::Login;
use super::cookies::Jar;
use super::flow::Flow;
use super::local::local;
use super::sessions::{self, Browser};
use super::used;
use crate::error::{AuthError, Code};
use crate::facts::Facts;
use crate::json::Text;
use crate::secret::{Secret, Vault};
use crate::template::fill;
use crate::text::concat;
use crate::time::Now;
use crate::token::{Action, Event, Order, Said, happening};
use alloc::string::String;

/// What a browser comes for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To be let in, with the code that the provider gave it.
    #[default]
    Arrive,
    /// The same for whoever has no browser's session to keep.
    Complete,
    /// To know whose session it has.
    Look,
    /// To end its session.
    Leave,
    /// To end it, and whatever the user granted to the application.
    Revoke,
    /// No browser: an application ends whatever a user granted to it.
    Forget,
    /// No browser: a device wants to know what its user is to type in elsewhere (RFC 8628).
    Device,
    /// The device wants to know whether he has.
    Poll,
}

/// What the host is out for, or goes for once a wait is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Out {
    /// Who used the login before.
    #[default]
    Used,
    /// To use it.
    Use,
    /// A code for a device.
    Device,
    /// Tokens for the code.
    Exchange,
    /// What is there of the user.
    Record,
    /// To keep his tokens.
    Keep,
    /// His sessions.
    Sessions,
    /// To add one.
    Enter,
    /// The sessions that the browser's old one is among.
    Others,
    /// To end it.
    End,
    /// The session that it says it has.
    Look,
    /// What there is to be revoked.
    Grant,
    /// To revoke it.
    Revoke,
    /// To forget it.
    Forget,
}

impl Out {
    /// Whether it is the provider that is asked.
    pub(super) fn sends(self) -> bool {
        matches!(self, Out::Device | Out::Exchange | Out::Revoke)
    }

    /// Whether it is a record that is written.
    fn stores(self) -> bool {
        matches!(self, Out::Use | Out::Keep | Out::Enter | Out::End | Out::Forget)
    }
}

#[cfg(all(feature = "login", target_arch = "wasm32", target_os = "unknown"))]
const PURPOSES: [Purpose; 8] = [
    Purpose::Arrive,
    Purpose::Complete,
    Purpose::Look,
    Purpose::Leave,
    Purpose::Revoke,
    Purpose::Forget,
    Purpose::Device,
    Purpose::Poll,
];
#[cfg(all(feature = "login", target_arch = "wasm32", target_os = "unknown"))]
const OUTS: [Out; 14] = [
    Out::Used,
    Out::Use,
    Out::Device,
    Out::Exchange,
    Out::Record,
    Out::Keep,
    Out::Sessions,
    Out::Enter,
    Out::Others,
    Out::End,
    Out::Look,
    Out::Grant,
    Out::Revoke,
    Out::Forget,
];

/// One visit of a browser. It holds no secret: those lie in [`Remembered`] beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Visit {
    pub(super) purpose: Purpose,
    pub(super) out: Out,
    pub(super) waits: bool,
    /// How often what it is out for failed, or came too late.
    pub(super) tries: u32,
    pub(super) random: u64,
    /// Tells what it writes from what others write.
    pub(super) id: String,
    /// Of the record that it is about to write.
    pub(super) version: String,
    /// Who has logged in.
    pub(super) subject: String,
    /// The session that the browser came with.
    pub(super) came: Browser,
}

/// What a visit works with, some of it secret. It is never shown, and wiped when dropped.
#[derive(Debug, Default)]
pub struct Remembered(Facts);

/// What a browser came with, and what is random.
impl Remembered {
    /// `url` is the one that it came to, `cookies` its `Cookie` header; `flow` what was kept of the login, where that was not in a
    /// cookie. `secret` is for a new session: random, 256 bits in base64url. `return_to` is where it goes when it leaves.
    pub fn new(url: &str, cookies: &str, flow: &str, secret: &str, return_to: &str) -> Remembered {
        Remembered::of([
            ("url", url),
            ("cookies", cookies),
            ("flow", flow),
            ("secret", secret),
            ("return_to", return_to),
        ])
    }

    /// Of a device: the flow of its login, and the code that it was given; none as long as it has none.
    pub fn device(flow: &str, code: &str) -> Remembered {
        Remembered::of([("flow", flow), ("code", code)])
    }

    /// Whose grant is to end, by his `sub`.
    pub fn grant(subject: &str) -> Remembered {
        Remembered::of([("subject", subject)])
    }

    fn of<const N: usize>(texts: [(&str, &str); N]) -> Remembered {
        let mut facts = Facts::default();
        for (name, text) in texts {
            facts.put(name, text);
        }
        Remembered(facts)
    }

    /// What a host has held between two steps.
    #[cfg(all(feature = "login", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn told(facts: &str) -> Remembered {
        let mut remembered = Remembered::default();
        remembered.0.add(facts);
        remembered
    }

    /// What a host is to hold between two steps.
    #[cfg(all(feature = "login", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name)
    }

    pub(super) fn put(&mut self, name: &str, text: &str) {
        self.0.put(name, text);
    }
}

/// What came of a visit.
#[derive(Debug, Default)]
pub struct Arrived {
    /// Where the browser goes from here: a path of the application's, or the provider's URL where it has to ask the user once more.
    pub location: Text,
    /// What it is told to keep or forget, one `Set-Cookie` a line.
    pub cookies: Text,
    /// Who it is, as his `sub`; empty: nobody, or nobody yet.
    pub subject: String,
    /// What is known of him: the claims of his ID token, as JSON.
    pub user: Text,
    /// The record of his token, where there is no store that it went to.
    pub record: Secret,
    /// The flow of the login that has begun anew.
    pub flow: Text,
    /// What the provider said of a device (RFC 8628, section 3.2), as JSON; of one that asks too early, the word for that
    /// (section 3.5).
    pub device: Text,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Next {
    /// By the host.
    Act(Action),
    /// Nothing: this came of it.
    Done(Arrived),
}

/// The same in the flat form.
pub(crate) enum Turn {
    Act(Order),
    Done(Arrived),
}

pub(super) type Came = Result<Turn, AuthError>;

impl Visit {
    /// A visit that has not begun. `id` is random and no other visit's; `random` spreads its waits.
    pub fn new(purpose: Purpose, id: &str, random: u64) -> Visit {
        Visit { purpose, id: id.into(), random, ..Visit::default() }
    }

    /// Takes what happened, first [`Event::Begun`], and says what to do next.
    ///
    /// # Errors
    /// `login_invalid` where the login is not this browser's, is over or was used; `login_cancelled` where the user said no;
    /// `scopes_missing` where he granted less than he was asked for; `user_mismatch` where another one has logged in than is asked for; and
    /// what can come of the provider and of the store.
    pub fn step(
        &mut self,
        remembered: &mut Remembered,
        login: &Login,
        event: &Event,
        vault: &mut Vault,
        now: Now,
    ) -> Result<Next, AuthError> {
        let (mut text, mut written) = (Text::default(), String::new());
        let said = Said::of_store(event, &mut text, &mut written);
        Ok(match self.next(remembered, login, &said, now)? {
            Turn::Act(order) => Next::Act(order.action(vault)),
            Turn::Done(arrived) => Next::Done(arrived),
        })
    }

    /// As [`Visit::step`], in the flat form.
    pub(crate) fn next(&mut self, remembered: &mut Remembered, login: &Login, said: &Said, now: Now) -> Came {
        if said.kind == happening::BEGUN {
            return self.begin(remembered, login, now);
        }
        if core::mem::take(&mut self.waits) {
            return self.go(self.out, remembered, login);
        }
        if self.out.sends() {
            return self.answered(remembered, login, said, now);
        }
        if said.kind == happening::FAILED {
            let store = AuthError::passing(
                Code::StoreUnavailable,
                "the store of the login failed: ~. Try again later.",
                said.answer.body,
                "",
            );
            return self.again(store);
        }
        let stores = self.out.stores();
        if said.kind != if stores { happening::STORED } else { happening::LOADED } {
            return Err(AuthError::plain(Code::CoreFailed, "the driver told what nobody asked."));
        }
        if !stores {
            return self.loaded(remembered, login, said, now);
        }
        if said.answer.body.is_empty() {
            let conflict = AuthError::passing(
                Code::StoreUnavailable,
                "others wrote to the record of the login each time. Try again later.",
                "",
                "",
            );
            return self.again(conflict);
        }
        self.written(self.out, remembered, login)
    }

    /// Reads what [`write`](Visit::write) wrote.
    #[cfg(all(feature = "login", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn read(fields: &mut crate::record::Fields<'_>) -> Visit {
        Visit {
            purpose: PURPOSES.get(usize::from(fields.small() as u8)).copied().unwrap_or_default(),
            out: OUTS.get(usize::from(fields.small() as u8)).copied().unwrap_or_default(),
            waits: fields.flag(),
            tries: fields.small(),
            random: fields.number(),
            id: fields.text().into(),
            version: fields.text().into(),
            subject: fields.text().into(),
            came: Browser { subject: fields.text().into(), id: fields.text().into() },
        }
    }

    /// The visit as fields, so that the host can hold it between two steps.
    #[cfg(all(feature = "login", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn write(&self, out: &mut crate::record::Record) {
        for number in [self.purpose as u64, self.out as u64, self.waits.into(), self.tries.into(), self.random] {
            out.number(number);
        }
        for text in [&self.id, &self.version, &self.subject, &self.came.subject, &self.came.id] {
            out.text(text);
        }
    }

    pub(super) fn go(&mut self, out: Out, remembered: &Remembered, login: &Login) -> Came {
        self.out = out;
        let mut facts = login.facts.clone();
        let name = match out {
            Out::Device => {
                facts.put("scopes", &self.flow(remembered, login)?.scopes);
                return Ok(send(
                    login,
                    "device_authorization_endpoint",
                    "client_id=*client_id&scope=*scopes",
                    &mut facts,
                ));
            }
            Out::Exchange if self.purpose == Purpose::Poll => {
                facts.put("code", remembered.get("code"));
                return Ok(send(
                    login,
                    "token_endpoint",
                    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=*code&client_id=*client_id`&client_secret=*client_secret`",
                    &mut facts,
                ));
            }
            Out::Exchange => {
                let flow = self.flow(remembered, login)?;
                facts.put("code", remembered.get("code"));
                facts.put("verifier", &flow.verifier());
                return Ok(send(
                    login,
                    "token_endpoint",
                    "grant_type=authorization_code&code=*code&client_id=*client_id`&client_secret=*client_secret`&redirect_uri=*redirect_uri&code_verifier=*verifier",
                    &mut facts,
                ));
            }
            Out::Revoke => {
                facts.put("token", remembered.get("token"));
                return Ok(send(
                    login,
                    "revocation_endpoint",
                    "token=*token&client_id=*client_id`&client_secret=*client_secret`",
                    &mut facts,
                ));
            }
            Out::Used | Out::Use => used::record(&self.flow(remembered, login)?),
            Out::Record | Out::Keep | Out::Grant | Out::Forget => login.record(&self.subject),
            Out::Sessions | Out::Enter | Out::Look => sessions::record(login, &self.subject),
            Out::Others | Out::End => sessions::record(login, &self.came.subject),
        };
        let stores = out.stores();
        let text = if stores { concat(&[&name, "\0", &self.version, "\0", remembered.get("made")]) } else { name };
        Ok(Turn::Act(Order { task: if stores { b'b' } else { b'a' }, text: text.into() }))
    }

    pub(super) fn done(&mut self, remembered: &mut Remembered, login: &Login) -> Came {
        let mut jar = Jar::default();
        let mut location = Text::default();
        let user = Text::from(concat(&[remembered.get("user")]));
        let mut record = Secret::default();
        match self.purpose {
            Purpose::Arrive | Purpose::Complete | Purpose::Poll => {
                let flow = self.flow(remembered, login)?;
                location = Text::from(concat(&[&flow.return_to]));
                if self.purpose == Purpose::Arrive {
                    let session = sessions::cookie_text(login, &self.subject, remembered.get("secret"));
                    jar.set(login, &flow.cookie_name(login), "", 0);
                    jar.set(login, &login.cookie_name(sessions::NAME), &session, login.session_s());
                }
                if !login.has_store() {
                    record = Secret::new(remembered.get("made"));
                }
            }
            Purpose::Look | Purpose::Device | Purpose::Forget => {}
            Purpose::Leave | Purpose::Revoke => {
                location = local(remembered.get("return_to"), login.origin()).unwrap_or_else(|| concat(&["/"]).into());
                jar.set(login, &login.cookie_name(sessions::NAME), "", 0);
            }
        }
        let subject = if user.is_empty() { String::new() } else { core::mem::take(&mut self.subject) };
        Ok(Turn::Done(Arrived { location, cookies: jar.0, subject, user, record, ..Arrived::default() }))
    }

    /// The login that it came back from; it was looked at before.
    pub(super) fn flow(&self, remembered: &Remembered, login: &Login) -> Result<Flow, AuthError> {
        Flow::read(remembered.get("flow"), login)
            .ok_or_else(|| AuthError::plain(Code::CoreFailed, "the driver lost the login."))
    }
}

/// A form for the provider.
fn send(login: &Login, endpoint: &str, form: &str, facts: &mut Facts) -> Turn {
    facts.put("endpoint", &login.endpoint(endpoint));
    let form = fill(form, facts);
    let text = concat(&[
        "POST\0",
        facts.get("endpoint"),
        "\x0030000\0\0",
        &form,
        "\0content-type\0application/x-www-form-urlencoded\0accept\0application/json",
    ]);
    Turn::Act(Order { task: b'3', text: text.into() })
}
