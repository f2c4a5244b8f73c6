//! Actions and events in the flat form in which they cross a boundary: a kind, fields of text, and what is secret apart.
//! The machines speak it among themselves, too: it is half the code of values that would be taken apart at the next door.
//! [`Action`] and [`Event`] are the same for hosts in Rust.

use super::{Action, Event, FlightId};
use crate::grant::Target;
use crate::http::{Received, Request};
use crate::jose::Algorithm;
use crate::jose::base64::encode_url;
use crate::json::Text;
use crate::record::Fields;
use crate::secret::{Secret, Vault};
use crate::text::{concat, cut, decimal};
use alloc::string::String;
use alloc::vec::Vec;

/// What a driver is to do. Some of it is secret.
pub(crate) struct Order {
    /// | letter | what is done | fields |
    /// |---|---|---|
    /// | `2` | a signature | the credential's fingerprint, and what to sign |
    /// | `3` | a request | method, URL, milliseconds, the files of a client certificate and its key with a line break between or nothing, body, and then the headers, each as name and value |
    /// | `4` | a file | path |
    /// | `5` | a function | its number; nothing and the audience, `1` and the scopes, or `2` and the type and audience of a subject token |
    /// | `6` | a flight, or some time | its number, 0 for none; milliseconds, for which to wait where nobody can be woken |
    /// | `7` | the environment | names |
    /// | `8` | a program | milliseconds, command, variables of its environment as `NAME=text` |
    /// | `a` | what a store holds | the record's name |
    /// | `b` | to store, if the version is still the one that was read | the record's name, that version or nothing where there was none, and what it is to hold |
    /// | `9` | certificates | paths of a leaf's file and of its chain's, the second may be empty |
    pub(crate) task: u8,
    /// The fields of the task, parted by zero characters.
    pub(crate) text: Text,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) kind: u32,
    /// When a token that was granted ends, in milliseconds since the Unix epoch; 0: nobody said. Of a failure: whether it passes.
    pub(crate) expires_at_ms: u64,
    /// What was answered; what was signed, read, granted or said of a failure stands for the body.
    pub(crate) answer: Received<'a>,
}

/// The kinds of what happens: that a task was done is told by the number of the task. A signature is in base64url.
pub(crate) mod happening {
    /// Told by the core itself.
    pub(crate) const BEGUN: u32 = 0;
    /// In the host's own words.
    pub(crate) const FAILED: u32 = 1;
    /// What a store held: its version and behind a zero character the value, or nothing. When it was written stands for an expiry,
    /// the store's time for a server's.
    pub(crate) const LOADED: u32 = 10;
    /// The new version, or nothing where another writer was first.
    pub(crate) const STORED: u32 = 11;
}

impl Order {
    /// To wait for the end of a flight, or for some time.
    pub(crate) fn wait(flight: FlightId, ms: u64) -> Order {
        Order { task: b'6', text: concat(&[&decimal(flight.0.into()), "\0", &decimal(ms)]).into() }
    }

