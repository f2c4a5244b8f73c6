//! The machine that gets one token for one credential. Each credential type is a path through its states.

use super::order::{Happening, Order, Said, Task};
use super::{Action, Event, Outcome};
use crate::config::Limits;
use crate::credential::{Credential, Identity};
use crate::error::{AuthError, Code};
use crate::grant::{Granted, Target, assertion, given, read, token_request};
use crate::template::fill;
use crate::text::{before, cut, decimal};
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
    /// How long things may take.
    pub limits: &'a Limits,
}

/// What comes of a step, unless it is an error.
pub(crate) enum Step {
    Act(Order),
    Had(Granted),
}

impl Exchange {
    /// Takes what happened, first [`Event::Begun`], and says what to do next. An event that does not fit ends the exchange.
    pub fn step(&mut self, context: Context<'_>, event: Event, now: Now) -> Action {
        let Context { credential, target, limits } = context;
        let next = self.next(&Context { credential, target, limits }, &Said::of(&event, &mut String::new()), now);
        let vault = &mut credential.vault;
        match next {
            Ok(Step::Act(order)) => order.action(Some(vault), 0),
            Ok(Step::Had(Granted { token, life_ms })) => {
                Action::Done(Ok(Outcome { token: vault.keep(token), life_ms }))
            }
            Err(error) => Action::Done(Err(error)),
        }
    }

    /// As [`Exchange::step`], in the flat form.
    pub(crate) fn next(&mut self, context: &Context<'_>, said: &Said, now: Now) -> Result<Step, AuthError> {
        let state = core::mem::replace(&mut self.state, State::Ended);
        let Context { credential, target, limits } = context;
        let content = &said.answer.body;
        match (state, said.kind, &credential.identity) {
            (State::Idle, Happening::Begun, Identity::ServiceAccount(account)) => {
                self.state = State::Signing;
                // Built for each exchange, so that its times are never old.
                self.input = assertion(account, target, now, limits.assertion_lifetime_s);
                let text = fill("$\0$", &[credential.fingerprint().as_str(), &self.input]);
                Ok(Step::Act(Order::new(Task::Sign, text)))
            }
            (State::Signing, Happening::Signed, Identity::ServiceAccount(account)) => {
                self.state = State::Sending;
                let text = fill("POST\0$\0$", &[&account.endpoint, &decimal(limits.exchange_timeout_ms)]);
                let secret = token_request(&self.input, content);
                Ok(Step::Act(Order { secret, ..Order::new(Task::Send, text) }))
            }
            (State::Sending, Happening::Answered, Identity::ServiceAccount(account)) => {
                read(&said.answer, target, &account.client_email, now).map(Step::Had)
            }
            (State::Idle, Happening::Begun, Identity::Function(function)) => {
                self.state = State::Calling;
                let access = if target.is_access() { "1" } else { "" };
                let text = fill("$\0$\0$", &[&decimal(u64::from(*function)), access, target.as_str()]);
                Ok(Step::Act(Order::new(Task::Call, text)))
            }
            (State::Calling, Happening::Granted, _) => {
                given(content, said.expires_at_ms, now).map(Step::Had).map_err(function_failed)
            }
            (_, Happening::Failed, identity) => Err(failed(state, content, identity)),
            _ => Err(AuthError::plain(Code::CoreFailed, "the driver told what it was not asked.")),
        }
    }
}

/// What it means that an action failed.
fn failed(state: State, why: &str, identity: &Identity) -> AuthError {
    match (state, identity) {
        (State::Sending, Identity::ServiceAccount(account)) => {
            let host = before(cut(&account.endpoint, "://").unwrap_or_default().1, "/");
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
