//! What a service wants of the tokens that come to it.

use crate::credential::Terms;
use crate::error::{AuthError, Code};
use crate::text::{append, concat, contains, decimal};
use crate::url::{Url, to_show};
use alloc::string::String;

/// Whose tokens are believed, and where his keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// What tokens may say he is, with a space around each.
    names: String,
    /// Where his keys are; or, where `discovered`, where it is said where they are.
    pub(super) url: String,
    pub(super) discovered: bool,
    /// Whether his tokens speak of addresses that Google has verified, without saying so.
    pub(super) vouches: bool,
}

impl Issuer {
    /// Google, for service accounts and users: what Cloud Run, Cloud Scheduler, Pub/Sub and others call with.
    pub fn google() -> Issuer {
        // Google's tokens name it in either way (OpenID Connect's reference of Google's, "Validating an ID token").
        Issuer::fixed(" https://accounts.google.com accounts.google.com ", "https://www.googleapis.com/oauth2/v3/certs")
    }

    /// Identity-Aware Proxy, whose tokens come in the header `x-goog-iap-jwt-assertion`.
    pub fn iap() -> Issuer {
        let iap = Issuer::fixed(" https://cloud.google.com/iap ", "https://www.gstatic.com/iap/verify/public_key-jwk");
        Issuer { vouches: true, ..iap }
    }

    /// Any other, by his discovery document (OpenID Connect Discovery 1.0, section 4).
    ///
    /// ```
    /// use cloud_run_auth::verify::Issuer;
    /// assert!(Issuer::discovered("https://token.actions.githubusercontent.com").is_ok());
    /// assert!(Issuer::discovered("http://issuer.example").is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option` where it is no `https` URL, nor one of this machine, or has a query.
    pub fn discovered(issuer: &str) -> Result<Issuer, AuthError> {
        let url = trusted(issuer).filter(|url| url.query().is_none());
        let url = url.ok_or_else(|| invalid("the issuer (~) is no https URL without a query.", issuer))?;
        let base = url.without_query();
        let document = concat(&[base.strip_suffix('/').unwrap_or(base), "/.well-known/openid-configuration"]);
        Ok(Issuer { names: concat(&[" ", issuer, " "]), url: document, discovered: true, vouches: false })
    }

    /// As that, whose keys are known to be there.
    ///
    /// # Errors
    /// `invalid_option` where it is no `https` URL, nor one of this machine.
    pub fn keys_at(self, url: &str) -> Result<Issuer, AuthError> {
        let href =
            trusted(url).ok_or_else(|| invalid("the URL of the issuer's keys (~) is no https URL.", url))?.href();
        Ok(Issuer { url: href, discovered: false, ..self })
    }

    /// As that, with Google's own endpoints at this origin, each at its path. Loopback only; another issuer stays where he is.
    ///
    /// # Errors
    /// `invalid_option` where it is not the origin of a loopback host.
    pub fn emulator(self, origin: &str) -> Result<Issuer, AuthError> {
        let terms = Terms::default().emulator(origin)?;
        let at = |path| concat(&[terms.facts().get("emulator"), path]);
        if self == Issuer::google() {
            return Ok(Issuer { url: at("/oauth2/v3/certs"), ..self });
        }
        if self == Issuer::iap() {
            return Ok(Issuer { url: at("/iap/verify/public_key-jwk"), ..self });
        }
        Ok(self)
    }

    fn fixed(names: &str, url: &str) -> Issuer {
        Issuer { names: names.into(), url: url.into(), discovered: false, vouches: false }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        among(&self.names, name)
    }
}

/// What has to hold of a token, once its signature does. Nothing is allowed that is not said here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    pub(super) issuer: Issuer,
    /// Each of these has a space around each word; empty where it does not matter.
    pub(super) audiences: String,
    pub(super) emails: String,
    pub(super) domains: String,
    pub(super) parties: String,
    pub(super) leeway_s: u64,
    pub(super) longest_s: u64,
}

