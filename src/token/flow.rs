//! One token for one credential, without cache and company: for Rust programs that drive the core themselves.

use super::{Action, Context, Event, Exchange, Notes};
use crate::config::Limits;
use crate::credential::Credential;
use crate::grant::Target;
use crate::secret::{Secret, SecretId, Vault};
use crate::time::Now;

/// A credential and the exchange that gets a token for it.
///
/// ```
/// use cloud_run_auth::credential::Credential;
/// use cloud_run_auth::grant::{Audience, Target};
/// use cloud_run_auth::time::Now;
/// use cloud_run_auth::token::{Action, Event, Flow};
///
/// let audience = Audience::parse("https://svc.example").unwrap();
/// let mut flow = Flow::new(Credential::function(1), Target::id_token(audience));
/// let now = Now::new(0, 0);
/// assert!(matches!(flow.step(Event::Begun, now), Action::Call { .. }));
/// let event = Event::Granted { token: String::from("opaque").into(), expires_at_ms: None };
/// let Action::Done(Ok(outcome)) = flow.step(event, now) else { panic!() };
/// assert_eq!(flow.take(outcome.token).unwrap().expose_text(), "opaque");
/// ```
#[derive(Debug)]
pub struct Flow {
    credential: Credential,
    target: Target,
    limits: Limits,
    exchange: Exchange,
    notes: Notes,
    vault: Vault,
}

impl Flow {
    /// A flow that has not begun: the first event is [`Event::Begun`].
    pub fn new(credential: Credential, target: Target) -> Flow {
        Flow::with(credential, target, Limits::default())
    }

    /// A flow with its own limits.
    pub fn with(credential: Credential, target: Target, limits: Limits) -> Flow {
        Flow { credential, target, limits, exchange: Exchange::default(), notes: Notes::default(), vault: Vault::new() }
    }

    /// Takes what happened, and says what to do next.
    pub fn step(&mut self, event: Event, now: Now) -> Action {
        let Flow { credential, target, limits, exchange, notes, vault } = self;
        let timeout_ms = limits.exchange_timeout_ms;
        exchange.step(Context { credential, notes, target, limits, timeout_ms }, event, vault, now)
    }

    /// A secret that an action names: a request's body.
    pub fn secret(&self, id: SecretId) -> Option<&Secret> {
        self.vault.get(id)
    }

    /// Takes a secret that an outcome names: the token.
    pub fn take(&mut self, id: SecretId) -> Option<Secret> {
        self.vault.take(id)
    }

    /// The private key for [`Action::Sign`], as PKCS #8 DER.
    pub fn private_key(&self) -> Option<&Secret> {
        self.credential.private_key()
    }
}
