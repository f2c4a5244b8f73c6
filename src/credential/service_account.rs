//! Service-account key files (AIP-4112).

use super::{Credential, Fingerprint, Identity, Trust, invalid, unsupported};
use crate::error::{AuthError, concat};
use crate::jose::rsa_private_key;
use crate::json::Json;
use crate::secret::{SecretId, Vault};
use alloc::string::String;

/// A service account, by a key of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceAccount {
    /// Who it is: `name@project.iam.gserviceaccount.com`.
    pub client_email: String,
    /// Which of its keys this is; sent as `kid`.
    pub private_key_id: Option<String>,
    /// The token endpoint, of a trusted host.
    pub token_uri: String,
    /// The key, as PKCS #8 DER, in the credential's vault.
    pub(crate) key: SecretId,
}

const GOOGLE_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

impl ServiceAccount {
    /// Reads the parsed key file.
    pub(super) fn from_file(file: &Json, trust: &Trust) -> Result<Credential, AuthError> {
        let client_email = required(file, "client_email")?;
        if !client_email.contains('@') {
            return Err(invalid("the credential's client_email is not an email address."));
        }
        let private_key_id = optional(file, "private_key_id")?;
        let token_uri = trust.token_endpoint("token_uri", optional(file, "token_uri")?.unwrap_or(GOOGLE_TOKEN_URI))?;
        let universe = optional(file, "universe_domain")?.unwrap_or("googleapis.com");
        if universe != "googleapis.com" {
            return Err(unsupported(&concat(&["service accounts of another universe than googleapis.com (here: ", universe, ") are not supported."])));
        }
        let pem = match file.get("private_key") {
            Some(Json::String(pem)) if !pem.trim().is_empty() => pem,
            Some(Json::String(_)) | None => return Err(missing("private_key")),
            Some(_) => return Err(not_text("private_key")),
        };
        let key = rsa_private_key(pem).map_err(|why| invalid(&concat(&["the credential's private_key ", why, ". Download the key file again, or create a new key."])))?;
        let fingerprint = Fingerprint::of(&[
            b"service_account",
            client_email.as_bytes(),
            private_key_id.unwrap_or_default().as_bytes(),
            token_uri.as_bytes(),
            key.expose(),
        ]);
        let mut vault = Vault::default();
        let key = vault.keep(key);
        let account = ServiceAccount { client_email: client_email.into(), private_key_id: private_key_id.map(String::from), token_uri, key };
        Ok(Credential { identity: Identity::ServiceAccount(account), vault, fingerprint })
    }
}

/// A field that must be there, as text of visible ASCII characters.
fn required<'a>(file: &'a Json, name: &str) -> Result<&'a str, AuthError> {
    optional(file, name)?.ok_or_else(|| missing(name))
}

/// A field that may be there; empty and null count as absent.
fn optional<'a>(file: &'a Json, name: &str) -> Result<Option<&'a str>, AuthError> {
    match file.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(Json::String(_)) => Err(invalid(&concat(&["the credential's ", name, " holds a space, a control character or a letter beyond ASCII."]))),
        Some(_) => Err(not_text(name)),
    }
}

fn missing(name: &str) -> AuthError {
    invalid(&concat(&["the credential has no ", name, ". Give the whole content of the key file."]))
}

fn not_text(name: &str) -> AuthError {
    invalid(&concat(&["the credential's ", name, " is not a string."]))
}

#[cfg(test)]
mod tests {
    use crate::credential::{Credential, Identity};
    use crate::error::Code;
    use alloc::string::String;
    use serde_json::{Value, json};

    fn file() -> Value {
        let keys: Value = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
        json!({"type": "service_account", "client_email": "a@p.iam.gserviceaccount.com", "private_key_id": "k1", "private_key": keys["keys"]["pkcs8_2048"], "token_uri": "https://oauth2.googleapis.com/token", "universe_domain": "googleapis.com"})
    }

    fn with(name: &str, value: Value) -> String {
        let mut file = file();
        file[name] = value;
        file.to_string()
    }

    #[test]
    fn a_key_file_is_read_and_shows_no_key() {
        let credential = Credential::from_json(&file().to_string()).unwrap();
        let Identity::ServiceAccount(account) = &credential.identity else { panic!() };
        assert_eq!(account.client_email, "a@p.iam.gserviceaccount.com");
        let shown = alloc::format!("{credential:?}");
        assert!(!shown.contains("MII") && shown.len() < 600, "{shown}");
    }

    #[test]
    fn the_fingerprint_tells_apart_what_shapes_a_token() {
        let print = |text: &str| Credential::from_json(text).unwrap().fingerprint().clone();
        let same = print(&file().to_string());
        assert_eq!(print(&with("project_id", json!("other"))), same);
        assert_ne!(print(&with("client_email", json!("b@p.iam.gserviceaccount.com"))), same);
        assert_ne!(print(&with("private_key_id", json!("k2"))), same);
        assert_ne!(print(&with("token_uri", json!("https://www.googleapis.com/oauth2/v4/token"))), same);
    }

    #[test]
    fn every_fault_names_its_field_and_no_key() {
        for (name, value, code) in [
            ("client_email", json!(null), Code::InvalidCredential), ("client_email", json!(7), Code::InvalidCredential), ("client_email", json!("nobody"), Code::InvalidCredential), ("client_email", json!("a@b\r\nx"), Code::InvalidCredential),
            ("private_key", json!(null), Code::InvalidCredential), ("private_key", json!(""), Code::InvalidCredential), ("private_key", json!("canary-canary"), Code::InvalidCredential), ("private_key_id", json!({}), Code::InvalidCredential),
            ("token_uri", json!("https://evil.example/token"), Code::UntrustedHost), ("token_uri", json!("token"), Code::InvalidCredential), ("universe_domain", json!("example.goog"), Code::UnsupportedCredential),
        ] {
            let error = Credential::from_json(&with(name, value)).unwrap_err();
            assert_eq!(error.code, code, "{name}");
            let names_it = error.message.contains(name) || name == "universe_domain" && error.message.contains("universe");
            assert!(names_it && !error.message.contains("canary") && !error.message.contains("MII"), "{}", error.message);
        }
    }

    #[test]
    fn other_types_are_refused_by_name() {
        for (text, code) in [
            ("", Code::InvalidCredential), ("[]", Code::InvalidCredential), ("not json", Code::InvalidCredential), ("{}", Code::InvalidCredential), (r#"{"type":"authorized_user"}"#, Code::UnsupportedCredential),
            (r#"{"type":"gdch_service_account"}"#, Code::UnsupportedCredential), (r#"{"installed":{}}"#, Code::UnsupportedCredential), (r#"{"type":7}"#, Code::InvalidCredential),
        ] {
            assert_eq!(Credential::from_json(text).unwrap_err().code, code, "{text}");
        }
    }
}
