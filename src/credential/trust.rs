//! Where a credential file may send us. A file can come from anywhere; the hosts that it names are
//! believed only where they are Google's own or the caller's.

use crate::error::{AuthError, Code, concat, shown};
use crate::url::Url;
use alloc::string::String;
use alloc::vec::Vec;

/// Where Google's token endpoint has been, over the years that key files live.
const TOKEN_HOSTS: [&str; 4] = ["oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com", "oauth2.mtls.googleapis.com"];

/// The hosts that a credential file may name beyond Google's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trust {
    hosts: Vec<String>,
}

impl Trust {
    /// Hosts, each with its port where that is not 443.
    ///
    /// ```
    /// use cloud_run_auth::credential::Trust;
    /// let trust = Trust::hosts(["token.internal.example:8443"]);
    /// ```
    pub fn hosts<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Trust {
        Trust { hosts: hosts.into_iter().map(str::to_ascii_lowercase).collect() }
    }

    /// The hosts in one text, for keys.
    pub(crate) fn joined(&self) -> String {
        self.hosts.join(" ")
    }

    /// The URL of a token endpoint that a file names, if it may be used.
    pub(crate) fn token_endpoint(&self, field: &str, text: &str) -> Result<String, AuthError> {
        let refuse = |code, why: &[&str]| AuthError::new(code, concat(&["the credential's ", field, " ", &concat(why)]));
        let url = Url::parse(text).map_err(|why| refuse(Code::InvalidCredential, &["(", &shown(text), ") ", why, "."]))?;
        let host = url.host_and_port();
        let google = url.is_https() && TOKEN_HOSTS.contains(&host.as_str());
        let named = self.hosts.contains(&host) && (url.is_https() || url.is_loopback());
        if !google && !named {
            return Err(refuse(Code::UntrustedHost, &["names the host ", &host, ", which is not Google's. If it is to be trusted, name it in allowedHosts; plain http is for loopback alone."]));
        }
        Ok(url.href())
    }
}

/// Where requests to Google go instead, for an emulator or a proxy of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Endpoints {
    emulator: Option<Url>,
}

impl Endpoints {
    /// Everything goes to this origin, each endpoint at its own path. Loopback only.
    ///
    /// ```
    /// use cloud_run_auth::credential::Endpoints;
    /// assert!(Endpoints::emulator("http://127.0.0.1:8085").is_ok());
    /// assert!(Endpoints::emulator("http://10.0.0.1:8085").is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option` where it is not the origin of a loopback host.
    pub fn emulator(origin: &str) -> Result<Endpoints, AuthError> {
        let refuse = |why: &str| AuthError::new(Code::InvalidOption, concat(&["the emulator's address (", &shown(origin), ") ", why, ". Give its origin, such as http://127.0.0.1:8085."]));
        let url = Url::parse(origin).map_err(refuse)?;
        if !url.is_loopback() {
            return Err(refuse("is not on this machine; an emulator's is loopback only"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(refuse("has a path"));
        }
        Ok(Endpoints { emulator: Some(url) })
    }

    /// The trust that comes with them: an emulator may be named by credential files.
    pub fn widen(&self, trust: &Trust) -> Trust {
        let own = self.emulator.as_ref().map(Url::host_and_port);
        Trust { hosts: trust.hosts.iter().cloned().chain(own).collect() }
    }

    /// Where a request for that URL of Google's goes.
    pub(crate) fn resolve(&self, url: &str) -> String {
        match (&self.emulator, Url::parse(url)) {
            (Some(emulator), Ok(url)) => concat(&[&emulator.origin(), url.path()]),
            _ => url.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_googles_and_named_hosts_are_believed() {
        let trust = Trust::hosts(["Token.Example:8443", "127.0.0.1:8085", "plain.example"]);
        for (url, ok) in [
            ("https://oauth2.googleapis.com/token", true), ("https://accounts.google.com/o/oauth2/token", true), ("https://token.example:8443/t", true), ("http://127.0.0.1:8085/token", true),
            ("http://oauth2.googleapis.com/token", false), ("https://oauth2.googleapis.com:444/token", false), ("https://oauth2.googleapis.com.evil.example/token", false), ("https://token.example/t", false), ("http://plain.example/t", false),
            ("https://oauth2.googleapis.com@evil.example/token", false), ("https://evil.example/oauth2.googleapis.com", false), ("http://127.0.0.1:9/token", false), ("https://oauth2.googleapis.com./token", false),
        ] {
            assert_eq!(trust.token_endpoint("token_uri", url).is_ok(), ok, "{url}");
        }
    }

    #[test]
    fn an_emulator_keeps_paths_and_is_trusted() {
        let endpoints = Endpoints::emulator("http://127.0.0.1:8085/").unwrap();
        assert_eq!(endpoints.resolve("https://oauth2.googleapis.com/token"), "http://127.0.0.1:8085/token");
        assert!(endpoints.widen(&Trust::default()).token_endpoint("token_uri", "http://127.0.0.1:8085/token").is_ok());
        assert_eq!(Endpoints::default().resolve("https://oauth2.googleapis.com/token"), "https://oauth2.googleapis.com/token");
        for origin in ["https://emulator.example", "http://127.0.0.1:1/x", "127.0.0.1:1", "http://127.0.0.1:1?x"] {
            assert_eq!(Endpoints::emulator(origin).unwrap_err().code, Code::InvalidOption);
        }
    }
}
