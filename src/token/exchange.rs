//! The machine that gets one token for one credential. Each credential type is a path through its states.

use super::{Action, Event, Outcome};
use crate::config::Limits;
use crate::credential::{Credential, Hosts, Identity};
use crate::error::{AuthError, Code};
use crate::grant::{Granted, Target, assertion, jwt_life_ms, read, token_request};
use crate::jose::{Algorithm, Claims};
use crate::secret::Secret;
use crate::text::{before, cut};
use crate::time::Now;
use alloc::string::String;

/// One exchange under way. It holds no secret, so it can be cloned, compared and hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exchange {
    state: State,
    /// What was given away to be signed.
    input: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum State {
    #[default]
    Idle,
    Signing,
    Sending,
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
        self.next(context, &event, now).unwrap_or_else(|error| Action::Done(Err(error)))
    }

    /// As [`Exchange::step`], with errors apart.
    pub(crate) fn next(&mut self, context: Context<'_>, event: &Event, now: Now) -> Result<Action, AuthError> {
        let state = core::mem::replace(&mut self.state, State::Ended);
        let Context { credential, target, hosts, limits } = context;
        let Credential { identity, vault, .. } = credential;
        let granted = match (state, event, &*identity) {
            (State::Idle, Event::Begun, Identity::ServiceAccount(account)) => {
                self.state = State::Signing;
                // Built for each exchange, so that its times are never old.
                self.input = assertion(account, target, now, limits.assertion_lifetime_s);
                return Ok(Action::Sign { algorithm: Algorithm::Rs256, input: self.input.clone() });
            }
            (State::Signing, Event::Signed(signature), Identity::ServiceAccount(account)) => {
                self.state = State::Sending;
                let url = hosts.resolve(&account.token_uri);
                return Ok(Action::Send(token_request(vault, url, &self.input, signature, limits.exchange_timeout_ms)));
            }
            (State::Sending, Event::Answered(answer), Identity::ServiceAccount(account)) => {
                read(answer, target, &account.client_email, now)?
            }
            (State::Idle, Event::Begun, Identity::Function(function)) => {
                self.state = State::Calling;
                return Ok(Action::Call { function: *function, target: target.clone() });
            }
            (State::Calling, Event::Granted { token, expires_at_ms }, _) => called(token, *expires_at_ms, now)?,
            (_, Event::Failed(why), identity) => return Err(failed(state, why, identity, hosts)),
            _ => return Err(AuthError::plain(Code::CoreFailed, "the driver told what it was not asked.")),
        };
        Ok(Action::Done(Ok(Outcome { token: vault.keep(granted.token), life_ms: granted.life_ms })))
    }
}

/// A token with an expiry is kept until then, a JWT until its `exp`, any other not at all.
fn called(token: &Secret, expires_at_ms: Option<u64>, now: Now) -> Result<Granted, AuthError> {
    let text = token.expose();
    if text.is_empty() || !text.iter().all(u8::is_ascii_graphic) {
        return Err(function_failed("it returned none, or one that no header can hold"));
    }
    let life_ms = match expires_at_ms {
        Some(expires_at_ms) => Some(expires_at_ms.saturating_sub(now.wall_ms)),
        None => Claims::read(text).and_then(|claims| jwt_life_ms(&claims, None, now)),
    };
    if life_ms == Some(0) {
        return Err(function_failed("its token has expired already"));
    }
    Ok(Granted { token: Secret::new(text), life_ms: life_ms.unwrap_or_default() })
}

/// What it means that an action failed.
fn failed(state: State, why: &str, identity: &Identity, hosts: &Hosts) -> AuthError {
    match (state, identity) {
        (State::Sending, Identity::ServiceAccount(account)) => {
            let url = hosts.resolve(&account.token_uri);
            let host = before(cut(&url, "://").unwrap_or_default().1, "/");
            AuthError::passing(
                Code::ExchangeUnavailable,
                "the token endpoint ($) could not be reached: ~. Try again later.",
                why,
                host,
            )
        }
        (State::Calling, _) => function_failed(why),
        _ => AuthError::about(
            Code::SigningFailed,
            "the credential's private_key could not sign: ~. Look at it.",
            why,
            "",
        ),
    }
}

fn function_failed(why: &str) -> AuthError {
    AuthError::about(Code::CredentialFunctionFailed, "the credential function failed: ~.", why, "")
}
