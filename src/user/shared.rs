//! Whose token it is, where it is kept, and of which client.

use crate::config::Turns;
use crate::credential::Terms;
use crate::facts::Facts;

/// Whose token it is, where it is kept, and of which client. Parts of it are secret, so none is ever shown.
#[derive(Debug)]
pub struct Shared {
    pub(super) facts: Facts,
    pub(super) turns: Turns,
}

impl Shared {
    /// The token whose record has that name in the store. The record of who is leading a refresh has the same, with `.lease` behind.
    ///
    /// ```
    /// use cloud_run_auth::{credential::Terms, user::Shared};
    /// let shared = Shared::new("users/ada.json", &Terms::google()).client("app.apps.example", "secret").scopes("openid email");
    /// ```
    pub fn new(record: &str, terms: &Terms) -> Shared {
        let mut facts = terms.facts().clone();
        facts.put("record", record);
        Shared { facts, turns: Turns::default() }
    }

    /// The OAuth client that the token has to be of. Without one it is the client that the record names.
    #[must_use]
    pub fn client(mut self, id: &str, secret: &str) -> Shared {
        self.facts.put("client_id", id);
        self.facts.put("client_secret", secret);
        self
    }

    /// The client's token endpoint, where it is not Google's; its host has to be among those that the terms allow.
    #[must_use]
    pub fn token_endpoint(mut self, url: &str) -> Shared {
        self.facts.put("token_uri", url);
        self
    }

    /// The scopes that the user must have granted, with spaces between them.
    #[must_use]
    pub fn scopes(mut self, scopes: &str) -> Shared {
        self.facts.put("scopes", scopes);
        self
    }

    /// The user whose token it has to be, by the `sub` of his ID tokens.
    #[must_use]
    pub fn subject(mut self, sub: &str) -> Shared {
        self.facts.put("sub", sub);
        self
    }

    /// Whether the provider gives a new refresh token at each refresh, in place of the old one (RFC 9700, section 4.14.2). Google does
    /// not. Where it does, a refresh whose answer is lost is not sent again by the job that sent it.
    #[must_use]
    pub fn rotating(mut self, rotates: bool) -> Shared {
        self.facts.put("rotates", if rotates { "1" } else { "" });
        self
    }

    /// How jobs take turns in refreshing it, where that is not the usual way.
    #[must_use]
    pub fn turns(mut self, turns: Turns) -> Shared {
        self.turns = turns;
        self
    }

    /// What the host has written as facts.
    #[cfg(all(feature = "user", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn told(facts: Facts) -> Shared {
        Shared { facts, turns: Turns::default() }
    }
}
