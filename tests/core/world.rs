//! A clock, a token endpoint that says what it is told to, and the shortest driver there is.

use cloud_run_auth::config::{Limits, Retry};
use cloud_run_auth::credential::Credential;
use cloud_run_auth::error::AuthError;
use cloud_run_auth::grant::{Audience, Target};
use cloud_run_auth::http::{Request, Response};
use cloud_run_auth::secret::Secret;
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Action, Ask, CredentialId, Event, FlightId, Key, Mode, OperationId, Source, Tokens, Turn};
use serde_json::{Value, json};

pub(crate) const AUDIENCE: &str = "https://svc.example";

pub(crate) struct World {
    pub(crate) tokens: Tokens,
    pub(crate) now: Now,
    /// Requests that were sent to the token endpoint.
    pub(crate) exchanges: usize,
    /// Tokens that it gave.
    minted: usize,
}

/// How a call stands.
#[derive(Debug)]
pub(crate) enum Stand {
    Had(Key),
    Failed(AuthError),
    Signs(OperationId, FlightId),
    Sends(OperationId, Request),
    Reads(OperationId, String),
    Calls(OperationId),
    Follows(OperationId),
    Waits(OperationId, u64),
}

impl World {
    pub(crate) fn new(limits: Limits) -> World {
        World { tokens: Tokens::new(limits, 7), now: Now::new(1_800_000_000_000, 5_000), exchanges: 0, minted: 0 }
    }

    /// On a host where nobody can be woken.
    pub(crate) fn isolated() -> World {
        World::new(Limits { flight_dead_after_ms: Some(2000), ..Limits::default() })
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = Now::new(self.now.wall_ms + ms, self.now.mono_ms + ms);
    }

    pub(crate) fn account(&mut self, name: &str) -> CredentialId {
        self.tokens.register(credential(&key_file(name)), false)
    }

    pub(crate) fn ask(&self, credential: CredentialId) -> Ask {
        self.ask_for(Source::Credential(credential), AUDIENCE)
    }

    pub(crate) fn ask_for(&self, source: Source, audience: &str) -> Ask {
        let target = Target::id_token(Audience::parse(audience).unwrap());
        // Once, unless a test says otherwise.
        Ask { source, target, mode: Mode::Usual, deadline_ms: self.now.mono_ms + 120_000, retry: Retry::OFF }
    }

    pub(crate) fn begin(&mut self, ask: Ask) -> Stand {
        let (id, turn) = self.tokens.begin(ask, self.now);
        self.stand(id, turn)
    }

    pub(crate) fn begin_as(&mut self, credential: CredentialId, mode: Mode) -> Stand {
        let ask = Ask { mode, ..self.ask(credential) };
        self.begin(ask)
    }

    pub(crate) fn step(&mut self, id: OperationId, event: Event) -> Stand {
        let turn = self.tokens.step(id, event, self.now);
        self.stand(Some(id), turn)
    }

    pub(crate) fn wake(&mut self, id: OperationId) -> Stand {
        self.step(id, Event::Woken)
    }

    /// Signs, if it is that far, and sends.
    pub(crate) fn send(&mut self, stand: Stand) -> OperationId {
        let stand = match stand {
            Stand::Signs(id, _) => self.step(id, Event::Signed(vec![1, 2, 3])),
            other => other,
        };
        let Stand::Sends(id, request) = stand else { panic!("does not send: {stand:?}") };
        assert!(self.tokens.secret(request.body.unwrap()).unwrap().expose_text().contains("assertion="));
        self.exchanges += 1;
        id
    }

    /// All the way to a token of an hour.
    pub(crate) fn succeed(&mut self, stand: Stand) -> Stand {
        let id = self.send(stand);
        let answer = self.token_answer(AUDIENCE, 3600);
        self.step(id, Event::Answered(answer))
    }

    /// All the way to a refusal.
    pub(crate) fn refuse(&mut self, stand: Stand, status: u16) -> Stand {
        let id = self.send(stand);
        self.step(id, Event::Answered(answer(status, &json!({"error": "invalid_grant", "error_description": "no"}))))
    }

