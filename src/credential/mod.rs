//! Who is asking: parsed credentials. What exists here is valid and names no host that is not trusted.

mod fingerprint;
mod service_account;
mod trust;

pub use fingerprint::Fingerprint;
pub use service_account::ServiceAccount;
pub use trust::Hosts;

use crate::error::{AuthError, Code};
use crate::json::Json;
use crate::secret::{Secret, Vault};
use crate::text::decimal;

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
        Credential::from_bytes(text.as_bytes(), hosts)
    }

    /// As [`from_json_with`](Credential::from_json_with), of what a file held.
    pub(crate) fn from_bytes(text: &[u8], hosts: &Hosts) -> Result<Credential, AuthError> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let file = Json::parse(text).filter(Json::is_object).ok_or_else(|| invalid(" is not a JSON object"))?;
        let has = |name| file.get(name).is_some();
        match file.text("type").as_ref().map(|kind| kind.as_str()) {
            Some("service_account") => ServiceAccount::from_file(&file, hosts),
            None if has("type") => Err(invalid("'s type is not a string")),
            // Deployments often carry these two fields alone.
            None if has("private_key") && has("client_email") => ServiceAccount::from_file(&file, hosts),
            None if has("web") || has("installed") => Err(unsupported(" is of an OAuth client, not of an account", "")),
            None => Err(invalid(" has no type")),
            Some(other) => Err(unsupported("'s type is ", other)),
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

    /// Takes the private key over from the same credential, read again.
    pub(crate) fn renew(&mut self, mut again: Credential) {
        self.forget_private_key();
        if let (Identity::ServiceAccount(account), Identity::ServiceAccount(other)) =
            (&mut self.identity, &again.identity)
            && let Some(key) = again.vault.take(other.key)
        {
            account.key = self.vault.keep(key);
        }
    }

    /// What tells this credential from every other.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

/// `why` ends the sentence.
fn invalid(why: &str) -> AuthError {
    AuthError::about(Code::InvalidCredential, "the credential$. Give the key file whole.", "", why)
}

/// `why` ends the sentence, or what a stranger wrote does.
fn unsupported(why: &str, strangers: &str) -> AuthError {
    AuthError::about(Code::UnsupportedCredential, "the credential$~; supported is service_account.", strangers, why)
}
