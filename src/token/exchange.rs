//! The machine that gets one token for one credential. Each credential type is a path through its states.

use super::{Action, Event, Outcome};
use crate::config::Limits;
use crate::credential::{Credential, Endpoints, Identity, ServiceAccount};
use crate::error::{AuthError, Code, concat, shown};
use crate::grant::{Granted, Target, assertion, read, token_request};
use crate::http::{Request, Response};
use crate::jose::{Algorithm, Claims};
use crate::secret::Secret;
use crate::time::Now;
use alloc::string::{String, ToString};

/// One exchange under way. It holds no secret, so it can be cloned, compared and hashed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exchange {
    target: Target,
    endpoints: Endpoints,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum State {
    Idle,
    Signing { input: String },
    Sending { host: String },
    Calling,
    Ended,
}

impl Exchange {
    /// An exchange that has not begun.
    pub fn new(target: Target, endpoints: Endpoints) -> Exchange {
        Exchange { target, endpoints, state: State::Idle }
    }

    /// Takes what happened, and says what to do next. An event that does not fit ends the exchange.
    pub fn step(&mut self, credential: &mut Credential, limits: &Limits, event: Event, now: Now) -> Action {
        let state = core::mem::replace(&mut self.state, State::Ended);
        match (state, event, credential.identity.clone()) {
            (State::Idle, Event::Begun, Identity::ServiceAccount(account)) => self.sign(credential, &account, limits, now),
            (State::Signing { input }, Event::Signed(signature), Identity::ServiceAccount(account)) => {
                let url = self.endpoints.resolve(&account.token_uri);
                self.send(token_request(&mut credential.vault, url, &input, &signature, limits.exchange_timeout_ms))
            }
            (State::Signing { .. }, Event::Failed(why), _) => {
                Action::Done(Err(AuthError::new(Code::SigningFailed, concat(&["the assertion could not be signed: ", &shown(&why), ". Look at the credential's private_key."]))))
            }
            (State::Sending { .. }, Event::Answered(answer), identity) => Action::Done(self.answered(credential, &answer, &identity, now)),
            (State::Sending { host }, Event::Failed(why), _) => {
                let message = concat(&["the token endpoint (", &host, ") could not be reached: ", &shown(&why), ". Try again later."]);
                Action::Done(Err(AuthError::transient(Code::ExchangeUnavailable, message)))
            }
            (State::Idle, Event::Begun, Identity::Function(function)) => {
                self.state = State::Calling;
                Action::Call { function, target: self.target.clone() }
            }
            (State::Calling, Event::Granted { token, expires_at_ms }, _) => Action::Done(self.called(credential, token, expires_at_ms, now)),
            (State::Calling, Event::Failed(why), _) => Action::Done(Err(function_failed(&shown(&why)))),
            _ => Action::Done(Err(AuthError::new(Code::CoreFailed, "the driver told the exchange something that it did not ask for."))),
        }
    }

    /// The assertion is built for each exchange, so that its times are never old.
    fn sign(&mut self, credential: &Credential, account: &ServiceAccount, limits: &Limits, now: Now) -> Action {
        let input = assertion(account, &self.target, now, limits.assertion_lifetime_s);
        self.state = State::Signing { input: input.clone() };
        Action::Sign { key: credential.fingerprint().clone(), algorithm: Algorithm::Rs256, input }
    }

    fn send(&mut self, request: Request) -> Action {
        let host = crate::url::Url::parse(&request.url).map(|url| url.host_and_port()).unwrap_or_default();
        self.state = State::Sending { host };
        Action::Send(request)
    }

    fn answered(&self, credential: &mut Credential, answer: &Response, identity: &Identity, now: Now) -> Result<Outcome, AuthError> {
        let who = match identity {
            Identity::ServiceAccount(account) => account.client_email.as_str(),
            Identity::Function(_) => "the credential function",
        };
        let Granted { token, expires_at_ms } = read(answer, &self.target, who, now)?;
        Ok(Outcome { token: credential.vault.keep(token), expires_at_ms: Some(expires_at_ms) })
    }

    /// A JWT is kept until its `exp`, a token with an expiry until then, any other not at all.
    fn called(&self, credential: &mut Credential, token: Secret, expires_at_ms: Option<u64>, now: Now) -> Result<Outcome, AuthError> {
        let text = token.expose();
        if text.is_empty() || !text.iter().all(u8::is_ascii_graphic) {
            return Err(function_failed("it returned no token, or one with a character that a header cannot hold"));
        }
        let claims = Claims::read(text);
        let expires_s = claims.as_ref().and_then(|claims| claims.seconds("exp"));
        let by_claims = expires_s.map(|expires_s| expires_s.saturating_mul(1000));
        let expires_at_ms = expires_at_ms.or(by_claims);
        if let Some(ended) = expires_at_ms.filter(|ended| *ended <= now.wall_ms) {
            let ago = (now.wall_ms.saturating_sub(ended) / 1000).to_string();
            return Err(function_failed(&concat(&["it returned a token that expired ", &ago, " s ago"])));
        }
        Ok(Outcome { token: credential.vault.keep(token), expires_at_ms })
    }
}

fn function_failed(why: &str) -> AuthError {
    AuthError::new(Code::CredentialFunctionFailed, concat(&["the credential function failed: ", why, "."]))
}
