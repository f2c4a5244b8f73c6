//! One request's way, gone through from its begin each time something has happened: what was done before is in its journal, and what
//! comes next is the first thing that is not.
//!
//! So a handler is written from top to bottom, holds nothing across a step, and comes to the same each time: whatever may change
//! between two steps is asked for by [`Run::once`], which keeps the answer.

use super::answer::{Failure, Kind};
use super::policy::Policy;
use super::random::Seed;
use super::request::Request;
use super::shared::Service;
use super::signing::Ring;
use crate::error::AuthError;
use crate::jose::Algorithm;
use crate::time::Now;
use crate::verify::{self, Check, Verifier};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde_json::Value;

/// What a host is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read a record.
    Load {
        /// Its name.
        key: String,
    },
    /// Write a record, if it is still of that version.
    Store {
        /// Its name.
        key: String,
        /// What it is to hold.
        value: String,
        /// The version; none where there must be none.
        expected: Option<String>,
    },
    /// Verify a signature.
    Verify {
        /// RS256 or ES256.
        algorithm: &'static str,
        /// The key, as a JWK.
        jwk: String,
        /// What is signed.
        input: String,
        /// The signature, in base64url.
        signature: String,
    },
    /// Sign by ES256.
    Sign {
        /// The key, as a private JWK.
        jwk: String,
        /// What to sign.
        input: String,
    },
    /// Make a key pair for ES256.
    Generate,
    /// Get an ID token of Google's.
    MintIdToken {
        /// For whom.
        audience: String,
    },
    /// Get an access token of Google's.
    MintAccessToken {
        /// For what.
        scopes: Vec<String>,
    },
    /// Get a URL, without following redirects.
    Get {
        /// Of an issuer's document or keys.
        url: String,
    },
    /// Wait.
    Wait {
        /// So many milliseconds.
        ms: u64,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The request came.
    Begun,
    /// A record, and its version; none where there is none.
    Loaded(Option<(String, String)>),
    /// Whether it was written; not where others were quicker.
    Stored(bool),
    /// Whether the signature is that key's.
    Verified(bool),
    /// The signature in base64url, the private JWK, or the token.
    Made(String),
    /// What a URL answered: status, `cache-control`, `age`, body.
    Answered(u16, String, String, String),
    /// The wait is over.
    Waited,
    /// It could not be done, for that reason.
    Failed(String),
}

/// Why a handler does not go on.
pub(super) enum Halt {
    Act(Action),
    Fail(Failure),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Halt {
        Halt::Fail(failure)
    }
}

pub(super) type Step<T> = Result<T, Halt>;

/// What was done, and what came of it.
#[derive(Debug)]
pub(super) enum Entry {
    Came(Event),
    Claims(Result<Value, AuthError>),
    Flag(bool),
    Told(Result<(), u64>),
    /// The service's keys, where they were at hand.
    Ring(Option<Arc<Ring>>),
}

/// A token of a stranger's that is being looked at.
#[derive(Debug)]
pub(super) struct Checking {
    check: Check,
    token: String,
    verifier: Verifier,
}

/// One time through.
pub(super) struct Run<'a> {
    pub(super) service: &'a mut Service,
    pub(super) policy: &'a Arc<Policy>,
    pub(super) request: &'a Request,
    pub(super) seed: &'a Seed,
    /// When the request came: what is made up of the time comes to the same each time through.
    pub(super) now: Now,
    /// What time it is.
    pub(super) clock: Now,
    pub(super) journal: &'a mut Vec<Entry>,
    pub(super) checking: &'a mut Option<Checking>,
    /// What happened and is in no journal yet.
    pub(super) event: Option<Event>,
    pub(super) at: usize,
    pub(super) log: Vec<Value>,
    /// Whom the request was found to be from, for metrics.
    pub(super) caller: String,
}

