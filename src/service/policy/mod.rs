//! Who may have what: the one file that grants, read and decided on. Whatever it does not grant is refused.

mod decide;
mod explain;
mod read;
mod source;

pub use decide::{Decision, Refusal, Want};
pub use source::Fault;

use crate::verify::Verifier;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

/// The longest life of what the service signs itself, in seconds.
pub(super) const LONGEST_TTL_S: u64 = 3600;
/// How long a token of Google's lives, in seconds, whoever asks for it.
pub(super) const GOOGLES_TTL_S: u64 = 3600;

/// A policy that holds: every name in it is known, and nothing is granted twice over.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(super) callers: Vec<Caller>,
    pub(super) grants: Vec<Grant>,
    pub(super) metadata: Option<Metadata>,
}

/// Somebody who may ask.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) proof: Proof,
    /// How often he may: so many times in so many seconds.
    pub(super) rate: (u32, u32),
    /// Tells this definition of a caller from another one of the same name.
    pub(super) fingerprint: String,
}

/// How somebody shows that he is a caller.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// By an ID token of an issuer, with these claims.
    IdToken { issuer: String, verifier: Verifier, claims: Vec<Claim> },
    /// By a secret that he shares with nobody but us, who have but its hashes.
    Client { id: String, hashes: Vec<String> },
}

/// What a claim has to be.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) name: String,
    /// Any of these.
    pub(super) wanted: Vec<Wanted>,
}

#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Is(Value),
    StartsWith(String),
}

impl Claim {
    /// Whether a token's claims have it so; of a claim that is a list, whether one of its items is.
    pub(super) fn holds(&self, claims: &Value) -> bool {
        let fits = |value: &Value| {
            self.wanted.iter().any(|wanted| match wanted {
                Wanted::Is(wanted) => wanted == value,
                Wanted::StartsWith(begin) => value.as_str().is_some_and(|text| text.starts_with(begin.as_str())),
            })
        };
        match claims.get(&self.name) {
            Some(Value::Array(items)) => items.iter().any(fits),
            Some(value) => fits(value),
            None => false,
        }
    }
}

/// One grant.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// Where in the file it begins.
    pub(super) line: usize,
    /// The names of its callers.
    pub(super) to: Vec<String>,
    pub(super) what: Granted,
    pub(super) ttl_s: u64,
}

/// What is granted.
#[derive(Clone, Debug)]
pub(super) enum Granted {
    /// ID tokens of Google's for one of these audiences.
    IdToken { audiences: Vec<String> },
    /// Access tokens of Google's for scopes among these.
    AccessToken { scopes: Vec<String> },
    /// JWTs that the service signs, for one of these audiences and scopes among these.
    Jwt { audiences: Vec<String>, scopes: Vec<String> },
}

/// What the metadata door answers as.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    /// The name of the caller that whoever comes to the door is taken for.
    pub(super) caller: String,
    pub(super) email: String,
    pub(super) project_id: String,
    pub(super) numeric_project_id: String,
}

impl Policy {
    /// Reads a policy. Tokens of callers have to be for one of `audiences`, with a space between them; `emulator` is where Google's
    /// endpoints are in tests, or nothing.
    ///
    /// ```
    /// use cloud_run_auth::service::Policy;
    /// let policy = Policy::read(r#"
    ///     [callers.deploy]
    ///     issuer = "https://token.actions.githubusercontent.com"
    ///     claims.repository = "acme/orders"
    ///
    ///     [[grants]]
    ///     to = ["deploy"]
    ///     jwt_for = ["https://orders.example"]
    ///     ttl = "5m"
    /// "#, "https://tokens.example", "");
    /// assert!(policy.is_ok());
    /// let faults = Policy::read("callers = 1", "https://tokens.example", "").unwrap_err();
    /// assert_eq!((faults[0].line, faults[0].column), (1, 11));
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(text: &str, audiences: &str, emulator: &str) -> Result<Policy, Vec<Fault>> {
        read::read(text, audiences, emulator)
    }

    pub(super) fn caller(&self, name: &str) -> Option<&Caller> {
        self.callers.iter().find(|caller| caller.name == name)
    }

    /// The one whose client id that is.
    pub(super) fn client(&self, wanted: &str) -> Option<&Caller> {
        self.callers.iter().find(|caller| matches!(&caller.proof, Proof::Client { id, .. } if id == wanted))
    }

    /// Those whom a token of that issuer, with these claims, makes out.
    pub(super) fn matching<'a>(&'a self, wanted: &'a str, found: &'a Value) -> impl Iterator<Item = &'a Caller> {
        self.callers.iter().filter(move |caller| match &caller.proof {
            Proof::IdToken { issuer, claims, .. } => issuer == wanted && claims.iter().all(|claim| claim.holds(found)),
            Proof::Client { .. } => false,
        })
    }

    /// What tokens of that issuer are held to.
    pub(super) fn verifier(&self, wanted: &str) -> Option<&Verifier> {
        self.callers.iter().find_map(|caller| match &caller.proof {
            Proof::IdToken { issuer, verifier, .. } if issuer == wanted => Some(verifier),
            _ => None,
        })
    }
}
