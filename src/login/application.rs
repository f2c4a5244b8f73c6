//! An application's login: of which OAuth client it is, and at which provider.

use super::local::local;
use crate::credential::Terms;
use crate::error::{AuthError, Code};
use crate::facts::Facts;
use crate::grant::hmac;
use crate::json::Text;
use crate::template::fill;
use crate::text::{before, concat, contains, number, part};
use crate::url::{Url, to_show};
use alloc::string::String;

/// An OAuth client, its provider, and what the application wants of both. Parts of it are secret, so none is ever shown.
#[derive(Debug)]
pub struct Login {
    pub(super) facts: Facts,
    /// Where browsers come back to.
    redirect: Url,
}

/// A provider that is not Google (OpenID Connect Discovery 1.0, section 3).
#[derive(Clone, Copy, Debug)]
pub struct Provider<'a> {
    /// Whom its ID tokens name as issuer.
    pub issuer: &'a str,
    /// Where browsers are sent.
    pub authorization_endpoint: &'a str,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: &'a str,
    /// Where tokens are revoked (RFC 7009); may be empty.
    pub revocation_endpoint: &'a str,
    /// Where devices get their codes (RFC 8628); may be empty.
    pub device_authorization_endpoint: &'a str,
}

const GOOGLE: Provider<'static> = Provider {
    issuer: "https://accounts.google.com",
    authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth",
    token_endpoint: "https://oauth2.googleapis.com/token",
    revocation_endpoint: "https://oauth2.googleapis.com/revoke",
    device_authorization_endpoint: "https://oauth2.googleapis.com/device/code",
};

impl Login {
    /// The login of Google's users with that client. The redirect URI has to be registered with it; browsers come back to it, and
    /// nothing that a request says is taken for it.
    ///
    /// ```
    /// use cloud_run_auth::{credential::Terms, login::Login};
    /// let login = Login::new("app.apps.example", "secret", "https://app.example/callback", &Terms::google()).unwrap();
    /// assert!(Login::new("app.apps.example", "secret", "http://app.example/callback", &Terms::google()).is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option` where the redirect URI is neither `https` nor of this machine.
    pub fn new(id: &str, secret: &str, redirect_uri: &str, terms: &Terms) -> Result<Login, AuthError> {
        let mut facts = terms.facts().clone();
        for (name, text) in [("client_id", id), ("client_secret", secret), ("redirect_uri", redirect_uri)] {
            facts.put(name, text);
        }
        Login::of(facts)
    }

    /// Another provider than Google.
    ///
    /// # Errors
    /// `invalid_option` where an endpoint is neither `https` nor of this machine.
    pub fn provider(mut self, provider: &Provider<'_>) -> Result<Login, AuthError> {
        for (name, text) in [
            ("issuer", provider.issuer),
            ("authorization_endpoint", provider.authorization_endpoint),
            ("token_endpoint", provider.token_endpoint),
            ("revocation_endpoint", provider.revocation_endpoint),
            ("device_authorization_endpoint", provider.device_authorization_endpoint),
        ] {
            self.facts.put(name, text);
        }
        Login::of(self.facts)
    }

    /// The scopes that every user is asked for, with spaces between them. Default: `openid email profile`; `openid` is always asked for.
    ///
    /// # Errors
    /// `invalid_option` where they are not visible ASCII.
    pub fn scopes(mut self, scopes: &str) -> Result<Login, AuthError> {
        self.facts.put("login_scopes", scopes);
        Login::of(self.facts)
    }

    /// What logins and sessions are signed with, the newest first, with spaces between them: at least 32 characters each. Default:
    /// what is derived from the client's secret.
    ///
    /// # Errors
    /// `invalid_option` where one is shorter.
    pub fn secrets(mut self, secrets: &str) -> Result<Login, AuthError> {
        self.facts.put("secrets", secrets);
        Login::of(self.facts)
    }

    /// The name of the record with a user's token, in which `{id}` stands for his `sub`. Default: `users/{id}`. Without that there is one
    /// user alone, and in the store nothing but what is his: that a login comes back but once is then for the caller to see to.
    #[must_use]
    pub fn records(mut self, pattern: &str) -> Login {
        self.facts.put("records", pattern);
        self
    }

    /// Whether jobs may act for users while they are away. Default: true.
    #[must_use]
    pub fn offline(mut self, offline: bool) -> Login {
        self.facts.put("online", if offline { "" } else { "1" });
        self
    }

