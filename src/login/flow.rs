//! What belongs to a login under way: it lies in the browser, signed, until the browser comes back.

use super::application::Login;
use crate::credential::sha256;
use crate::facts::Facts;
use crate::grant::hmac;
use crate::jose::base64::{decode_url, encode_url};
use crate::json::{Json, Text};
use crate::template::fill;
use crate::text::{concat, cut, decimal, part};
use crate::time::Now;
use alloc::string::String;

/// How long a login may take, in seconds (RFC 9700, section 4.7).
pub(super) const KEPT_S: u64 = 600;
/// What the names of its cookies begin with.
pub(super) const NAME: &str = "login-";

/// A login under way. Nothing of it is secret: what is, is derived from its state by the key.
pub(super) struct Flow {
    /// 256 bits, in base64url.
    pub(super) state: Text,
    pub(super) began_s: u64,
    pub(super) return_to: Text,
    pub(super) scopes: Text,
    /// Who has to log in; empty: anybody.
    pub(super) subject: Text,
    pub(super) hd: Text,
    /// Whether the user was sent back once to consent.
    pub(super) again: bool,
    pub(super) key: [u8; 32],
}

impl Flow {
    /// As a text that a cookie can hold.
    pub(super) fn written(&self) -> Text {
        let mut facts = Facts::default();
        for (name, text) in [
            ("state", self.state.as_str()),
            ("at", &decimal(self.began_s)),
            ("to", &self.return_to),
            ("scopes", &self.scopes),
            ("subject", &self.subject),
            ("hd", &self.hd),
            ("again", if self.again { "1" } else { "" }),
        ] {
            facts.put(name, text);
        }
        let json = fill(
            r#"{"state":"~state","at":$at,"to":"~to","scopes":"~scopes","subject":"~subject","hd":"~hd","again":"$again"}"#,
            &facts,
        );
        let body = encode_url(json.as_bytes());
        concat(&[&body, ".", &mac(&self.key, "flow", &body)]).into()
    }

    /// What [`written`](Flow::written) wrote, with a key that is still among the login's.
    pub(super) fn read(text: &str, login: &Login) -> Option<Flow> {
        let (body, signature) = cut(text, ".")?;
        let key = login.keys().find(|key| same(&mac(key, "flow", body), signature))?;
        let json = decode_url(body.as_bytes())?;
        let json = Json::parse(&json)?;
        let text = |name| json.text(name).unwrap_or_default();
        Some(Flow {
            state: text("state"),
            began_s: json.get("at")?.as_seconds()?,
            return_to: text("to"),
            scopes: text("scopes"),
            subject: text("subject"),
            hd: text("hd"),
            again: !text("again").is_empty(),
            key,
        })
    }

    /// Whether it took too long, or begins in the future by more than clocks of one application are apart.
    pub(super) fn is_over(&self, now: Now) -> bool {
        let now_s = now.wall_s();
        now_s > self.began_s.saturating_add(KEPT_S) || now_s.saturating_add(60) < self.began_s
    }

    /// Of this one alone, so that several tabs can be on their way at once.
    pub(super) fn cookie_name(&self, login: &Login) -> String {
        cookie_name(login, &self.state)
    }

    /// What the ID token has to repeat (OpenID Connect Core 1.0, section 15.5.2).
    pub(super) fn nonce(&self) -> String {
        mac(&self.key, "nonce", &self.state)
    }

    /// What shows to the token endpoint that the code was asked for here (RFC 7636, section 4.1).
    pub(super) fn verifier(&self) -> String {
        mac(&self.key, "verifier", &self.state)
    }

    /// Its hash, which browsers carry (RFC 7636, section 4.2).
    pub(super) fn challenge(&self) -> String {
        encode_url(&sha256(self.verifier().as_bytes()))
    }

    /// The same login once more, to ask for consent.
    pub(super) fn once_more(mut self, now: Now) -> Flow {
        self.state = mac(&self.key, "again", &self.state).into();
        self.began_s = now.wall_s();
        self.again = true;
        self
    }
}

/// The name of the cookie of a login with that state.
pub(super) fn cookie_name(login: &Login, state: &str) -> String {
    let hash = encode_url(&sha256(state.as_bytes()));
    login.cookie_name(&concat(&[NAME, part(&hash, 0, 16)]))
}

/// A signature of a text, for one use of it alone.
pub(super) fn mac(key: &[u8; 32], of: &str, text: &str) -> String {
    encode_url(&hmac(key, concat(&[of, ":", text]).as_bytes()))
}

/// Whether both are the same, in a time that does not say how far they are.
pub(super) fn same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |differ, (one, other)| differ | (one ^ other));
    one.len() == other.len() && differ == 0
}
