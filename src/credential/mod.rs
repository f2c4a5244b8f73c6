//! Who is asking: parsed credentials. What exists here is valid and names no host that is not trusted.

mod service_account;
mod trust;

pub use service_account::ServiceAccount;
pub use trust::Hosts;

use crate::error::{AuthError, Code, shown};
use crate::jose::base64::encode_url;
use crate::json::Json;
use crate::secret::{Secret, Vault};
use crate::text::{concat, decimal};
use alloc::string::String;
use sha2::{Digest, Sha256};

/// A credential: who it is, and beside it the secrets that prove it.
#[derive(Debug)]
pub struct Credential {
    /// Who it is. Holds no secret.
    pub identity: Identity,
    /// The secrets that the identity names.
    pub vault: Vault,
    fingerprint: Fingerprint,
}

/// Who a credential is, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// A service account with a key of its own.
    ServiceAccount(ServiceAccount),
    /// A function of the caller's, by the number that the driver gave it.
    Function(u32),
}

/// Tells two credentials apart without telling anything about them: SHA-256, in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(String);

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
        Credential::from_json_with(text, &Hosts::google())
    }

    /// Reads a credential file, with a say in which hosts it may name.
    ///
    /// # Errors
    /// As [`Credential::from_json`].
    pub fn from_json_with(text: &str, hosts: &Hosts) -> Result<Credential, AuthError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file = Json::parse(text.as_bytes()).filter(Json::is_object).ok_or_else(|| invalid(&["the credential is not a JSON object", WHOLE_FILE]))?;
        let kind = file.get("type").and_then(|kind| kind.as_str());
        let has = |name| file.get(name).is_some();
        match kind.as_ref().map(|kind| kind.as_str()) {
            Some("service_account") => ServiceAccount::from_file(&file, hosts),
            None if has("type") => Err(invalid(&["the credential's type is not a string", WHOLE_FILE])),
            // Deployments often carry these two fields alone.
            None if has("private_key") && has("client_email") => ServiceAccount::from_file(&file, hosts),
            None if has("web") || has("installed") => Err(unsupported(&["OAuth client files, which say which application asks and not who calls,"])),
            None => Err(invalid(&["the credential has no type", WHOLE_FILE])),
            Some(other) => Err(unsupported(&["credentials of type ", &shown(other)])),
        }
    }

    /// A credential that is a function of the caller's.
    pub fn function(number: u32) -> Credential {
        let fingerprint = Fingerprint::of(&["function", &decimal(u64::from(number))]);
        Credential { identity: Identity::Function(number), vault: Vault::default(), fingerprint }
    }

    /// The private key, as PKCS #8 DER, where the credential has one that was not forgotten.
    pub fn private_key(&self) -> Option<&Secret> {
        match &self.identity {
            Identity::ServiceAccount(account) => self.vault.get(account.key),
            Identity::Function(_) => None,
        }
    }

    /// Wipes the private key, for a host that keeps it in a form of its own.
    pub fn forget_private_key(&mut self) {
        if let Identity::ServiceAccount(account) = &self.identity {
            self.vault.take(account.key);
        }
    }

    /// What tells this credential from every other.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Fingerprint {
    fn of(parts: &[&str]) -> Fingerprint {
        let mut hash = Sha256::new();
        for part in parts {
            // No part holds a zero byte, so that one after each keeps ("ab", "c") apart from ("a", "bc").
            hash.update(part);
            hash.update([0]);
        }
        Fingerprint(encode_url(&hash.finalize()))
    }

    /// The fingerprint as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const WHOLE_FILE: &str = ". Give the whole content of the key file.";

fn invalid(pieces: &[&str]) -> AuthError {
    AuthError::new(Code::InvalidCredential, pieces)
}

fn unsupported(what: &[&str]) -> AuthError {
    AuthError::new(Code::UnsupportedCredential, &[&concat(what), " are not supported. Supported: service_account."])
}
