//! Service-account key files (AIP-4112).

use super::{Credential, Fingerprint, Hosts, Identity, invalid, unsupported};
use crate::error::{AuthError, Code};
use crate::jose::rsa_private_key;
use crate::json::Json;
use crate::secret::{SecretId, Vault};
use crate::text::{concat, contains};
use alloc::string::String;

/// A service account, by a key of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceAccount {
    /// Who it is: `name@project.iam.gserviceaccount.com`.
    pub client_email: String,
    /// Which of its keys this is, sent as `kid`; empty where the file does not say.
    pub private_key_id: String,
    /// The token endpoint as the file names it, of a trusted host: what assertions are for.
    pub token_uri: String,
    /// Where it is: at the emulator, if there is one.
    pub endpoint: String,
    /// The key, as PKCS #8 DER, in the credential's vault.
    pub(crate) key: SecretId,
}

const GOOGLE_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

impl ServiceAccount {
    /// Reads the parsed key file.
    pub(super) fn from_file(file: &Json<'_>, hosts: &Hosts) -> Result<Credential, AuthError> {
        let mut account = ServiceAccount {
            client_email: String::new(),
            private_key_id: String::new(),
            token_uri: String::new(),
            endpoint: String::new(),
            key: SecretId::default(),
        };
        let (mut vault, mut fingerprint) = (Vault::default(), Fingerprint::default());
        account.read(file, hosts, &mut vault, &mut fingerprint)?;
        Ok(Credential { identity: Identity::ServiceAccount(account), vault, fingerprint })
    }

    /// Apart from [`from_file`](ServiceAccount::from_file), because here each way out would drop all fields by itself.
    fn read(
        &mut self,
        file: &Json<'_>,
        hosts: &Hosts,
        vault: &mut Vault,
        fingerprint: &mut Fingerprint,
    ) -> Result<(), AuthError> {
        read_field(file, "client_email", &mut self.client_email)?;
        read_field(file, "private_key_id", &mut self.private_key_id)?;
        read_field(file, "token_uri", &mut self.token_uri)?;
        if !contains(&self.client_email, "@") {
            return Err(invalid("'s client_email is no email address"));
        }
        if self.token_uri.is_empty() {
            self.token_uri.push_str(GOOGLE_TOKEN_URI);
        }
        hosts.token_endpoint(&mut self.token_uri)?;
        self.endpoint = hosts.resolve(&self.token_uri);
        if file
            .get("universe_domain")
            .is_some_and(|universe| !universe.is_null() && !universe.is("") && !universe.is("googleapis.com"))
        {
            return Err(unsupported("'s universe_domain is not googleapis.com", ""));
        }
        let pem = file.text("private_key").ok_or_else(|| invalid("'s private_key is no string"))?;
        let key = rsa_private_key(&pem).map_err(|why| {
            AuthError::about(Code::InvalidCredential, "the credential's private_key $. Create a new key.", "", why)
        })?;
        self.key = vault.keep(key);
        *fingerprint = Fingerprint::of(&[
            "service_account",
            &self.client_email,
            &self.private_key_id,
            &self.token_uri,
            &self.endpoint,
            &pem,
        ]);
        Ok(())
    }
}

/// A field of visible ASCII characters; empty where it is absent or null.
fn read_field(file: &Json<'_>, name: &str, out: &mut String) -> Result<(), AuthError> {
    match file.get(name).filter(|value| !value.is_null()).map(|value| value.as_str()) {
        None => Ok(()),
        Some(Some(text)) if text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            out.push_str(&text);
            Ok(())
        }
        _ => Err(invalid(&concat(&["'s ", name, " is not visible ASCII"]))),
    }
}

#[cfg(test)]
mod tests {
    use crate::credential::{Credential, Identity};
    use crate::error::Code;
    use serde_json::{Value, json};
    use std::string::{String, ToString};

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
            ("client_email", json!(null), Code::InvalidCredential),
            ("client_email", json!(7), Code::InvalidCredential),
            ("client_email", json!("nobody"), Code::InvalidCredential),
            ("client_email", json!("a@b\r\nx"), Code::InvalidCredential),
            ("private_key", json!(null), Code::InvalidCredential),
            ("private_key", json!(""), Code::InvalidCredential),
            ("private_key", json!("canary-canary"), Code::InvalidCredential),
            ("private_key_id", json!({}), Code::InvalidCredential),
            ("token_uri", json!("https://evil.example/token"), Code::UntrustedHost),
            ("token_uri", json!("token"), Code::InvalidCredential),
            ("universe_domain", json!("example.goog"), Code::UnsupportedCredential),
        ] {
            let error = Credential::from_json(&with(name, value)).unwrap_err();
            assert_eq!(error.code, code, "{name}");
            let names_it =
                error.message.contains(name) || name == "universe_domain" && error.message.contains("universe");
            assert!(
                names_it && !error.message.contains("canary") && !error.message.contains("MII"),
                "{}",
                error.message
            );
        }
    }

    #[test]
    fn other_types_are_refused_by_name() {
        for (text, code) in [
            ("", Code::InvalidCredential),
            ("[]", Code::InvalidCredential),
            ("not json", Code::InvalidCredential),
            ("{}", Code::InvalidCredential),
            (r#"{"type":"authorized_user"}"#, Code::UnsupportedCredential),
            (r#"{"type":"gdch_service_account"}"#, Code::UnsupportedCredential),
            (r#"{"installed":{}}"#, Code::UnsupportedCredential),
            (r#"{"type":7}"#, Code::InvalidCredential),
        ] {
            assert_eq!(Credential::from_json(text).unwrap_err().code, code, "{text}");
        }
    }
}
