//! Who is asking: parsed credentials. What exists here is valid and names no host that is not trusted.

mod service_account;
mod trust;

pub use service_account::ServiceAccount;
pub use trust::{Endpoints, Trust};

use crate::error::{AuthError, Code, concat, shown};
use crate::json::Json;
use crate::secret::{Secret, Vault};
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
        Credential::from_json_with(text, &Trust::default())
    }

    /// Reads a credential file, with a say in which hosts it may name.
    ///
    /// # Errors
    /// As [`Credential::from_json`].
    pub fn from_json_with(text: &str, trust: &Trust) -> Result<Credential, AuthError> {
        let file = Json::parse(text.trim_start_matches('\u{feff}').as_bytes());
        let file = file.filter(|file| matches!(file, Json::Object(_))).ok_or_else(|| invalid("the credential is not a JSON object. Give the whole content of the key file."))?;
        match file.get("type").and_then(Json::as_str) {
            Some("service_account") => ServiceAccount::from_file(&file, trust),
            None if file.get("private_key").is_some() && file.get("client_email").is_some() => ServiceAccount::from_file(&file, trust),
            None if file.get("web").is_some() || file.get("installed").is_some() => Err(unsupported("the file is an OAuth client, which identifies an application and not who is calling. Give a service-account key.")),
            None => Err(invalid("the credential has no \"type\". Give the whole content of the key file.")),
            Some("gdch_service_account") => Err(unsupported("credentials of type gdch_service_account are not supported.")),
            Some(other) => Err(unsupported(&concat(&["credentials of type \"", &shown(other), "\" are not supported. Supported: service_account."]))),
        }
    }

    /// A credential that is a function of the caller's.
    pub fn function(number: u32) -> Credential {
        let fingerprint = Fingerprint::of(&[b"function", &number.to_be_bytes()]);
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
    fn of(parts: &[&[u8]]) -> Fingerprint {
        let mut hash = Sha256::new();
        for part in parts {
            // The length before each part keeps ("ab", "c") apart from ("a", "bc").
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Fingerprint(crate::jose::base64::encode_url(&hash.finalize()))
    }

    /// A fingerprint that was handed out as text before.
    pub fn from_text(text: String) -> Fingerprint {
        Fingerprint(text)
    }

    /// The fingerprint as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn invalid(message: &str) -> AuthError {
    AuthError::new(Code::InvalidCredential, message)
}

fn unsupported(message: &str) -> AuthError {
    AuthError::new(Code::UnsupportedCredential, message)
}