impl Run<'_> {
    fn next(&mut self) -> Option<&Entry> {
        let at = self.at;
        self.at = at.saturating_add(1);
        if at >= self.journal.len() {
            let event = self.event.take()?;
            self.journal.push(Entry::Came(event));
        }
        self.journal.get(at)
    }

    fn done(&mut self, action: Action) -> Step<Event> {
        match self.next() {
            Some(Entry::Came(event)) => Ok(event.clone()),
            Some(_) => Err(lost()),
            None => Err(Halt::Act(action)),
        }
    }

    /// What depends on more than the request: looked at once, and then known.
    pub(super) fn once(&mut self, look: impl FnOnce(&mut Service, Now) -> bool) -> Step<bool> {
        if self.at >= self.journal.len() {
            let flag = look(self.service, self.clock);
            self.journal.push(Entry::Flag(flag));
        }
        match self.next() {
            Some(Entry::Flag(flag)) => Ok(*flag),
            _ => Err(lost()),
        }
    }

    /// The same of what is allowed or has to wait, in seconds.
    pub(super) fn allowed(&mut self, look: impl FnOnce(&mut Service, Now) -> Result<(), u64>) -> Step<Result<(), u64>> {
        if self.at >= self.journal.len() {
            let told = look(self.service, self.clock);
            self.journal.push(Entry::Told(told));
        }
        match self.next() {
            Some(Entry::Told(told)) => Ok(*told),
            _ => Err(lost()),
        }
    }

    /// The service's keys, where a look has them; and which they were then.
    pub(super) fn ring(
        &mut self,
        look: impl FnOnce(&mut Service, Now) -> Option<Arc<Ring>>,
    ) -> Step<Option<Arc<Ring>>> {
        if self.at >= self.journal.len() {
            let ring = look(self.service, self.clock);
            self.journal.push(Entry::Ring(ring));
        }
        match self.next() {
            Some(Entry::Ring(ring)) => Ok(ring.clone()),
            _ => Err(lost()),
        }
    }

    pub(super) fn load(&mut self, key: &str) -> Step<Result<Option<(String, String)>, String>> {
        match self.done(Action::Load { key: key.into() })? {
            Event::Loaded(record) => Ok(Ok(record)),
            Event::Failed(why) => Ok(Err(why)),
            _ => Err(lost()),
        }
    }

    /// Whether it was written; an error where that is not known.
    pub(super) fn store(&mut self, key: &str, value: String, expected: Option<String>) -> Step<Result<bool, String>> {
        match self.done(Action::Store { key: key.into(), value, expected })? {
            Event::Stored(written) => Ok(Ok(written)),
            Event::Failed(why) => Ok(Err(why)),
            _ => Err(lost()),
        }
    }

    /// Lets others write first, for longer each time.
    pub(super) fn pause(&mut self, tries: u32) -> Step<()> {
        let longest = 25_u64.saturating_mul(1_u64.checked_shl(tries.min(6)).unwrap_or(1));
        let ms = self.seed.number(&format!("pause {tries}")).checked_rem(longest).unwrap_or_default().saturating_add(5);
        self.done(Action::Wait { ms }).map(|_| ())
    }

    pub(super) fn is_signed(&mut self, jwk: &str, input: &str, signature: &str) -> Step<bool> {
        let action =
            Action::Verify { algorithm: "ES256", jwk: jwk.into(), input: input.into(), signature: signature.into() };
        match self.done(action)? {
            Event::Verified(good) => Ok(good),
            Event::Failed(_) => Ok(false),
            _ => Err(lost()),
        }
    }

    /// A signature, a key or a token, as the action asks for it.
    pub(super) fn made(&mut self, action: Action) -> Step<Result<String, String>> {
        match self.done(action)? {
            Event::Made(text) => Ok(Ok(text)),
            Event::Failed(why) => Ok(Err(why)),
            _ => Err(lost()),
        }
    }

    /// The claims of a stranger's token.
    pub(super) fn checked(&mut self, token: &str, verifier: &Verifier) -> Step<Result<Value, AuthError>> {
        if self.at < self.journal.len() {
            return match self.next() {
                Some(Entry::Claims(claims)) => Ok(claims.clone()),
                _ => Err(lost()),
            };
        }
        let event = self.event.take().unwrap_or(Event::Begun);
        let checking = self.checking.get_or_insert_with(|| Checking {
            check: Check::default(),
            token: token.into(),
            verifier: verifier.clone(),
        });
        let told = match &event {
            Event::Begun => verify::Event::Begun,
            Event::Answered(status, cache_control, age, body) => {
                verify::Event::Answer { status: *status, cache_control, age, body }
            }
            Event::Failed(why) => verify::Event::Failed(why),
            Event::Waited => verify::Event::Waited,
            Event::Verified(good) => verify::Event::Verified(*good),
            _ => return Err(lost()),
        };
        let Checking { check, token, verifier } = checking;
        let claims = match check.next(token, verifier, &mut self.service.keys, told, self.clock) {
            Ok(verify::Turn::Get(url)) => return Err(Halt::Act(Action::Get { url })),
            Ok(verify::Turn::Wait(ms)) => return Err(Halt::Act(Action::Wait { ms })),
            Ok(verify::Turn::Verify { algorithm, jwk, input, signature }) => {
                let algorithm = if algorithm == Algorithm::Rs256 { "RS256" } else { "ES256" };
                let (input, signature) = (input.to_string(), signature.to_string());
                return Err(Halt::Act(Action::Verify { algorithm, jwk, input, signature }));
            }
            Ok(verify::Turn::Done(claims)) => Ok(serde_json::from_str(&claims).unwrap_or_default()),
            Err(failure) => Err(failure),
        };
        *self.checking = None;
        self.journal.push(Entry::Claims(claims.clone()));
        self.at = self.at.saturating_add(1);
        Ok(claims)
    }
}

/// The driver told what nobody asked for.
fn lost() -> Halt {
    Halt::Fail(Failure::new(Kind::Unavailable, "the service lost track of the request. Try again.".into()))
}

/// A store that fails, told to whoever waits for it.
pub(super) fn store_failed(why: &str) -> Halt {
    let message = format!("the service's store failed ({}). Try again later.", crate::error::shown(why));
    Halt::Fail(Failure::new(Kind::Unavailable, message).because("store"))
}
