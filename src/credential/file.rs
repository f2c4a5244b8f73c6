//! Credential files: which members are taken, and what they have to be.

use super::terms::mistrusted;
use super::{Credential, sha256};
use crate::error::AuthError;
use crate::jose::base64::encode_url;
use crate::jose::rsa_private_key;
use crate::json::{Json, Text};
use crate::plan::failed;
use crate::text::{after_last, append, concat, contains, cut, number, part};

/// Every member that means anything, by its path, and behind the equals sign what it has to be: `s` visible ASCII; `e` an email
/// address; `p` a path or a command, which may hold spaces and other languages; `n` a number, whose bounds its plan looks at;
/// `k` a private key; `o` an object, whose members are looked at; `h` headers; `d` an array of texts; a capital letter is the group of hosts of a URL.
const MEMBERS: &str = " .type=s .universe_domain=s .quota_project_id=s .web=o .installed=o .client_email=e .private_key_id=s \
    .private_key=k .token_uri=T .client_id=s .client_secret=s .refresh_token=s .token_url=S \
    .service_account_impersonation_url=I =o .delegates=d .audience=s .subject_token_type=s \
    .workforce_pool_user_project=s .service_account_impersonation=o \
    .service_account_impersonation.token_lifetime_seconds=n .credential_source=o .credential_source.file=p \
    .credential_source.url=U .credential_source.headers=h .credential_source.environment_id=s \
    .credential_source.region_url=L .credential_source.imdsv2_session_token_url=L \
    .credential_source.regional_cred_verification_url=s .credential_source.format=o .credential_source.format.type=s \
    .credential_source.format.subject_token_field_name=s .credential_source.executable=o \
    .credential_source.executable.command=p .credential_source.executable.timeout_millis=n \
    .credential_source.executable.output_file=p .credential_source.certificate=o \
    .credential_source.certificate.certificate_config_location=p .credential_source.certificate.trust_chain_path=p \
    .service_account=s .format=s .licenses=s ";

