//! What callers may set.

use crate::error::{AuthError, Code};
use crate::secret::Secret;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What a session is told beside its base URL. Everything has a default but the credential.
///
/// ```no_run
/// use cloud_run_auth::fetch::{Options, Session};
/// # fn run(key_file: &str) -> Result<(), cloud_run_auth::error::AuthError> {
/// let options = Options::new().credential(key_file).timeout_ms(10_000).user_agent("shop/1.0");
/// let session = Session::new("https://svc-abc.a.run.app", options)?;
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct Options {
    pub(super) credential: Option<Secret>,
    pub(super) audience: Option<String>,
    pub(super) quota_project: Option<String>,
    pub(super) timeout: Timeout,
    pub(super) user_agent: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) carrier: Option<Carrier>,
    pub(super) allowed_hosts: String,
    pub(super) emulator: Option<String>,
    pub(super) insecure: bool,
}

/// Which header takes the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `Authorization`.
    Authorization,
    /// `X-Serverless-Authorization`, which Cloud Run looks at first and does not hand on.
    XServerlessAuthorization,
}

/// Milliseconds, where there is a limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeout(pub(super) Option<u32>);

impl Options {
    /// Nothing set.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// Who calls: the content of a credential file.
    #[must_use]
    pub fn credential(mut self, json: impl Into<String>) -> Options {
        self.credential = Some(json.into().into());
        self
    }

    /// Whom the ID tokens are for. Default: the base URL as typed, without slash at its end; its origin on `*.run.app`.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Options {
        self.audience = Some(audience.into());
        self
    }

    /// The project that pays, sent as `x-goog-user-project`.
    #[must_use]
    pub fn quota_project(mut self, project: impl Into<String>) -> Options {
        self.quota_project = Some(project.into());
        self
    }

    /// How long one call may take until its headers, token exchange included. Default: 120,000.
    #[must_use]
    pub fn timeout_ms(mut self, ms: u32) -> Options {
        self.timeout = Timeout(Some(ms));
        self
    }

    /// No limit on how long a call may take, but the host's own.
    #[must_use]
    pub fn no_timeout(mut self) -> Options {
        self.timeout = Timeout(None);
        self
    }

    /// What calls are sent as, where the host lets one say so.
    #[must_use]
    pub fn user_agent(mut self, agent: impl Into<String>) -> Options {
        self.user_agent = Some(agent.into());
        self
    }

    /// A header of every call; a call's own of the same name replaces it.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Options {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Which header takes the token. Default: `Authorization`, or the other one in calls that set `Authorization` themselves.
    #[must_use]
    pub fn authorization_header(mut self, carrier: Carrier) -> Options {
        self.carrier = Some(carrier);
        self
    }

    /// One more host that the credential may name beyond Google's own, with its port where that is not 443.
    #[must_use]
    pub fn allow_host(mut self, host: &str) -> Options {
        self.allowed_hosts.push(' ');
        self.allowed_hosts.push_str(host);
        self
    }

    /// The origin of an emulator on this machine that stands in for Google, such as `http://127.0.0.1:8085`.
    #[must_use]
    pub fn emulator(mut self, origin: impl Into<String>) -> Options {
        self.emulator = Some(origin.into());
        self
    }

    /// Dangerous: lets the base URL be plain `http` to another machine, where whoever is in between can read the tokens.
    #[must_use]
    pub fn allow_insecure_requests(mut self) -> Options {
        self.insecure = true;
        self
    }

    /// What can be said of the values without a host.
    ///
    /// # Errors
    /// `invalid_option` or `invalid_audience`.
    pub(super) fn checked(self) -> Result<Options, AuthError> {
        for (name, value) in
            [("audience", &self.audience), ("quotaProject", &self.quota_project), ("userAgent", &self.user_agent)]
        {
            if !value.as_deref().is_none_or(is_visible) {
                return Err(wrong(name, VISIBLE));
            }
        }
        if !self.timeout.0.is_none_or(is_duration) {
            return Err(wrong("timeout", DURATION));
        }
        if !self
            .allowed_hosts
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b':' | b'-' | b'_' | b'[' | b']'))
        {
            return Err(wrong("allowedHosts", HOSTS));
        }
        Ok(self)
    }
}

impl Carrier {
    /// The header's name, in lower case.
    pub(super) fn name(self) -> &'static str {
        match self {
            Carrier::Authorization => "authorization",
            Carrier::XServerlessAuthorization => "x-serverless-authorization",
        }
    }
}

impl Default for Timeout {
    fn default() -> Self {
        Timeout(Some(120_000))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be secrets, as the credential is.
        f.debug_struct("Options")
            .field("audience", &self.audience)
            .field("timeout", &self.timeout.0)
            .finish_non_exhaustive()
    }
}

pub(super) const DURATION: &str = "a number of milliseconds above 0, or false";
pub(super) const HOSTS: &str = "an array of hosts, such as [\"sts.example.com:8443\"]";
pub(super) const VISIBLE: &str = "a text of visible ASCII characters";

/// An option that is not what it can be. No value is shown: it may be a secret.
pub(super) fn wrong(name: &str, expected: &str) -> AuthError {
    let code = if name == "audience" { Code::InvalidAudience } else { Code::InvalidOption };
    AuthError::new(code, &["the option ", name, " is not what it can be: ", expected, "."])
}

/// Whether a timer can run that long: hosts take a longer one for one that is over.
pub(super) fn is_duration(ms: u32) -> bool {
    (1..=i32::MAX as u32).contains(&ms)
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !matches!(text.as_bytes(), [] | [b' ', ..] | [.., b' '])
}
