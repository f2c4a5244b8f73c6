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
use alloc::string::String;
use alloc::vec::Vec;

/// What a driver is to do.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) task: Task,
    /// The fields of the task, parted by zero characters.
    pub(crate) text: String,
    /// What is secret in it.
    pub(crate) secret: Text,
}

/// The kinds of what is to be done, by the letters that they have on a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// The credential's fingerprint, and what to sign.
    Sign = b'2' as isize,
    /// Method, URL and milliseconds; secret are the body, and then the headers, each as name and value.
    Send = b'3' as isize,
    /// A path.
    Read = b'4' as isize,
    /// The function's number, `1` where it is asked for an access token, and the scopes or the audience.
    Call = b'5' as isize,
    /// The flight.
    Join = b'6' as isize,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) kind: Happening,
    /// When a token that was granted ends, in milliseconds since the Unix epoch; 0: nobody said.
    pub(crate) expires_at_ms: u64,
    /// What was answered; what was signed, read, granted or said of a failure stands for the body.
    pub(crate) answer: Received<'a>,
}

/// The kinds of what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// In the host's own words.
    Failed,
    /// A signature, in base64url.
    Signed,
    Answered,
    Returned,
    Granted,
    Woken,
    Begun,
}

impl Order {
    pub(crate) fn new(task: Task, text: String) -> Order {
        Order { task, text, secret: Text::default() }
    }

    /// The same for a host in Rust; what is secret goes to the vault.
    pub(crate) fn action(self, vault: Option<&mut Vault>, poll_ms: u64) -> Action {
        let mut fields = Fields::new(&self.text);
        match self.task {
            Task::Sign => {
                fields.text();
                Action::Sign { algorithm: Algorithm::Rs256, input: fields.rest().into() }
            }
            Task::Send => {
                let (method, url, timeout_ms) = (fields.text().into(), fields.text().into(), fields.number());
                let mut secret = Fields::new(&self.secret);
                let body = secret.text();
                let body = vault.filter(|_| !body.is_empty()).map(|vault| vault.keep(Secret::new(body)));
                let mut headers = Vec::new();
                while !secret.rest().is_empty() {
                    headers.push((secret.text().into(), secret.text().into()));
                }
                Action::Send(Request { method, url, headers, body, client_certificate: false, timeout_ms })
            }
            Task::Read => Action::Read { path: self.text },
            Task::Call => {
                let (function, access) = (fields.small(), fields.flag());
                match Target::parse(access, fields.rest()) {
                    Ok(target) => Action::Call { function, target },
                    Err(error) => Action::Done(Err(error)),
                }
            }
            Task::Join => Action::Join { flight: FlightId(fields.small()), poll_ms },
        }
    }
}

impl<'a> Said<'a> {
    /// A constant: wherever it is told, it lies in the module's data already.
    pub(crate) const BEGUN: Said<'static> = Said::new(Happening::Begun, "");

    pub(crate) const fn new(kind: Happening, body: &'a str) -> Said<'a> {
        Said { kind, expires_at_ms: 0, answer: Received { status: 0, date_ms: None, retry_after_ms: None, body } }
    }

    /// What a host in Rust tells; `written` is room for what it does not tell as text.
    pub(crate) fn of(event: &'a Event, written: &'a mut String) -> Said<'a> {
        match event {
            Event::Begun => Said::BEGUN,
            Event::Signed(signature) => {
                *written = encode_url(signature);
                Said::new(Happening::Signed, written)
            }
            Event::Answered(answer) => Said { answer: answer.into(), ..Said::new(Happening::Answered, "") },
            Event::Returned(content) => Said::new(Happening::Returned, content.expose_text()),
            Event::Granted { token, expires_at_ms } => Said {
                // Whatever ended at the epoch has ended.
                expires_at_ms: expires_at_ms.map_or(0, |at| at.max(1)),
                ..Said::new(Happening::Granted, token.expose_text())
            },
            Event::Failed(why) => Said::new(Happening::Failed, why),
            // No machine asks for what is left.
            Event::Woken | Event::Verified(_) | Event::Loaded(_) | Event::Stored(_) => Said::new(Happening::Woken, ""),
        }
    }
}
