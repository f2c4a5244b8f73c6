//! What callers may set.

use crate::config::Retry;
use crate::error::{AuthError, Code};
use crate::secret::Secret;
use crate::text::concat;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

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
    /// With spaces between them.
    pub(super) scopes: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) universe_domain: Option<String>,
    pub(super) credential_type: Option<String>,
    pub(super) self_signed: bool,
    pub(super) no_user_id_tokens: bool,
    pub(super) store: Option<Store>,
    pub(super) quota_project: Option<String>,
    pub(super) timeout: Timeout,
    pub(super) retry: Retry,
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

/// What stores a refresh token; where it could not, it says why.
pub(super) type Store = Rc<dyn Fn(Secret) -> Pin<Box<dyn Future<Output = Result<(), String>>>>>;

/// Milliseconds, where there is a limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeout(pub(super) Option<u32>);

impl Options {
    /// Nothing set.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// Who calls: the content of a credential file, of any type of Application Default Credentials that needs neither a file nor a
    /// program, as the [module](super) says; or `{"type": "metadata_server"}`, which may name a `service_account`.
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

    /// Access tokens for these scopes in place of ID tokens, as Google's APIs want them. Not beside
    /// [`audience`](Options::audience). The tokens of a user have the scopes that the user granted.
    ///
    /// ```no_run
    /// use cloud_run_auth::fetch::{Options, Session};
    /// # fn run(file: &str) -> Result<(), cloud_run_auth::error::AuthError> {
    /// let options = Options::new().credential(file).scopes(["https://www.googleapis.com/auth/devstorage.read_only"]);
    /// let storage = Session::new("https://storage.googleapis.com/storage/v1", options)?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Options {
        let mut all = String::new();
        for scope in scopes {
            all = concat(&[&all, " ", scope.as_ref()]);
        }
        self.scopes = Some(all);
        self
    }

    /// The user for whom a service account calls, by domain-wide delegation: for access tokens of a service account's own key.
    #[must_use]
    pub fn subject(mut self, user: impl Into<String>) -> Options {
        self.subject = Some(user.into());
        self
    }

    /// The universe in which the credential lives; one that says another is refused. Default: `googleapis.com`.
    #[must_use]
    pub fn universe_domain(mut self, domain: impl Into<String>) -> Options {
        self.universe_domain = Some(domain.into());
        self
    }

    /// The one type that the credential may be of, where its file comes from somebody else. Default: any.
    #[must_use]
    pub fn credential_type(mut self, name: impl Into<String>) -> Options {
        self.credential_type = Some(name.into());
        self
    }

    /// A service account's access tokens are JWTs that it signs itself, without an exchange (AIP-4111).
    #[must_use]
    pub fn self_signed(mut self) -> Options {
        self.self_signed = true;
        self
    }

    /// Whether a user's ID tokens will do. They are for an OAuth client and not for the audience; Cloud Run accepts those of
    /// gcloud's own client, other receivers do not. Default: true.
    #[must_use]
    pub fn user_id_tokens(mut self, will_do: bool) -> Options {
        self.no_user_id_tokens = !will_do;
        self
    }

    /// What stores a refresh token that came in place of the credential's own (RFC 6749, section 6).
    ///
    /// It has to be stored, and put into the file that the next instance is handed: the one before may be void from then on. This
    /// instance goes on with the new one by itself. The call that it came with waits, and fails with
    /// `credential_function_failed` where this does; then the next call is told the same token. So is each session that was made of
    /// the same file, and whoever asks while the first is still at it: to store it twice must do no harm.
    ///
    /// ```no_run
    /// use cloud_run_auth::{fetch::Options, secret::Secret};
    /// # async fn put(name: &str, text: &str) -> Result<(), String> { Ok(()) }
    /// # fn run(file: &str) {
    /// let options = Options::new().credential(file).on_refresh_token(|token: Secret| async move {
    ///     put("refresh-token", token.expose_text()).await
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn on_refresh_token<F, R, E>(mut self, store: F) -> Options
    where
        F: Fn(Secret) -> R + 'static,
        R: Future<Output = Result<(), E>> + 'static,
        E: fmt::Display,
    {
        self.store = Some(Rc::new(move |token| {
            let stored = store(token);
            Box::pin(async move { stored.await.map_err(|why| why.to_string()) })
        }));
        self
    }

    /// The project that pays, sent as `x-goog-user-project`. Default: where there are [`scopes`](Options::scopes), the one that the
    /// credential's file names.
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

    /// How often, and after how long, what failed is tried again: the exchange for a token where it may pass, and a call that got no
    /// answer or one with status 408, 429, 500, 502, 503 or 504, if its body can be sent again, and its method is one that does
    /// twice what it does once (GET, HEAD, OPTIONS, PUT, DELETE) or it [says so](super::Call::idempotent). `Retry-After`
    /// is heeded, and the timeout. Default: [`Retry::USUAL`]; [`Retry::OFF`] turns it off.
    ///
    /// ```no_run
    /// use cloud_run_auth::{config::Retry, fetch::Options};
    /// let options = Options::new().retry(Retry { attempts: 5, ..Retry::USUAL });
    /// ```
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Options {
        self.retry = retry;
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
        for (name, value) in [
            ("audience", &self.audience),
            ("subject", &self.subject),
            ("universeDomain", &self.universe_domain),
            ("credentialType", &self.credential_type),
            ("quotaProject", &self.quota_project),
            ("userAgent", &self.user_agent),
        ] {
            if !value.as_deref().is_none_or(is_visible) {
                return Err(wrong(name, VISIBLE));
            }
        }
        if self.audience.is_some() && self.scopes.is_some() {
            return Err(AuthError::plain(
                Code::InvalidOption,
                "give audience for ID tokens or scopes for access tokens, not both.",
            ));
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
            .field("scopes", &self.scopes)
            .field("timeout", &self.timeout.0)
            .finish_non_exhaustive()
    }
}

pub(super) const DURATION: &str = "a number of milliseconds above 0, or false";
pub(super) const HOSTS: &str = "an array of hosts, such as [\"sts.example.com:8443\"]";
pub(super) const VISIBLE: &str = "a text of visible ASCII characters";

/// An option that is not what it can be. No value is shown: it may be a secret.
pub(super) fn wrong(name: &str, expected: &str) -> AuthError {
    let code = match name {
        "audience" => Code::InvalidAudience,
        "scopes" => Code::InvalidScope,
        _ => Code::InvalidOption,
    };
    AuthError::new(code, &["the option ", name, " is not what it can be: ", expected, "."])
}

/// Whether a timer can run that long: hosts take a longer one for one that is over.
pub(super) fn is_duration(ms: u32) -> bool {
    (1..=i32::MAX as u32).contains(&ms)
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !matches!(text.as_bytes(), [] | [b' ', ..] | [.., b' '])
}
