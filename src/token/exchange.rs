//! The machine that gets one token for one credential. Each credential type is a path through its states.

use super::{Action, Event, Outcome};
use crate::config::Limits;
use crate::credential::{Credential, Hosts, Identity, ServiceAccount};
use crate::error::{AuthError, Code, shown};
use crate::grant::{Target, assertion, jwt_life_ms, read, token_request};
use crate::jose::{Algorithm, Claims};
use crate::secret::Secret;
use crate::text::{before, cut};
use crate::time::Now;
use alloc::string::String;

/// One exchange under way. It holds no secret, so it can be cloned, compared and hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exchange {
    state: State,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum State {
    #[default]
    Idle,
    Signing(String),
    Sending(String),
    Calling,
    Ended,
}

/// What an exchange works with. It stays the same from its first step to its last.
#[derive(Debug)]
pub struct Context<'a> {
    /// Who asks. What the exchange needs to keep secret lies in its vault.
    pub credential: &'a mut Credential,
    /// What is asked for.
    pub target: &'a Target,
    /// Where Google's endpoints are.
    pub hosts: &'a Hosts,
    /// How long things may take.
    pub limits: &'a Limits,
}

impl Exchange {
    /// Takes what happened, first [`Event::Begun`], and says what to do next. An event that does not fit ends the exchange.
    pub fn step(&mut self, context: Context<'_>, event: Event, now: Now) -> Action {
        let state = core::mem::replace(&mut self.state, State::Ended);
        let Context { credential, target, hosts, limits } = context;
        let Credential { identity, vault, .. } = credential;
        let result = match (state, event, &*identity) {
            (State::Idle, Event::Begun, Identity::ServiceAccount(account)) => {
                // Built for each exchange, so that its times are never old.
                let input = assertion(account, target, now, limits.assertion_lifetime_s);
                self.state = State::Signing(input.clone());
                return Action::Sign { algorithm: Algorithm::Rs256, input };
            }
            (State::Signing(input), Event::Signed(signature), Identity::ServiceAccount(account)) => {
                let url = hosts.resolve(&account.token_uri);
                self.state = State::Sending(url.clone());
                return Action::Send(token_request(vault, url, &input, &signature, limits.exchange_timeout_ms));
            }
            (State::Sending(_), Event::Answered(answer), Identity::ServiceAccount(ServiceAccount { client_email, .. })) => {
                read(&answer, target, client_email, now).map(|granted| (granted.token, granted.life_ms))
            }
            (State::Idle, Event::Begun, Identity::Function(function)) => {
                self.state = State::Calling;
                return Action::Call { function: *function, target: target.clone() };
            }
            (State::Calling, Event::Granted { token, expires_at_ms }, _) => called(token, expires_at_ms, now),
            (State::Signing(_), Event::Failed(why), _) => Err(AuthError::new(Code::SigningFailed, &["the assertion could not be signed: ", &shown(&why), ". Look at the credential's private_key."])),
            (State::Sending(url), Event::Failed(why), _) => {
                let host = before(cut(&url, "://").unwrap_or_default().1, "/");
                Err(AuthError::transient(Code::ExchangeUnavailable, &["the token endpoint (", host, ") could not be reached: ", &shown(&why), ". Try again later."]))
            }
            (State::Calling, Event::Failed(why), _) => Err(function_failed(&shown(&why))),
            _ => Err(AuthError::new(Code::CoreFailed, &["the driver told what it was not asked for."])),
        };
        Action::Done(result.map(|(token, life_ms)| Outcome { token: vault.keep(token), life_ms }))
    }
}

/// A token with an expiry is kept until then, a JWT until its `exp`, any other not at all.
fn called(token: Secret, expires_at_ms: Option<u64>, now: Now) -> Result<(Secret, u64), AuthError> {
    let text = token.expose();
    if text.is_empty() || !text.iter().all(u8::is_ascii_graphic) {
        return Err(function_failed("it returned no token, or one that no header can hold"));
    }
    let life_ms = match expires_at_ms {
        Some(expires_at_ms) => Some(expires_at_ms.saturating_sub(now.wall_ms)),
        None => Claims::read(text).and_then(|claims| jwt_life_ms(&claims, None, now)),
    };
    if life_ms == Some(0) {
        return Err(function_failed("it returned a token that has expired already"));
    }
    Ok((token, life_ms.unwrap_or_default()))
}

fn function_failed(why: &str) -> AuthError {
    AuthError::new(Code::CredentialFunctionFailed, &["the credential function failed: ", why, "."])
}