    /// A token that no other answer had.
    pub(crate) fn token_answer(&mut self, audience: &str, life_s: u64) -> Response {
        self.minted += 1;
        let now_s = self.now.wall_ms / 1000;
        answer(
            200,
            &json!({"id_token": jwt(&json!({"aud": audience, "iat": now_s, "exp": now_s + life_s, "jti": self.minted}))}),
        )
    }

    pub(crate) fn text(&mut self, key: &Key) -> String {
        self.tokens.token(key).unwrap().expose_text().to_owned()
    }

    fn stand(&mut self, id: Option<OperationId>, turn: Turn) -> Stand {
        match turn {
            Turn::Done { result: Ok(key), .. } => Stand::Had(key),
            Turn::Done { result: Err(error), .. } => Stand::Failed(error),
            Turn::Act { leads, action } => {
                let id = id.unwrap();
                match action {
                    Action::Sign { .. } => Stand::Signs(id, leads.unwrap()),
                    Action::Send(request) => Stand::Sends(id, request),
                    Action::Read { path } => Stand::Reads(id, path),
                    Action::Call { .. } => Stand::Calls(id),
                    Action::Join { .. } => Stand::Follows(id),
                    Action::Wait { ms } => Stand::Waits(id, ms),
                    other => panic!("nobody asked for {other:?}"),
                }
            }
        }
    }
}

impl Stand {
    pub(crate) fn had(self) -> Key {
        let Stand::Had(key) = self else { panic!("no token: {self:?}") };
        key
    }

    pub(crate) fn failed(self) -> AuthError {
        let Stand::Failed(error) = self else { panic!("no failure: {self:?}") };
        error
    }

    pub(crate) fn follows(self) -> OperationId {
        let Stand::Follows(id) = self else { panic!("follows nobody: {self:?}") };
        id
    }

    /// Who waits, and for how many milliseconds.
    pub(crate) fn waits(self) -> (OperationId, u64) {
        let Stand::Waits(id, ms) = self else { panic!("does not wait: {self:?}") };
        (id, ms)
    }

    pub(crate) fn signs(&self) -> OperationId {
        let Stand::Signs(id, _) = self else { panic!("signs nothing: {self:?}") };
        *id
    }
}

/// An ask that is tried again as it usually is.
pub(crate) fn ask(world: &World, account: CredentialId) -> Ask {
    Ask { retry: Retry::USUAL, ..world.ask(account) }
}

/// That the endpoint is busy, and for how long it wants to be left alone.
pub(crate) fn busy(retry_after_ms: Option<u64>) -> Response {
    Response { retry_after_ms, ..answer(503, &json!({})) }
}

/// One exchange, all the way to that answer.
pub(crate) fn fail(world: &mut World, stand: Stand, with: Response) -> Stand {
    let id = world.send(stand);
    world.step(id, Event::Answered(with))
}

pub(crate) fn credential(file: &Value) -> Credential {
    Credential::from_json(&file.to_string()).unwrap()
}

pub(crate) fn key_file(name: &str) -> Value {
    json!({"type": "service_account", "client_email": format!("{name}@p.iam.gserviceaccount.com"), "private_key_id": "k", "private_key": pem()})
}

pub(crate) fn pem() -> String {
    let keys: Value = serde_json::from_str(include_str!("../vectors/keys.json")).unwrap();
    keys["keys"]["pkcs8_2048"].as_str().unwrap().into()
}

pub(crate) fn answer(status: u16, body: &Value) -> Response {
    Response { status, date_ms: None, retry_after_ms: None, body: Secret::from(body.to_string()) }
}

pub(crate) fn jwt(claims: &Value) -> String {
    format!("{}.{}.c2lnbmF0dXJl", base64(r#"{"alg":"RS256"}"#), base64(&claims.to_string()))
}

/// base64url without padding; written apart from the crate's own.
pub(crate) fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = text.bytes().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let digit =
        |six: &[u8]| (0..6).fold(0, |value, at| value << 1 | usize::from(six.get(at).copied().unwrap_or_default()));
    bits.chunks(6).map(|six| char::from(DIGITS[digit(six)])).collect()
}
