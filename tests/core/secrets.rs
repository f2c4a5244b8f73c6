//! No error, and nothing that is printed, holds a key, an assertion or a token.

use crate::world::{AUDIENCE, Stand, World, answer, jwt, pem};
use cloud_run_auth::credential::Credential;
use cloud_run_auth::error::AuthError;
use cloud_run_auth::http::Response;
use cloud_run_auth::secret::Secret;
use cloud_run_auth::token::{CredentialId, Event, OperationId};
use serde_json::{Value, json};

/// The key by its lines, and what begins every assertion and token here.
fn tells_nothing(text: &str) {
    for line in pem().lines().filter(|line| !line.starts_with('-')) {
        assert!(!text.contains(line), "a line of the key in {text}");
    }
    for secret in ["eyJ", "c2lnbmF0dXJl", "canary"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

fn check(error: &AuthError) {
    tells_nothing(&format!("{error} {error:?} {} {:?}", error.message, error.server));
    assert!(error.message.len() > 20 && error.message.len() < 1000, "{error}");
}

/// What the endpoint is sent: it may well say it again.
fn assertion(world: &mut World, account: CredentialId) -> (String, OperationId) {
    let stand = world.begin(world.ask(account));
    let Stand::Sends(id, request) =
        world.step(stand.signs(), Event::Signed(b"a signature that is long enough to be one".to_vec()))
    else {
        panic!()
    };
    let shown = format!("{request:?}");
    tells_nothing(&shown);
    let body = world.tokens.secret(request.body.unwrap()).unwrap();
    let (_, assertion) = body.expose_text().split_once("assertion=").unwrap();
    (assertion.to_owned(), id)
}

#[test]
fn answers_that_echo_what_was_sent_are_not_passed_on() {
    let token = jwt(&json!({"aud": "https://other.example", "exp": 1_800_003_600, "canary": "canary-canary-canary"}));
    let mut world = World::new(Default::default());
    let account = world.account("a");
    for round in 0..12 {
        let (assertion, sent) = assertion(&mut world, account);
        let echoes: Vec<(u16, Value)> = vec![
            (400, json!({"error": "invalid_grant", "error_description": format!("Invalid JWT: {assertion}")})),
            (400, json!({"error": assertion, "error_description": pem()})),
            (400, json!({"error": {"status": assertion, "message": token}})),
            (400, json!({"error": "invalid_grant", "error_description": format!("{}\r\n{}", token, pem())})),
            (401, json!({"error": [assertion], "id_token": token})),
            (
                503,
                json!({"error": "server_error", "error_description": format!("assertion={assertion}&token={token}")}),
            ),
            (200, json!({"id_token": token})),
            (200, json!({"id_token": format!("{token}.{token}")})),
            (200, json!({"access_token": token, "refresh_token": assertion})),
            (200, json!(token)),
            (302, json!({"error_description": assertion})),
            (418, json!(null)),
        ];
        let (status, body) = &echoes[round];
        check(&world.step(sent, Event::Answered(answer(*status, body))).failed());
    }
}

#[test]
fn what_a_host_says_of_a_failure_is_not_passed_on_as_it_is() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let words = format!("could not sign {} with {}", jwt(&json!({"aud": AUDIENCE})), pem());
    let stand = world.begin(world.ask(account));
    check(&world.step(stand.signs(), Event::Failed(words.clone())).failed());
    let (_, sent) = assertion(&mut world, account);
    check(&world.step(sent, Event::Failed(words.clone())).failed());
    let function = world.tokens.register(Credential::function(1), false);
    for event in [
        Event::Failed(words),
        Event::Granted { token: Secret::new("canary canary"), expires_at_ms: None },
        Event::Granted { token: Secret::new("canary"), expires_at_ms: Some(1) },
        Event::Granted { token: Secret::new(jwt(&json!({"exp": 1, "canary": 1}))), expires_at_ms: None },
    ] {
        let Stand::Calls(id) = world.begin(world.ask(function)) else { panic!() };
        check(&world.step(id, event).failed());
    }
}

#[test]
fn what_is_wrong_with_a_key_file_is_said_without_the_key() {
    let file = |name: &str, value: Value| {
        let mut file = crate::world::key_file("a");
        file[name] = value;
        file.to_string()
    };
    let half = pem().split_at(800).0.to_owned();
    for text in [
        format!("{{\"private_key\": \"{}", pem().replace('\n', "\\n")),
        file("private_key", json!(half)),
        file("private_key", json!(pem().replace("PRIVATE", "PUBLIC"))),
        file("private_key", json!([pem()])),
        file("private_key_id", json!(pem())),
        file("client_email", json!(pem())),
        file("token_uri", json!(format!("https://evil.example/{}", jwt(&json!({"canary": 1}))))),
        file("token_uri", json!(pem())),
        file("type", json!(pem())),
        file("universe_domain", json!(pem())),
    ] {
        check(&Credential::from_json(&text).unwrap_err());
    }
}

#[test]
fn nothing_of_the_tokens_is_printed() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let stand = world.begin(world.ask(account));
    tells_nothing(&format!("{:?}", world.tokens.credential(account)));
    world.succeed(stand).had();
    tells_nothing(&format!("{:?}", world.tokens));
    let answer = Response { body: Secret::new("canary"), ..answer(200, &json!({})) };
    tells_nothing(&format!("{answer:?} {:?}", Event::Returned(Secret::new("canary"))));
}