impl Verifier {
    /// Tokens of that issuer for one of these audiences, with spaces between them. Default: clocks may be 10 s apart, and a token may
    /// live for a day.
    ///
    /// ```
    /// use cloud_run_auth::verify::{Issuer, Verifier};
    /// let verifier = Verifier::new(Issuer::google(), "https://svc.example").unwrap()
    ///     .emails("caller@project.iam.gserviceaccount.com").unwrap();
    /// assert!(Verifier::new(Issuer::google(), "").is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_audience` where there is none, or one has characters that it cannot have.
    pub fn new(issuer: Issuer, audiences: &str) -> Result<Verifier, AuthError> {
        let audiences = words(audiences).ok_or_else(|| {
            AuthError::plain(
                Code::InvalidAudience,
                "the audience is empty, or has characters that are not visible ASCII.",
            )
        })?;
        let [emails, domains, parties] = [(); 3].map(|()| String::new());
        Ok(Verifier { issuer, audiences, emails, domains, parties, leeway_s: 10, longest_s: 86_400 })
    }

    /// Only callers with one of these addresses, verified, with spaces between them.
    ///
    /// # Errors
    /// `invalid_option` where there is none, or one is not visible ASCII.
    pub fn emails(self, emails: &str) -> Result<Verifier, AuthError> {
        Ok(Verifier { emails: words(emails).ok_or_else(|| unfit("email"))?, ..self })
    }

    /// Only users of one of these Workspace domains (`hd`), with spaces between them; `*` is any.
    ///
    /// # Errors
    /// `invalid_option` where there is none, or one is not visible ASCII.
    pub fn domains(self, domains: &str) -> Result<Verifier, AuthError> {
        Ok(Verifier { domains: words(domains).ok_or_else(|| unfit("hd"))?, ..self })
    }

    /// Only tokens that one of these clients asked for (`azp`), with spaces between them.
    ///
    /// # Errors
    /// `invalid_option` where there is none, or one is not visible ASCII.
    pub fn parties(self, parties: &str) -> Result<Verifier, AuthError> {
        Ok(Verifier { parties: words(parties).ok_or_else(|| unfit("azp"))?, ..self })
    }

    /// How far clocks may be apart, at most 30 s, and how long a token may live from its begin to its end, at most a day; in seconds.
    ///
    /// # Errors
    /// `invalid_option` where it is more.
    pub fn times(self, leeway_s: u64, longest_s: u64) -> Result<Verifier, AuthError> {
        if leeway_s > 30 || longest_s > 86_400 || longest_s == 0 {
            return Err(unfit("clockTolerance (at most 30 s) or maxTokenAge (at most a day)"));
        }
        Ok(Verifier { leeway_s, longest_s, ..self })
    }

    /// All of it, to tell it from another one.
    pub(super) fn fingerprint(&self) -> String {
        let mut out = concat(&[&decimal(self.leeway_s), " ", &decimal(self.longest_s)]);
        for part in [&self.issuer.names, &self.issuer.url, &self.audiences, &self.emails, &self.domains, &self.parties]
        {
            append(&mut out, &["\0", part]);
        }
        out
    }
}

/// A URL that keys may come from.
pub(super) fn trusted(url: &str) -> Option<Url> {
    Url::parse(url).ok().filter(|url| url.is_https() || url.is_loopback())
}

/// Words with a space around each, if there are some and all are visible ASCII.
fn words(text: &str) -> Option<String> {
    let mut out = String::from(" ");
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !word.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        append(&mut out, &[word, " "]);
    }
    (out.len() > 1).then_some(out)
}

/// Whether a text is one of the words. One with a space in it is two, and none.
pub(super) fn among(words: &str, text: &str) -> bool {
    !text.is_empty() && !contains(text, " ") && contains(words, &concat(&[" ", text, " "]))
}

fn unfit(name: &str) -> AuthError {
    AuthError::about(Code::InvalidOption, "the option $ cannot be that.", "", name)
}

fn invalid(message: &str, url: &str) -> AuthError {
    AuthError::about(Code::InvalidOption, message, to_show(url), "")
}