    /// The same for a host in Rust; what is secret goes to the vault.
    pub(crate) fn action(self, vault: &mut Vault) -> Action {
        let mut fields = Fields::new(&self.text);
        match self.task {
            b'2' => {
                fields.text();
                Action::Sign { algorithm: Algorithm::Rs256, input: fields.rest().into() }
            }
            b'3' => {
                let (method, url, timeout_ms) = (fields.text().into(), fields.text().into(), fields.number());
                let (client_certificate, body) = (fields.text().into(), fields.text());
                let body = (!body.is_empty()).then(|| vault.keep(Secret::new(body)));
                let mut headers = Vec::new();
                while !fields.rest().is_empty() {
                    headers.push((fields.text().into(), fields.text().into()));
                }
                Action::Send(Request { method, url, headers, body, client_certificate, timeout_ms })
            }
            b'4' => Action::Read { path: fields.rest().into() },
            b'6' => match (FlightId(fields.small()), fields.number()) {
                (FlightId::NONE, ms) => Action::Wait { ms },
                (flight, poll_ms) => Action::Join { flight, poll_ms },
            },
            b'7' => {
                let mut names = Vec::new();
                while !fields.rest().is_empty() {
                    names.push(fields.text().into());
                }
                Action::Environment { names }
            }
            b'8' => {
                let (timeout_ms, command) = (fields.number(), fields.text().into());
                let mut environment = Vec::new();
                while !fields.rest().is_empty() {
                    let (name, value) = cut(fields.text(), "=").unwrap_or_default();
                    environment.push((name.into(), value.into()));
                }
                Action::Run { command, environment, timeout_ms }
            }
            b'a' => Action::Load { record: fields.text().into() },
            b'b' => {
                let record = fields.text().into();
                let expected = Some(fields.text()).filter(|version| !version.is_empty()).map(String::from);
                Action::Store { record, value: vault.keep(Secret::new(fields.rest())), expected }
            }
            b'9' => Action::Certificates { leaf: fields.text().into(), chain: fields.text().into() },
            _ => {
                let (function, what) = (fields.small(), fields.text());
                if what == "2" {
                    let (kind, audience) = cut(fields.rest(), " ").unwrap_or_default();
                    return Action::Subject { function, kind: kind.into(), audience: audience.into() };
                }
                match Target::parse(what == "1", fields.rest()) {
                    Ok(target) => Action::Call { function, target },
                    Err(error) => Action::Done(Err(error)),
                }
            }
        }
    }
}

impl<'a> Said<'a> {
    /// A constant: wherever it is told, it lies in the module's data already.
    pub(crate) const BEGUN: Said<'static> = Said::new(happening::BEGUN, "");

    pub(crate) const fn new(kind: u32, body: &'a str) -> Said<'a> {
        Said { kind, expires_at_ms: 0, answer: Received { status: 0, date_ms: 0, retry_after_ms: 0, body } }
    }

    /// What a host in Rust tells of that task; `written` is room for what it does not tell as text.
    pub(crate) fn of(event: &'a Event, written: &'a mut String, task: u8) -> Said<'a> {
        match event {
            Event::Begun => Said::BEGUN,
            Event::Signed(signature) => {
                *written = encode_url(signature);
                Said::new(2, written)
            }
            Event::Answered(answer) => Said { answer: answer.into(), ..Said::new(3, "") },
            Event::Returned(content) => {
                // Whatever it was that was read.
                let kind = if matches!(task, b'7'..=b'9') { task & 15 } else { 4 };
                Said::new(kind.into(), content.expose_text())
            }
            Event::Granted { token, expires_at_ms } => Said {
                // Whatever ended at the epoch has ended.
                expires_at_ms: expires_at_ms.map_or(0, |at| at.max(1)),
                ..Said::new(5, token.expose_text())
            },
            Event::Failed(why) => Said::new(happening::FAILED, why),
            // No machine asks for what is left.
            Event::Woken | Event::Verified(_) | Event::Loaded(_) | Event::Stored(_) => Said::new(6, ""),
        }
    }

    /// The same for a machine that asks for records of a store; `text` is room for one.
    pub(crate) fn of_store(event: &'a Event, text: &'a mut Text, written: &'a mut String) -> Said<'a> {
        match event {
            Event::Loaded(None) => Said::new(happening::LOADED, ""),
            Event::Loaded(Some(record)) => {
                *text = concat(&[&record.version, "\0", record.value.expose_text()]).into();
                let mut said = Said::new(happening::LOADED, text);
                (said.expires_at_ms, said.answer.date_ms) = (record.written_at_ms, record.now_ms);
                said
            }
            Event::Stored(version) => Said::new(happening::STORED, version.as_deref().unwrap_or_default()),
            _ => Said::of(event, written, 0),
        }
    }
}
