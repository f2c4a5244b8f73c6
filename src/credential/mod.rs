//! Who is asking: parsed credentials. What exists here is valid and names no host that is not trusted.

mod file;
mod fingerprint;
mod terms;

pub use fingerprint::Fingerprint;
pub(crate) use fingerprint::sha256;
pub use terms::Terms;

use crate::error::{AuthError, Code};
use crate::facts::Facts;
use crate::json::Json;
use crate::plan::{follow, marked};
use crate::secret::Secret;
use crate::text::decimal;

/// A credential: who it is, and the secrets that prove it.
#[derive(Debug)]
pub struct Credential {
    /// What its file says, and what the caller says of it.
    facts: Facts,
    /// Where the plan for its tokens begins.
    start: usize,
    /// As PKCS #8 DER.
    key: Option<Secret>,
    fingerprint: Fingerprint,
    /// What it was before it was found by a search.
    searched: Option<(Facts, usize)>,
    /// Until then, by the monotonic clock, nobody looks for a metadata server.
    pub(crate) absent_until_ms: u64,
    /// How far the clock of whoever gives it tokens is ahead of ours, in seconds; behind, where it wraps. Learnt when a time was refused.
    pub(crate) apart_s: u64,
    /// How far our own two clocks were apart then.
    pub(crate) own_apart_s: u64,
}

impl Credential {
    /// Reads a credential file of any supported type, Google's hosts alone being trusted.
    ///
    /// ```
    /// use cloud_run_auth::{credential::Credential, error::Code};
    /// let error = Credential::from_json(r#"{"type": "service_account"}"#).unwrap_err();
    /// assert_eq!(error.code, Code::InvalidCredential);
    /// ```
    ///
    /// # Errors
    /// `invalid_credential`, `unsupported_credential` or `untrusted_host`; the message names the field.
    pub fn from_json(text: &str) -> Result<Credential, AuthError> {
        Credential::from_json_with(text, &Terms::google())
    }

    /// Reads a credential file, with a say in which hosts it may name, and what it has to be.
    ///
    /// # Errors
    /// As [`Credential::from_json`].
    pub fn from_json_with(text: &str, terms: &Terms) -> Result<Credential, AuthError> {
        Credential::of(terms.0.clone(), Some(text))
    }

    /// A credential that is a function of the caller's, by the number that the driver gave it.
    pub fn function(number: u32) -> Credential {
        let mut facts = Facts::default();
        facts.put("function", &decimal(number.into()));
        Credential::sought(facts)
    }

    /// Whatever is found where Application Default Credentials are looked for (AIP-4110). `file` is what
    /// `GOOGLE_APPLICATION_CREDENTIALS` says, empty where it is not set. What the host has not, the terms say by `lacks`.
    ///
    /// ```
    /// use cloud_run_auth::credential::{Credential, Terms};
    /// let credential = Credential::search("/key.json", &Terms::google());
    /// ```
    pub fn search(file: &str, terms: &Terms) -> Credential {
        let mut facts = terms.0.clone();
        facts.put("file", file);
        Credential::sought(facts)
    }

    /// One of whom that is known: what its file says, or else the function among it, or what is found.
    ///
    /// # Errors
    /// As [`Credential::from_json`].
    pub(crate) fn of(facts: Facts, file: Option<&str>) -> Result<Credential, AuthError> {
        let mut credential = Credential::sought(facts);
        if let Some(file) = file {
            credential.read(file)?;
        }
        Ok(credential)
    }

    fn sought(facts: Facts) -> Credential {
        let mut credential = Credential {
            start: marked("search", 0, &facts).unwrap_or_default(),
            facts,
            key: None,
            fingerprint: Fingerprint::default(),
            searched: None,
            absent_until_ms: 0,
            apart_s: 0,
            own_apart_s: 0,
        };
        credential.seal();
        credential
    }

    /// Apart from [`of`](Credential::of), because there each way out would drop all fields by itself.
    fn read(&mut self, text: &str) -> Result<(), AuthError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file = Json::parse(text.as_bytes()).filter(Json::is_object).ok_or_else(|| {
            AuthError::plain(Code::InvalidCredential, "the credential is not a JSON object. Give its file whole.")
        })?;
        self.take(&file, "")?;
        self.seal();
        self.start = marked("read", 0, &self.facts)?;
        self.facts.put("print", self.fingerprint.as_str());
        let end = follow(&mut self.start, &mut self.facts)?;
        debug_assert!(end.0 == b'.', "a file's plan is done without more");
        Ok(())
    }

    fn seal(&mut self) {
        self.fingerprint = Fingerprint::of(self.facts.as_str());
    }

    /// What is known of it, and where its plan begins.
    pub(crate) fn begin(&self) -> (Facts, usize) {
        (self.facts.clone(), self.start)
    }

    /// Becomes what the file says that a search found.
    pub(crate) fn become_found(&mut self, file: &str) -> Result<(), AuthError> {
        // Another call may have found it meanwhile.
        let before = self.searched.take().unwrap_or_else(|| self.begin());
        let found = Credential::of(before.0.clone(), Some(file));
        self.searched = Some(before);
        let found = found?;
        (self.facts, self.start, self.key) = (found.facts, found.start, found.key);
        Ok(())
    }

    /// Becomes what it was, so that it is looked for anew: the file may hold another key by now.
    pub(crate) fn search_anew(&mut self) {
        if let Some(before) = self.searched.take() {
            (self.facts, self.start) = before;
        }
    }

    /// The project that the file wants to pay for calls of Google's APIs; empty where it names none.
    pub fn quota_project(&self) -> &str {
        self.facts.get("quota")
    }

    /// Puts the refresh token in that came in place of that one (RFC 6749, section 6), unless another has come for it meanwhile.
    /// In place of none it comes in any case.
    pub(crate) fn rotate(&mut self, before: &str, token: &str) {
        let held = self.facts.get(".refresh_token");
        if !token.is_empty() && token != held && (before.is_empty() || before == held) {
            self.facts.put(".refresh_token", token);
            self.facts.put("rotated", token);
        }
    }

    /// The refresh token that came last in place of the file's; empty where none did.
    pub fn rotated(&self) -> &str {
        self.facts.get("rotated")
    }

    /// The private key, as PKCS #8 DER, where the credential has one that was not forgotten.
    pub fn private_key(&self) -> Option<&Secret> {
        self.key.as_ref()
    }

    /// Wipes the private key, for a host that keeps it in a form of its own.
    pub fn forget_private_key(&mut self) {
        self.key = None;
    }

    /// Takes the private key over from the same credential, read again.
    pub(crate) fn renew(&mut self, again: Credential) {
        self.key = again.key;
    }

    /// What tells this credential from every other.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}
