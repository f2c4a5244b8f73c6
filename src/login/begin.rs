//! Where a login begins: the URL that a browser is sent to, and what it keeps until it comes back.

use super::application::{Login, invalid};
use super::cookies::{Jar, Pairs};
use super::flow::{Flow, KEPT_S, NAME};
use super::local::local;
use crate::error::AuthError;
use crate::json::Text;
use crate::template::fill;
use crate::text::{concat, contains};
use crate::time::Now;
use alloc::string::String;
use alloc::vec::Vec;

/// What one login is to be like. What is left empty goes without saying.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// Where the browser goes afterwards: a path of the application's. Default: `/`.
    pub return_to: &'a str,
    /// Whether a path that might lead elsewhere is an error; or else it counts as none.
    pub strict: bool,
    /// Scopes beside those of the application, with spaces between them.
    pub scopes: &'a str,
    /// Which account the provider is to offer: an email or a `sub`.
    pub login_hint: &'a str,
    /// The domain that the account has to be of (Google's `hd`); `*` for any that is an organisation's.
    pub hd: &'a str,
    /// `none`, `login`, `consent` or `select_account`, with spaces between them (OpenID Connect Core 1.0, section 3.1.2.1).
    pub prompt: &'a str,
    /// The `sub` of the user who has to be the one that logs in.
    pub subject: &'a str,
    /// The browser's `Cookie` header.
    pub cookies: &'a str,
}

/// A login that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser is to go.
    pub url: Text,
    /// What belongs to the login, signed: for whoever keeps it elsewhere than in a cookie.
    pub flow: Text,
    /// What the browser is told to keep, one `Set-Cookie` a line.
    pub cookies: Text,
}

/// Browsers keep no cookie that is longer (RFC 6265, section 6.1), with its name and attributes.
const LONGEST_FLOW: usize = 3800;
/// How many logins of one browser may be under way: the headers of requests are limited, too.
const MOST_FLOWS: usize = 6;

impl Login {
    /// Begins a login. `state` is random, 256 bits in base64url.
    ///
    /// ```
    /// # use cloud_run_auth::{credential::Terms, login::{Asked, Login}, time::Now};
    /// # let login = Login::new("app.apps.example", "secret", "https://app.example/callback", &Terms::google()).unwrap();
    /// let begun = login.begin(&Asked::default(), &"s".repeat(43), Now::new(1_800_000_000_000, 0)).unwrap();
    /// assert!(begun.url.starts_with("https://accounts.google.com/o/oauth2/v2/auth?"));
    /// ```
    ///
    /// # Errors
    /// `invalid_option` where something that was asked for is not what it has to be.
    pub fn begin(&self, asked: &Asked<'_>, state: &str, now: Now) -> Result<Begun, AuthError> {
        for (name, text) in [
            ("loginHint", asked.login_hint),
            ("hd", asked.hd),
            ("prompt", asked.prompt),
            ("subject", asked.subject),
            ("scopes", asked.scopes),
        ] {
            if text.len() > 1024 || !text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
                return Err(invalid("the option $ is not visible ASCII text of at most 1024 characters.", name));
            }
        }
        let return_to = match local(asked.return_to, self.origin()) {
            Some(path) => path,
            None if asked.return_to.is_empty() || !asked.strict => Text::from(String::from("/")),
            None => {
                return Err(invalid(
                    "the option $ is no path on the redirect URI's origin, as /items?page=2.",
                    "returnTo",
                ));
            }
        };
        let scopes = both(self.wanted(), asked.scopes);
        let flow = Flow {
            state: Text::from(String::from(state)),
            began_s: now.wall_s(),
            return_to,
            scopes,
            subject: Text::from(String::from(asked.subject)),
            hd: Text::from(String::from(asked.hd)),
            again: false,
            key: self.key(),
        };
        let mut begun = self.begun(&flow, asked)?;
        let mut jar = Jar(core::mem::take(&mut begun.cookies));
        let stem = self.cookie_name(NAME);
        let mut others = Vec::new();
        let mut pairs = Pairs(asked.cookies);
        while let Some((name, text)) = pairs.next() {
            if !name.as_bytes().starts_with(stem.as_bytes()) {
                continue;
            }
            if Flow::read(text, self).is_some_and(|flow| !flow.is_over(now)) {
                others.push(name);
            } else {
                jar.set(self, name, "", 0);
            }
        }
        // Of logins that nobody came back from, the oldest go: browsers name those first (RFC 6265, section 5.4).
        let surplus = others.len().saturating_add(1).saturating_sub(MOST_FLOWS);
        for name in others.iter().take(surplus) {
            jar.set(self, name, "", 0);
        }
        begun.cookies = jar.0;
        Ok(begun)
    }

    /// The same for a flow that is made already.
    pub(super) fn begun(&self, flow: &Flow, asked: &Asked<'_>) -> Result<Begun, AuthError> {
        let mut facts = self.facts.clone();
        let (nonce, challenge) = (flow.nonce(), flow.challenge());
        let endpoint = self.endpoint("authorization_endpoint");
        for (name, text) in [
            ("scopes", flow.scopes.as_str()),
            ("state", &flow.state),
            ("nonce", &nonce),
            ("challenge", &challenge),
            ("login_hint", asked.login_hint),
            ("hd", asked.hd),
            ("prompt", asked.prompt),
            ("offline", if self.is_google() && self.is_offline() { "offline" } else { "" }),
            // Incremental authorization: what was granted before counts along.
            ("included", if self.is_google() { "true" } else { "" }),
            ("endpoint", &endpoint),
            ("begin", if contains(&endpoint, "?") { "&response_type=code" } else { "?response_type=code" }),
        ] {
            facts.put(name, text);
        }
        let url = fill(
            "$endpoint$begin&client_id=*client_id&redirect_uri=*redirect_uri&scope=*scopes&state=*state&nonce=*nonce&code_challenge=*challenge&code_challenge_method=S256`&access_type=*offline``&include_granted_scopes=*included``&login_hint=*login_hint``&hd=*hd``&prompt=*prompt`",
            &facts,
        );
        let written = flow.written();
        if written.len() > LONGEST_FLOW {
            return Err(invalid("the options $ together are too long for a cookie.", "returnTo and scopes"));
        }
        let mut jar = Jar::default();
        jar.set(self, &flow.cookie_name(self), &written, KEPT_S);
        Ok(Begun { url, flow: written, cookies: jar.0 })
    }
}

/// The words of both, each once; `openid` first, without which nobody says who it is.
fn both(one: &str, other: &str) -> Text {
    let mut out = Text::from(String::from("openid"));
    for word in one.split(' ').chain(other.split(' ')) {
        let known = concat(&[" ", &out, " "]);
        if !word.is_empty() && !contains(&known, &concat(&[" ", word, " "])) {
            out.push_str(" ");
            out.push_str(word);
        }
    }
    out
}
