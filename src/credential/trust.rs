//! Where a credential may send us. A credential file can come from anywhere; the hosts that it names are
//! believed only where they are Google's own or the caller's.

use crate::error::{AuthError, Code, shown};
use crate::text::{before, concat, contains, cut};
use crate::url::Url;
use alloc::string::String;

/// Where Google's token endpoint has been, over the years that key files live, with a space around each.
const TOKEN_HOSTS: &str = " oauth2.googleapis.com accounts.google.com www.googleapis.com oauth2.mtls.googleapis.com ";

/// Which hosts a credential file may name, and where Google's endpoints are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hosts {
    /// With a space around each.
    allowed: String,
    emulator: Option<String>,
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
        self.allowed.push(' ');
        self.allowed.push_str(hosts);
        self.allowed.push(' ');
        self.allowed.make_ascii_lowercase();
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
    pub fn emulator(self, origin: &str) -> Result<Hosts, AuthError> {
        let url = Url::parse(origin).ok().filter(|url| url.is_loopback() && matches!(url.path(), "" | "/") && url.query().is_none());
        match url {
            Some(url) => {
                let mut hosts = self.allow(url.host_and_port());
                hosts.emulator = Some(url.origin().into());
                Ok(hosts)
            }
            None => Err(AuthError::new(Code::InvalidOption, &["the emulator's address (", &shown(before(origin, "?")), ") is not the origin of a server on this machine, such as http://127.0.0.1:8085."])),
        }
    }

    /// The URL of a token endpoint that a file names, if it may be used.
    pub(crate) fn token_endpoint(&self, text: &str) -> Result<String, AuthError> {
        let url = Url::parse(text).map_err(|why| AuthError::new(Code::InvalidCredential, &["the credential's token_uri (", &shown(text), ") ", why, "."]))?;
        let host = concat(&[" ", url.host_and_port(), " "]);
        let google = url.is_https() && contains(TOKEN_HOSTS, &host);
        let named = (url.is_https() || url.is_loopback()) && contains(&self.allowed, &host);
        if !google && !named {
            return Err(AuthError::new(Code::UntrustedHost, &["the credential's token_uri names", &host, "which is not Google's. If it is to be trusted, name it in allowedHosts; plain http is for this machine alone."]));
        }
        Ok(url.href())
    }

    /// Where a request for that URL of Google's goes.
    pub(crate) fn resolve(&self, url: &str) -> String {
        let path = cut(url, "://").map_or("", |(_, rest)| rest.get(before(rest, "/").len()..).unwrap_or_default());
        match &self.emulator {
            Some(origin) => concat(&[origin, path]),
            None => url.into(),
        }
    }

    /// What tells these hosts from others, for keys.
    pub(crate) fn as_key(&self) -> String {
        concat(&[self.emulator.as_deref().unwrap_or_default(), &self.allowed])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_googles_and_named_hosts_are_believed() {
        let hosts = Hosts::google().allow("Token.Example:8443 127.0.0.1:8085 plain.example");
        for (url, ok) in [
            ("https://oauth2.googleapis.com/token", true), ("https://accounts.google.com/o/oauth2/token", true), ("https://token.example:8443/t", true), ("http://127.0.0.1:8085/token", true), ("https://plain.example/t", true),
            ("http://oauth2.googleapis.com/token", false), ("https://oauth2.googleapis.com:444/token", false), ("https://oauth2.googleapis.com.evil.example/token", false), ("https://token.example/t", false), ("http://plain.example/t", false),
            ("https://oauth2.googleapis.com@evil.example/token", false), ("https://evil.example/oauth2.googleapis.com", false), ("http://127.0.0.1:9/token", false), ("https://oauth2.googleapis.com./token", false), ("https://googleapis.com/token", false), ("token", false),
        ] {
            assert_eq!(hosts.token_endpoint(url).is_ok(), ok, "{url}");
        }
    }

    #[test]
    fn an_emulator_keeps_paths_and_may_be_named() {
        let hosts = Hosts::google().emulator("http://127.0.0.1:8085/").unwrap();
        assert_eq!(hosts.resolve("https://oauth2.googleapis.com/token"), "http://127.0.0.1:8085/token");
        assert!(hosts.token_endpoint("http://127.0.0.1:8085/token").is_ok());
        assert_eq!(Hosts::google().resolve("https://oauth2.googleapis.com/token"), "https://oauth2.googleapis.com/token");
        for origin in ["https://emulator.example", "http://127.0.0.1:1/x", "127.0.0.1:1", "http://127.0.0.1:1?x", ""] {
            assert_eq!(Hosts::google().emulator(origin).unwrap_err().code, Code::InvalidOption);
        }
    }
}
