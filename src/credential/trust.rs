//! Where a credential may send us. A credential file can come from anywhere; the hosts that it names are
//! believed only where they are Google's own or the caller's.

use crate::error::{AuthError, Code};
use crate::text::{before, concat, contains, cut};
use crate::url::{Url, to_show};
use alloc::string::String;

/// Where Google's token endpoint has been, over the years that key files live, with a space around each.
const TOKEN_HOSTS: &str = " oauth2.googleapis.com accounts.google.com www.googleapis.com oauth2.mtls.googleapis.com ";

/// Which hosts a credential file may name, and where Google's endpoints are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hosts {
    /// With a space around each.
    allowed: String,
    /// Empty where there is none.
    emulator: String,
}

impl Hosts {
    /// Google's own.
    pub fn google() -> Hosts {
        Hosts::default()
    }

    /// Also those that are named here, with spaces between them, each with its port where that is not 443.
    ///
    /// ```
    /// use cloud_run_auth::credential::Hosts;
    /// let hosts = Hosts::google().allow("token.internal.example:8443");
    /// ```
    #[must_use]
    pub fn allow(mut self, hosts: &str) -> Hosts {
        self.add(hosts);
        self
    }

    /// Everything that is Google's goes to this origin instead, each endpoint at its own path. Loopback only.
    ///
    /// ```
    /// use cloud_run_auth::credential::Hosts;
    /// assert!(Hosts::google().emulator("http://127.0.0.1:8085").is_ok());
    /// assert!(Hosts::google().emulator("http://10.0.0.1:8085").is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option` where it is not the origin of a loopback host.
    pub fn emulator(mut self, origin: &str) -> Result<Hosts, AuthError> {
        self.set_emulator(origin).map(|()| self)
    }

    fn add(&mut self, hosts: &str) {
        self.allowed = concat(&[&self.allowed, " ", hosts, " "]);
        self.allowed.make_ascii_lowercase();
    }

    fn set_emulator(&mut self, origin: &str) -> Result<(), AuthError> {
        match Url::parse(origin) {
            Ok(url) if url.is_loopback() && url.href().len() == url.origin().len().saturating_add(1) => {
                self.add(url.host_and_port());
                self.emulator.push_str(url.origin());
                Ok(())
            }
            _ => Err(AuthError::about(
                Code::InvalidOption,
                "the emulator's address (~) is not an origin on this machine, such as http://127.0.0.1:8085.",
                to_show(origin),
                "",
            )),
        }
    }

    /// Also those hosts, and that emulator unless it is empty.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn set(&mut self, hosts: &str, emulator: &str) -> Result<(), AuthError> {
        self.add(hosts);
        if emulator.is_empty() { Ok(()) } else { self.set_emulator(emulator) }
    }

    /// Whether a token endpoint that a file names may be used; writes it as it is to be sent.
    pub(crate) fn token_endpoint(&self, text: &mut String) -> Result<(), AuthError> {
        let url = Url::parse(text).map_err(|why| {
            AuthError::about(Code::InvalidCredential, "the credential's token_uri (~) $.", to_show(text), why)
        })?;
        let host = concat(&[" ", url.host_and_port(), " "]);
        let google = url.is_https() && contains(TOKEN_HOSTS, &host);
        let named = (url.is_https() || url.is_loopback()) && contains(&self.allowed, &host);
        if !google && !named {
            return Err(AuthError::about(
                Code::UntrustedHost,
                "the credential's token_uri names$which is not Google's. To trust it, name it in allowedHosts; http is for this machine alone.",
                "",
                &host,
            ));
        }
        *text = url.href();
        Ok(())
    }

    /// Where a request for that URL of Google's goes.
    pub(crate) fn resolve(&self, url: &str) -> String {
        let (_, rest) = cut(url, "://").unwrap_or_default();
        let path = rest.get(before(rest, "/").len()..).unwrap_or_default();
        if self.emulator.is_empty() { url.into() } else { concat(&[&self.emulator, path]) }
    }

    /// The emulator, or nothing.
    pub(crate) fn emulator_origin(&self) -> &str {
        &self.emulator
    }

    /// The hosts that were named, as text.
    pub(crate) fn allowed(&self) -> &str {
        &self.allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_googles_and_named_hosts_are_believed() {
        let hosts = Hosts::google().allow("Token.Example:8443 127.0.0.1:8085 plain.example");
        for (url, ok) in [
            ("https://oauth2.googleapis.com/token", true),
            ("https://accounts.google.com/o/oauth2/token", true),
            ("https://token.example:8443/t", true),
            ("http://127.0.0.1:8085/token", true),
            ("https://plain.example/t", true),
            ("http://oauth2.googleapis.com/token", false),
            ("https://oauth2.googleapis.com:444/token", false),
            ("https://oauth2.googleapis.com.evil.example/token", false),
            ("https://token.example/t", false),
            ("http://plain.example/t", false),
            ("https://oauth2.googleapis.com@evil.example/token", false),
            ("https://evil.example/oauth2.googleapis.com", false),
            ("http://127.0.0.1:9/token", false),
            ("https://oauth2.googleapis.com./token", false),
            ("https://googleapis.com/token", false),
            ("token", false),
        ] {
            assert_eq!(hosts.token_endpoint(&mut url.into()).is_ok(), ok, "{url}");
        }
    }

    #[test]
    fn an_emulator_keeps_paths_and_may_be_named() {
        let hosts = Hosts::google().emulator("http://127.0.0.1:8085/").unwrap();
        assert_eq!(hosts.resolve("https://oauth2.googleapis.com/token"), "http://127.0.0.1:8085/token");
        assert!(hosts.token_endpoint(&mut "http://127.0.0.1:8085/token".into()).is_ok());
        assert_eq!(
            Hosts::google().resolve("https://oauth2.googleapis.com/token"),
            "https://oauth2.googleapis.com/token"
        );
        for origin in ["https://emulator.example", "http://127.0.0.1:1/x", "127.0.0.1:1", "http://127.0.0.1:1?x", ""] {
            assert_eq!(Hosts::google().emulator(origin).unwrap_err().code, Code::InvalidOption);
        }
    }
}