    /// What the host has written as facts.
    #[cfg(all(feature = "login", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn told(facts: Facts) -> Result<Login, AuthError> {
        Login::of(facts)
    }

    /// The path that a browser is sent to for a text that anybody may have written, if it is one of the application's.
    ///
    /// ```
    /// # use cloud_run_auth::{credential::Terms, login::Login};
    /// # let login = Login::new("app.apps.example", "secret", "https://app.example/callback", &Terms::google()).unwrap();
    /// assert_eq!(login.returns_to("/items?page=2").as_deref(), Some("/items?page=2"));
    /// assert_eq!(login.returns_to("//evil.example"), None);
    /// ```
    pub fn returns_to(&self, text: &str) -> Option<String> {
        local(text, self.origin()).map(|path| concat(&[&path]))
    }

    /// Checks what is there, and says what goes without saying.
    fn of(mut facts: Facts) -> Result<Login, AuthError> {
        let is_google = matches!(facts.get("issuer"), "" | "https://accounts.google.com");
        let mut usual = |name, text| {
            if facts.get(name).is_empty() {
                facts.put(name, text);
            }
        };
        usual("issuer", GOOGLE.issuer);
        if is_google {
            usual("authorization_endpoint", GOOGLE.authorization_endpoint);
            usual("token_endpoint", GOOGLE.token_endpoint);
            usual("revocation_endpoint", GOOGLE.revocation_endpoint);
            usual("device_authorization_endpoint", GOOGLE.device_authorization_endpoint);
        }
        usual("records", "users/{id}");
        usual("login_scopes", "openid email profile");
        usual("session_s", "604800");
        let redirect = endpoint(&facts, "redirect_uri")?;
        for name in ["issuer", "authorization_endpoint", "token_endpoint"] {
            endpoint(&facts, name)?;
        }
        for name in ["revocation_endpoint", "device_authorization_endpoint"] {
            if !facts.get(name).is_empty() {
                endpoint(&facts, name)?;
            }
        }
        for name in ["client_id", "client_secret", "login_scopes"] {
            if !facts.get(name).bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ' && name == "login_scopes") {
                return Err(invalid("the login's $ is not visible ASCII text.", name));
            }
        }
        if facts.get("client_id").is_empty() {
            return Err(invalid("the login has no $. Give the OAuth client's file.", "client_id"));
        }
        let mut secrets = facts.get("secrets");
        if secrets.is_empty() && facts.get("client_secret").is_empty() {
            return Err(invalid("the client has no secret to sign logins with: give $.", "secrets"));
        }
        while !secrets.is_empty() {
            let secret = before(secrets, " ");
            if secret.len() < 32 {
                return Err(invalid(
                    "one of the $ is shorter than 32 characters. Make one of 32 random bytes.",
                    "secrets",
                ));
            }
            secrets = part(secrets, secret.len().wrapping_add(1), secrets.len());
        }
        Ok(Login { facts, redirect })
    }

    pub(super) fn fact(&self, name: &str) -> &str {
        self.facts.get(name)
    }

    /// Google's are the emulator's where there is one.
    pub(super) fn endpoint(&self, name: &str) -> Text {
        if self.is_google() {
            fill(&concat(&["^", name]), &self.facts)
        } else {
            Text::from(String::from(self.fact(name)))
        }
    }

    /// What every user is asked for.
    pub(super) fn wanted(&self) -> &str {
        self.fact("login_scopes")
    }

    pub(super) fn is_google(&self) -> bool {
        self.fact("issuer") == GOOGLE.issuer
    }

    pub(super) fn is_offline(&self) -> bool {
        self.fact("online").is_empty()
    }

    /// Whether what comes of a login is kept, and not handed on.
    pub(super) fn has_store(&self) -> bool {
        self.fact("storeless").is_empty()
    }

    /// Whether it is noted which logins came back: not without a store, nor in one that is there for one user's record alone.
    pub(super) fn keeps_used(&self) -> bool {
        self.has_store() && contains(self.fact("records"), "{id}")
    }

    pub(super) fn session_s(&self) -> u64 {
        number(self.fact("session_s")).unwrap_or_default()
    }

    /// Whether browsers come by TLS, as everywhere but on a developer's machine.
    pub(super) fn is_secure(&self) -> bool {
        self.redirect.is_https()
    }

    /// A name of ours as a cookie's. That prefix is kept for one that is of this very host (RFC 6265bis, section 4.1.3.2).
    pub(super) fn cookie_name(&self, name: &str) -> String {
        concat(&[if self.is_secure() { "__Host-" } else { "" }, name])
    }

    /// The name of a user's record.
    pub(super) fn record(&self, subject: &str) -> String {
        let pattern = self.fact("records");
        let front = before(pattern, "{id}");
        let rest = part(pattern, front.len().wrapping_add(4), pattern.len());
        concat(&[front, if front.len() < pattern.len() { subject } else { "" }, rest])
    }

    /// What new things are signed with.
    pub(super) fn key(&self) -> [u8; 32] {
        let mut keys = self.keys();
        keys.next().unwrap_or_default()
    }

    /// What things may be signed with.
    pub(super) fn keys(&self) -> impl Iterator<Item = [u8; 32]> {
        let secrets = self.fact("secrets");
        let all = if secrets.is_empty() { self.fact("client_secret") } else { secrets };
        all.split(' ').map(|secret| hmac(secret.as_bytes(), b"cloud-run-auth login"))
    }

    /// The scheme, host and port of the application.
    pub(super) fn origin(&self) -> &str {
        self.redirect.origin()
    }
}

/// A URL that browsers and secrets may be sent to.
fn endpoint(facts: &Facts, name: &str) -> Result<Url, AuthError> {
    let text = facts.get(name);
    let why = match Url::parse(text) {
        Ok(url) if url.is_https() || url.is_loopback() => return Ok(url),
        Ok(_) => "is plain http to another machine",
        Err(why) => why,
    };
    let message = concat(&["the login's ", name, " (~) ", why, "."]);
    Err(AuthError::about(Code::InvalidOption, &message, to_show(text), ""))
}

pub(super) fn invalid(message: &str, name: &str) -> AuthError {
    AuthError::about(Code::InvalidOption, message, "", name)
}
