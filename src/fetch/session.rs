//! The session: a base URL, a credential, and calls that carry its token.

use super::Call;
use super::caller::Caller;
use super::driver::{Held, acquire};
use super::headers::{QUOTA_PROJECT, carrier, merged, payer};
use super::limit::Limit;
use super::options::{Carrier, Options};
use super::place::Place;
use crate::credential::Terms;
use crate::error::AuthError;
use crate::grant::{Audience, Scopes, Target};
use crate::secret::Secret;
use crate::text::concat;
use crate::token::Mode;
use crate::url::has_scheme;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Calls one private service, with a fresh ID token in each call, or one of Google's APIs, with an access token where there are
/// [`scopes`](Options::scopes). To clone it costs nothing.
///
/// ```no_run
/// use cloud_run_auth::fetch::{Error, Options, Session};
/// # async fn run(key_file: String) -> Result<(), Error> {
/// let session = Session::new("https://svc-abc.a.run.app/api", Options::new().credential(key_file))?;
/// let response = session.get("/items?page=2").send().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Session(Rc<Config>);

/// What a session's calls have in common.
pub(super) struct Config {
    pub(super) caller: Caller,
    pub(super) target: Target,
    pub(super) headers: Vec<(String, String)>,
    pub(super) carrier: Option<Carrier>,
    pub(super) timeout: Option<u32>,
    place: Place,
}

impl Session {
    /// A session for that base URL. Nothing is sent, and no randomness is drawn.
    ///
    /// ```no_run
    /// use cloud_run_auth::fetch::{Options, Session};
    /// assert!(Session::new("http://svc.example", Options::new()).is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_base_url`, `invalid_option`, `invalid_audience`, `invalid_scope`, or what is wrong with the credential. That there
    /// is none is the first call's error, and so is that it cannot give what is asked for.
    pub fn new(base_url: &str, options: Options) -> Result<Session, AuthError> {
        let Options {
            credential,
            audience,
            scopes,
            subject,
            universe_domain,
            credential_type,
            self_signed,
            no_user_id_tokens,
            store,
            quota_project,
            timeout,
            retry,
            user_agent,
            headers: own,
            carrier,
            allowed_hosts,
            emulator,
            insecure,
        } = options.checked()?;
        let place = Place::find(base_url, insecure)?;
        let target = match scopes {
            Some(scopes) => Target::access_token(Scopes::parse(&scopes)?),
            None => Target::id_token(Audience::parse(&audience.unwrap_or_else(|| place.audience()))?),
        };
        let mut terms = Terms::google().allow(&allowed_hosts);
        if let Some(origin) = &emulator {
            terms = terms.emulator(origin)?;
        }
        for (name, value) in [
            ("subject", subject.as_deref()),
            ("universeDomain", universe_domain.as_deref()),
            ("credentialType", credential_type.as_deref()),
            ("selfSigned", self_signed.then_some("true")),
            ("userIdTokens", no_user_id_tokens.then_some("false")),
        ] {
            terms = terms.with(name, value.unwrap_or_default())?;
        }
        let mut headers = Vec::new();
        headers.extend(user_agent.map(|agent| ("user-agent".into(), agent)));
        headers.extend(quota_project.map(|project| (QUOTA_PROJECT.into(), project)));
        headers.extend(own);
        merged(&headers, carrier)?;
        let caller = Caller::new(credential, terms, store, retry)?;
        Ok(Session(Rc::new(Config { caller, target, headers, carrier, timeout: timeout.0, place })))
    }