impl Credential {
    /// Takes the members of an object in the file, given the path to it.
    pub(super) fn take(&mut self, object: &Json<'_>, path: &str) -> Result<(), AuthError> {
        let mut parts = object.parts();
        while let Some((key, value)) = parts.next() {
            let path = concat(&[path, ".", &key.word()]);
            // A source has the members that a file has; it has no name itself then.
            let name = after_last(&path, ".source_credentials");
            let kind = cut(MEMBERS, &concat(&[" ", name, "="])).unwrap_or_default().1;
            let group = part(kind, 0, 1);
            let kind = kind.bytes().next().unwrap_or_default();
            // A name of the file's must not be able to part facts.
            if kind == 0 || value.is_null() || path.bytes().any(|byte| byte < b' ') {
                continue;
            }
            self.facts.put("bad", part(&path, 1, path.len()));
            let mut wrong = "hthe credential's $bad is missing, or not what it can be. Give its file whole.";
            let mut text = value.word();
            let is_text = value.first() == b'"';
            match kind {
                b'o' => {
                    if value.is_object() {
                        self.take(&value, &path)?;
                        // Its members are known one by one; whole, it would keep a key that is wiped.
                        text.truncate(1);
                        wrong = "";
                    }
                }
                b'k' => match rsa_private_key(if is_text { &text } else { "" }) {
                    Ok(key) => {
                        self.key = Some(key);
                        // For the fingerprint.
                        text = encode_url(&sha256(text.as_bytes())).into();
                        wrong = "";
                    }
                    Err(why) => {
                        self.facts.put("why", why);
                        wrong = "hthe credential's private_key $why. Create a new key.";
                    }
                },
                b'h' | b'd' => {
                    let mut items = value.parts();
                    let mut fits = value.first() == if kind == b'd' { b'[' } else { b'{' };
                    let mut headers = Text::default();
                    while let Some((name, item)) = items.next() {
                        let (name, value) = (name.word(), item.word());
                        let token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
                        fits &= item.first() == b'"'
                            && !value.is_empty()
                            && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
                            && (kind == b'd' || !name.is_empty() && name.bytes().all(token));
                        append(&mut headers, &["\0", &name, "\0", &value]);
                    }
                    if kind == b'h' {
                        text = headers;
                    }
                    if fits {
                        wrong = "";
                    }
                }
                _ => {
                    let shown = |byte: u8| byte.is_ascii_graphic() || kind == b'p' && (byte == b' ' || byte > b'~');
                    let fits = match kind {
                        b'n' => text.is_empty() || number(&text).is_some(),
                        b'e' => is_text && contains(&text, "@") && !contains(&text, "/"),
                        _ => is_text,
                    };
                    if fits && text.bytes().all(shown) {
                        wrong = "";
                        if kind < b'Z' && !text.is_empty() {
                            self.facts.put("url", &text);
                            wrong = mistrusted(&mut self.facts, group, &text);
                        }
                    }
                }
            }
            if !wrong.is_empty() {
                return Err(failed(wrong, &self.facts));
            }
            self.facts.put(&path, &text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::credential::{Credential, Terms};
    use crate::error::Code;
    use serde_json::{Value, json};
    use std::string::{String, ToString};
    use std::vec::Vec;

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
        assert_eq!(credential.facts.get(".client_email"), "a@p.iam.gserviceaccount.com");
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

    const IAM: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/t@p.iam.gserviceaccount.com:generateAccessToken";

    /// A good file of each type, without the key's.
    fn files() -> Vec<Value> {
        let user = json!({"type": "authorized_user", "client_id": "c", "client_secret": "canary", "refresh_token": "canary", "quota_project_id": "q"});
        let external = json!({"type": "external_account", "audience": "//iam.googleapis.com/x", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": "https://sts.googleapis.com/v1/token", "service_account_impersonation_url": IAM, "service_account_impersonation": {"token_lifetime_seconds": 600}});
        let from = |source: Value| {
            let mut file = external.clone();
            file["credential_source"] = source;
            file
        };
        Vec::from([
            user.clone(),
            json!({"type": "external_account_authorized_user", "client_id": "c", "client_secret": "canary", "refresh_token": "canary", "token_url": "https://sts.googleapis.com/v1/oauthtoken"}),
            json!({"type": "impersonated_service_account", "service_account_impersonation_url": IAM, "delegates": ["projects/-/serviceAccounts/d@x"], "source_credentials": user}),
            from(json!({"file": "/a b/é", "format": {"type": "json", "subject_token_field_name": "f"}})),
            from(
                json!({"url": "http://169.254.169.254/x", "headers": {"Metadata": "True"}, "format": {"type": "text"}}),
            ),
            from(
                json!({"environment_id": "aws1", "url": "http://169.254.169.254/u", "region_url": "http://[fd00:ec2::254]/r", "imdsv2_session_token_url": "http://169.254.169.254/t", "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity"}),
            ),
            from(json!({"executable": {"command": "/bin/x --y", "timeout_millis": 5000, "output_file": "/o"}})),
            from(json!({"certificate": {"use_default_certificate_config": true}})),
        ])
    }

    /// Sets or, given null, takes away the member of that path.
    fn changed(file: &Value, path: &str, value: Value) -> String {
        let mut file = file.clone();
        let member = path.split('.').fold(&mut file, |object, name| &mut object[name]);
        *member = value;
        file.to_string()
    }

    #[test]
    fn each_type_is_read() {
        for file in files() {
            let credential = Credential::from_json(&file.to_string()).unwrap();
            assert!(!alloc::format!("{credential:?}").contains("canary"));
        }
        assert_eq!(Credential::from_json(&files()[0].to_string()).unwrap().quota_project(), "q");
    }

    #[test]
    fn every_fault_of_every_type_names_its_field() {
        for file in files() {
            let type_of_it = file["type"].as_str().unwrap();
            let mut faults =
                Vec::from([("type", json!(null)), ("type", json!(7)), ("universe_domain", json!("u.example"))]);
            for name in [
                "client_id",
                "client_secret",
                "refresh_token",
                "audience",
                "subject_token_type",
                "token_url",
                "source_credentials",
                "credential_source",
            ] {
                if file.get(name).is_some() {
                    faults.extend([(name, json!(null)), (name, json!(7)), (name, json!([1]))]);
                    if !name.starts_with(['s', 'c']) || name.starts_with("client") {
                        faults.extend([(name, json!({})), (name, json!("")), (name, json!("a\r\nb"))]);
                    }
                }
            }
            if file.get("service_account_impersonation_url").is_some() {
                for url in [
                    "canary",
                    "https://evil.example/serviceAccounts/a@b:generateAccessToken",
                    &IAM.replace(":generateAccessToken", ":signJwt"),
                    &IAM.replace(":generate", "/generate"),
                    &IAM.replace("t@p.iam.gserviceaccount.com", ""),
                    &IAM.replace(":generate", ":signJwt?x=/serviceAccounts/a:generate"),
                    &IAM.replace("t@p", "t@p/x"),
                    &IAM.replace("serviceAccounts", "%73erviceAccounts")
                        .replace(":generate", "?x=/serviceAccounts/a:generate"),
                    &IAM.replace("https", "http"),
                ] {
                    faults.push(("service_account_impersonation_url", json!(url)));
                }
                faults.push(("service_account_impersonation_url", json!(7)));
            }
            if file.get("token_url").is_some() {
                faults.extend([
                    ("token_url", json!("https://oauth2.googleapis.com/token")),
                    ("token_url", json!("http://sts.googleapis.com/v1/token")),
                ]);
            }
            match type_of_it {
                "impersonated_service_account" => faults.extend([
                    ("service_account_impersonation_url", json!(null)),
                    ("delegates", json!("x")),
                    ("delegates", json!({"x": "y"})),
                    ("delegates", json!([7])),
                    ("delegates", json!(["é"])),
                    ("source_credentials", json!({})),
                    ("source_credentials.type", json!("gdch_service_account")),
                    ("source_credentials.client_id", json!(null)),
                    ("source_credentials.universe_domain", json!("u.example")),
                ]),
                "external_account" => {
                    faults.extend([
                        ("credential_source", json!({})),
                        ("credential_source", json!("x")),
                        ("credential_source", json!({"file": "x", "url": "http://169.254.169.254/"})),
                        ("credential_source", json!({"file": 7})),
                        ("credential_source", json!({"file": "a\nb"})),
                        ("credential_source", json!({"url": "https://evil.example/"})),
                        ("credential_source", json!({"certificate": "x"})),
                        ("credential_source", json!({"environment_id": "aws2"})),
                        (
                            "credential_source",
                            json!({"environment_id": "aws1", "url": "https://a.actions.githubusercontent.com"}),
                        ),
                        ("credential_source", json!({"environment_id": "aws1", "region_url": "http://10.0.0.1/"})),
                        (
                            "credential_source",
                            json!({"environment_id": "aws1", "imdsv2_session_token_url": "https://evil.example/"}),
                        ),
                        ("credential_source.format", json!({"type": "json"})),
                        ("credential_source.format", json!({"type": "xml"})),
                        ("credential_source.format", json!("text")),
                        ("service_account_impersonation.token_lifetime_seconds", json!(599)),
                        ("service_account_impersonation.token_lifetime_seconds", json!(43201)),
                        ("service_account_impersonation.token_lifetime_seconds", json!("soon")),
                    ]);
                    for headers in [
                        json!("x"),
                        json!(["x"]),
                        json!({"a": 7}),
                        json!({"a b": "c"}),
                        json!({"a": "b\r\nc"}),
                        json!({"a": ""}),
                    ] {
                        faults
                            .push(("credential_source", json!({"url": "http://169.254.169.254/", "headers": headers})));
                    }
                    for millis in [json!(4999), json!(120_001), json!("x"), json!([])] {
                        faults.push((
                            "credential_source",
                            json!({"executable": {"command": "x", "timeout_millis": millis}}),
                        ));
                    }
                }
                _ => {}
            }
            for (path, value) in faults {
                let text = changed(&file, path, value);
                let Err(error) = Credential::from_json(&text) else { panic!("{text}") };
                let name = path.split('.').next_back().unwrap();
                let known = [Code::InvalidCredential, Code::UnsupportedCredential, Code::UntrustedHost];
                let other = ["credential_source", "source_credentials", "type"];
                assert!(known.contains(&error.code) && !error.message.contains("canary-"), "{text} {error}");
                assert!(
                    error.message.contains(name) || other.contains(&path) || error.message.contains(path),
                    "{path} {error}"
                );
            }
        }
    }

    #[test]
    fn nothing_in_a_file_is_taken_for_ours() {
        let mut file = files()[0].clone();
        for name in [
            "\u{1}allowedHosts\u{2} evil.example .source_credentials.type",
            "\u{1}emulator\u{2}x.source_credentials.type",
            "iam",
            "emulator",
            ".iam",
        ] {
            file[name] = json!("authorized_user");
        }
        let credential = Credential::from_json(&file.to_string()).unwrap();
        for name in ["allowedHosts", "emulator", "iam", ".iam"] {
            assert_eq!(credential.facts.get(name), "", "{name}");
        }
        // A field of a plan's line ends where ours does.
        for text in ["1\x000\x009\0act", "5\u{1}x\u{2}y", "700|0|9|act", " 700"] {
            let file = changed(&files()[3], "service_account_impersonation.token_lifetime_seconds", json!(text));
            assert_eq!(Credential::from_json(&file).unwrap_err().code, Code::InvalidCredential, "{text:?}");
        }
        for text in ["a\0b", "a\u{1}b", "a\nb"] {
            let file = changed(&files()[0], "client_id", json!(text));
            assert_eq!(Credential::from_json(&file).unwrap_err().code, Code::InvalidCredential, "{text:?}");
        }
        // What looks like a template is a text.
        let file = changed(&files()[0], "client_id", json!("$.client_secret|`*.refresh_token`\\"));
        assert_eq!(
            Credential::from_json(&file).unwrap().facts.get(".client_id"),
            "$.client_secret|`*.refresh_token`\\"
        );
    }

    #[test]
    fn what_the_caller_says_is_held_against_the_file() {
        let terms = |name, value| Terms::google().with(name, value).unwrap();
        for (file, said, ok) in [
            (files()[0].to_string(), terms("credentialType", "authorized_user"), true),
            (files()[0].to_string(), terms("credentialType", "service_account"), false),
            (files()[2].to_string(), terms("credentialType", "authorized_user"), false),
            (files()[2].to_string(), terms("credentialType", "impersonated_service_account"), true),
            (with("universe_domain", json!("u.example")), terms("universeDomain", "u.example"), true),
            (with("universe_domain", json!("u.example")), terms("universeDomain", "v.example"), false),
        ] {
            assert_eq!(Credential::from_json_with(&file, &said).is_ok(), ok, "{file:.80}");
        }
    }

    #[test]
    fn other_types_are_refused_by_name() {
        for (text, code) in [
            ("", Code::InvalidCredential),
            ("[]", Code::InvalidCredential),
            ("not json", Code::InvalidCredential),
            ("{}", Code::InvalidCredential),
            (r#"{"type":"authorized_user"}"#, Code::InvalidCredential),
            // A mark of a plan is no type.
            (r#"{"type":"act"}"#, Code::UnsupportedCredential),
            (r#"{"type":"search\n:x"}"#, Code::InvalidCredential),
            (r#"{"type":"gdch_service_account"}"#, Code::UnsupportedCredential),
            (r#"{"installed":{}}"#, Code::UnsupportedCredential),
            (r#"{"type":7}"#, Code::InvalidCredential),
        ] {
            assert_eq!(Credential::from_json(text).unwrap_err().code, code, "{text}");
        }
    }
}
