//! The way of tokens that come in, driven by hand: who fetches an issuer's keys, and what becomes of everybody else.

use crate::world::base64;
use cloud_run_auth::error::Code;
use cloud_run_auth::time::Now;
use cloud_run_auth::verify::{Check, Event, Issuer, Keys, Turn, Verifier};
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://svc.example";
const DOCUMENT: &str = r#"{"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/keys"}"#;

fn at(ms: u64) -> Now {
    Now::new(1_800_000_000_000 + ms, 5_000 + ms)
}

fn verifier() -> Verifier {
    Verifier::new(Issuer::discovered(ISSUER).unwrap(), AUDIENCE).unwrap()
}

fn token(kid: &str, more: &Value) -> String {
    let mut claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "1", "iat": 1_800_000_000, "exp": 1_800_003_600});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let header = json!({"alg": "ES256", "kid": kid, "typ": "JWT"});
    format!("{}.{}.c2ln", base64(&header.to_string()), base64(&claims.to_string()))
}

fn set(kid: &str) -> String {
    let coordinate = base64("a coordinate of thirty-two bytes");
    json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid, "x": coordinate, "y": coordinate}]})
        .to_string()
}

fn answer(body: &str) -> Event<'_> {
    Event::Answer { status: 200, cache_control: "max-age=3600", age: "", body }
}

/// What is to be done, in a word.
fn word(turn: &Turn<'_>) -> String {
    match turn {
        Turn::Get(url) => format!("get {url}"),
        Turn::Wait(ms) => format!("wait {ms}"),
        Turn::Verify { jwk, signature, .. } => {
            assert!(jwk.starts_with(r#"{"kty":"EC","crv":"P-256","x":""#) && *signature == "c2ln", "{jwk}");
            "verify".into()
        }
        Turn::Done(claims) => serde_json::from_str::<Value>(claims).unwrap()["sub"].to_string(),
    }
}

struct Service {
    verifier: Verifier,
    keys: Keys,
}

impl Service {
    fn step(&mut self, check: &mut Check, token: &str, event: Event<'_>, ms: u64) -> Result<String, Code> {
        check
            .next(token, &self.verifier, &mut self.keys, event, at(ms))
            .map(|turn| word(&turn))
            .map_err(|error| error.code)
    }

    /// A check from its begin, of an issuer that nobody knew.
    fn first(&mut self, token: &str, ms: u64) -> Check {
        let mut check = Check::default();
        let begun = self.step(&mut check, token, Event::Begun, ms);
        assert_eq!(begun, Ok("get https://issuer.example/.well-known/openid-configuration".into()));
        assert_eq!(self.step(&mut check, token, answer(DOCUMENT), ms), Ok("get https://issuer.example/keys".into()));
        check
    }
}

fn service() -> Service {
    Service { verifier: verifier(), keys: Keys::new() }
}

#[test]
fn a_token_is_verified_once_and_then_remembered() {
    let (mut service, token) = (service(), token("a", &json!({})));
    let mut check = service.first(&token, 0);
    assert_eq!(service.step(&mut check, &token, answer(&set("a")), 1), Ok("verify".into()));
    assert_eq!(service.step(&mut check, &token, Event::Verified(true), 2), Ok("\"1\"".into()));
    assert_eq!(service.step(&mut Check::default(), &token, Event::Begun, 3), Ok("\"1\"".into()));
    let later = service.step(&mut Check::default(), &token, Event::Begun, 3_700_000);
    assert_eq!(later, Err(Code::TokenExpired));
}

#[test]
fn a_signature_that_is_wrong_is_the_end() {
    let (mut service, token) = (service(), token("a", &json!({})));
    let mut check = service.first(&token, 0);
    service.step(&mut check, &token, answer(&set("a")), 1).unwrap();
    assert_eq!(service.step(&mut check, &token, Event::Verified(false), 2), Err(Code::TokenInvalid));
    assert_eq!(
        service.step(&mut Check::default(), &token, Event::Begun, 3),
        Ok("verify".into()),
        "it is not remembered"
    );
    let mut check = Check::default();
    service.step(&mut check, &token, Event::Begun, 3).unwrap();
    assert_eq!(
        service.step(&mut check, &token, Event::Failed("no point"), 4),
        Err(Code::TokenInvalid),
        "a key that is none"
    );
    // That it verified is told by nobody who was not asked to.
    assert_eq!(service.step(&mut Check::default(), &token, Event::Verified(true), 4), Ok("verify".into()));
}

#[test]
fn others_wait_for_the_one_who_fetches_and_have_what_he_has_whatever_becomes_of_his_token() {
    let mut service = service();
    let (brief, long) = (token("a", &json!({"exp": 1_800_000_000})), token("a", &json!({})));
    let mut leads = service.first(&brief, 9_000);
    let mut follows = Check::default();
    assert_eq!(service.step(&mut follows, &long, Event::Begun, 9_001), Ok("wait 25".into()));
    assert_eq!(service.step(&mut leads, &brief, answer(&set("a")), 10_000), Err(Code::TokenExpired));
    assert_eq!(service.step(&mut follows, &long, Event::Waited, 10_001), Ok("verify".into()));
}

#[test]
fn what_is_no_document_and_no_set_of_the_issuers_is_not_believed() {
    for (document, keys) in [
        (r#"{"issuer":"https://evil.example","jwks_uri":"https://issuer.example/keys"}"#, ""),
        (r#"{"issuer":"https://issuer.example","jwks_uri":"http://issuer.example/keys"}"#, ""),
        (r#"{"issuer":"https://issuer.example"}"#, ""),
        ("<html>", ""),
        (DOCUMENT, "<html>"),
        (DOCUMENT, r#"{"keys":[]}"#),
        (DOCUMENT, r#"{"keys":[{"kty":"oct","alg":"HS256","k":"AA"}]}"#),
    ] {
        let (mut service, token, mut check) = (service(), token("a", &json!({})), Check::default());
        service.step(&mut check, &token, Event::Begun, 0).unwrap();
        let mut came = service.step(&mut check, &token, answer(document), 1);
        assert_eq!(came.is_err(), keys.is_empty(), "{document}");
        if came.is_ok() {
            came = service.step(&mut check, &token, answer(keys), 2);
        }
        assert_eq!(came, Err(Code::KeysUnavailable), "{document} {keys}");
        assert_eq!(service.step(&mut Check::default(), &token, Event::Begun, 3), Err(Code::KeysUnavailable));
        assert!(
            service.step(&mut Check::default(), &token, Event::Begun, 1001).unwrap().starts_with("get "),
            "a second later"
        );
    }
}

#[test]
fn keys_that_cannot_be_had_anew_are_used_on() {
    let (mut service, token) = (service(), token("a", &json!({"exp": 1_800_080_000})));
    let mut check = service.first(&token, 0);
    service.step(&mut check, &token, answer(&set("a")), 1).unwrap();
    let mut check = Check::default();
    assert!(service.step(&mut check, &token, Event::Begun, 3_600_001).unwrap().starts_with("get "));
    assert_eq!(service.step(&mut check, &token, Event::Failed("no way there"), 3_600_002), Ok("verify".into()));
    let mut other = Check::default();
    assert_eq!(
        service.step(&mut other, &token, Event::Begun, 3_600_003),
        Ok("verify".into()),
        "and not asked for at once"
    );
}