    /// A GET of a path below the base URL: `"/x"` and `"x"` mean the same, `""` is the base itself.
    ///
    /// That the path leaves the base is the error of [`Call::send`]; so it is with the other methods.
    pub fn get(&self, path: &str) -> Call {
        self.below("GET", path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> Call {
        self.below("POST", path)
    }

    /// A PUT.
    pub fn put(&self, path: &str) -> Call {
        self.below("PUT", path)
    }

    /// A PATCH.
    pub fn patch(&self, path: &str) -> Call {
        self.below("PATCH", path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.below("DELETE", path)
    }

    /// A HEAD.
    pub fn head(&self, path: &str) -> Call {
        self.below("HEAD", path)
    }

    /// A call of an absolute URL that lies on the origin and below the path of the base, or of a path as in the other
    /// methods. A GET until [`Call::method`] says otherwise.
    ///
    /// ```no_run
    /// # async fn run(session: cloud_run_auth::fetch::Session, next: &str) -> Result<(), cloud_run_auth::fetch::Error> {
    /// let page = session.fetch(next).send().await?;
    /// # Ok(()) }
    /// ```
    pub fn fetch(&self, url: &str) -> Call {
        if has_scheme(url) { Call::new(&self.0, "GET", self.0.place.within(url)) } else { self.get(url) }
    }

    /// An ID token for the session's audience; with [`scopes`](Options::scopes), for the one that it would have without.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn id_token(&self) -> Result<Secret, AuthError> {
        self.token(&self.audience()?, Mode::Usual).await
    }

    /// An ID token for another audience.
    ///
    /// # Errors
    /// `invalid_audience`, or why there is none.
    pub async fn id_token_for(&self, audience: &str) -> Result<Secret, AuthError> {
        self.token(&Target::id_token(Audience::parse(audience)?), Mode::Usual).await
    }

    /// An ID token for the session's audience that was not had before: for when a server would not have the last one.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn new_id_token(&self) -> Result<Secret, AuthError> {
        self.token(&self.audience()?, Mode::Forced).await
    }

    /// An access token for Google's APIs.
    ///
    /// ```no_run
    /// # async fn run(session: cloud_run_auth::fetch::Session) -> Result<(), cloud_run_auth::error::AuthError> {
    /// let token = session.access_token(&["https://www.googleapis.com/auth/cloud-platform"]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `invalid_scope`, or why there is none.
    pub async fn access_token(&self, scopes: &[&str]) -> Result<Secret, AuthError> {
        self.token(&Target::access_token(Scopes::parse(&scopes.join(" "))?), Mode::Usual).await
    }

    /// An access token for Google's APIs that was not had before.
    ///
    /// # Errors
    /// `invalid_scope`, or why there is none.
    pub async fn new_access_token(&self, scopes: &[&str]) -> Result<Secret, AuthError> {
        self.token(&Target::access_token(Scopes::parse(&scopes.join(" "))?), Mode::Forced).await
    }

    /// The headers that authorize a call, for another client to send: the session's kind of token, and the project that pays, if
    /// there is one; names and values.
    ///
    /// ```no_run
    /// # async fn run(session: cloud_run_auth::fetch::Session) -> Result<(), cloud_run_auth::error::AuthError> {
    /// for (name, value) in session.authorization_headers().await? {
    ///     assert!(!name.is_empty() && !value.expose().is_empty());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Why there is no token.
    pub async fn authorization_headers(&self) -> Result<Vec<(&'static str, Secret)>, AuthError> {
        let config = &self.0;
        let set = merged(&config.headers, config.carrier)?;
        let held = self.held(&config.target, Mode::Usual).await?;
        let bearer = Secret::from(concat(&["Bearer ", held.token.expose_text()]));
        let mut headers = alloc::vec![(carrier(&set, config.carrier).name(), bearer)];
        headers.extend(payer(&set, &config.target, &held).map(|project| (QUOTA_PROJECT, project.into())));
        Ok(headers)
    }

    fn below(&self, method: &str, path: &str) -> Call {
        Call::new(&self.0, method, self.0.place.below(path))
    }

    fn audience(&self) -> Result<Target, AuthError> {
        if self.0.target.is_access() {
            return Ok(Target::id_token(Audience::parse(&self.0.place.audience())?));
        }
        Ok(self.0.target.clone())
    }

    async fn token(&self, target: &Target, mode: Mode) -> Result<Secret, AuthError> {
        self.held(target, mode).await.map(|held| held.token)
    }

    async fn held(&self, target: &Target, mode: Mode) -> Result<Held, AuthError> {
        let limit = Limit::start(self.0.timeout)?;
        let held = acquire(&self.0.caller, target, mode, &limit).await?;
        limit.met();
        Ok(held)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be secrets, as the credential is.
        f.debug_struct("Session").field("place", &self.0.place).field("target", &self.0.target).finish_non_exhaustive()
    }
}
