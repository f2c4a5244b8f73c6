//! What crosses the boundary, with names.

use cloud_run_auth::js;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

pub(crate) const WALL_MS: u64 = 1_800_000_000_000;
pub(crate) const AUDIENCE: &str = "https://svc.example";

/// Kinds of turns.
pub(crate) const HAD: &str = "0";
pub(crate) const ERROR: &str = "!";
pub(crate) const SIGN: &str = "2";
pub(crate) const SEND: &str = "3";
pub(crate) const READ: &str = "4";
pub(crate) const ASK: &str = "5";
pub(crate) const JOIN: &str = "6";
/// Kinds of events.
pub(crate) const FAILED: &str = "1";
pub(crate) const SIGNED: &str = SIGN;
pub(crate) const ANSWERED: &str = SEND;
pub(crate) const RETURNED: &str = READ;
pub(crate) const GRANTED: &str = ASK;
pub(crate) const WOKEN: &str = JOIN;
/// What the driver says of each credential.
pub(crate) const FACTS: &str = "\x01universeDomain\x02googleapis.com";
/// Kinds of asking.
pub(crate) const USUAL: &str = "0";
pub(crate) const EARLY: &str = "1";
pub(crate) const FORCED: &str = "2";

#[wasm_bindgen]
extern "C" {
    fn btoa(text: &str) -> String;
}

/// One question and its answer, by way of the room that the driver uses.
pub(crate) fn answer(question: &str) -> Vec<u8> {
    // SAFETY: the module says where that many bytes are, and nobody else asks for room meanwhile.
    let room = |length| unsafe { core::slice::from_raw_parts_mut(js::room(length), length) };
    room(question.len()).copy_from_slice(question.as_bytes());
    let answer = room(js::call(question.len())).to_vec();
    js::room(0);
    answer
}

/// A core that is told what it has to know.
pub(crate) fn start() {
    call(&["n", "2000", "1"]);
}

/// One call, and the fields of its answer, each of which has a zero character for its end.
pub(crate) fn call(fields: &[&str]) -> Vec<String> {
    call_at(0, fields)
}

/// As [`call`], so long after the test began.
pub(crate) fn call_at(after_ms: u64, fields: &[&str]) -> Vec<String> {
    let clocks = format!("{}\0{after_ms}", WALL_MS + after_ms);
    let (letter, rest) = fields.split_first().unwrap();
    let answer = String::from_utf8(answer(&[&[*letter, &clocks], rest].concat().join("\0"))).unwrap();
    let fields = answer.strip_suffix('\0').unwrap_or(&answer);
    fields.split('\0').map(String::from).collect()
}

/// A module that is started; nothing of an earlier test is to be met where the names differ.
pub(crate) fn register(name: &str) -> String {
    start();
    call(&["c", "", "", FACTS, "", &key_file(name)]).remove(0)
}

pub(crate) fn key_file(name: &str) -> String {
    let keys: Value = serde_json::from_str(include_str!("../vectors/keys.json")).unwrap();
    json!({"type": "service_account", "client_email": format!("{name}@p.iam.gserviceaccount.com"), "private_key_id": "k", "private_key": keys["keys"]["pkcs8_2048"]}).to_string()
}

pub(crate) fn begin(credential: &str) -> Vec<String> {
    begin_as(credential, USUAL)
}

/// Once, unless a test says otherwise.
pub(crate) fn begin_as(credential: &str, mode: &str) -> Vec<String> {
    begin_with(credential, mode, "1")
}

pub(crate) fn begin_with(credential: &str, mode: &str, attempts: &str) -> Vec<String> {
    call(&["g", "120000", credential, "", mode, attempts, "500", "30000", AUDIENCE])
}

pub(crate) fn step(turn: &[String], event: &str, value: &str, text: &str) -> Vec<String> {
    step_at(0, turn, event, value, text)
}

pub(crate) fn step_at(after_ms: u64, turn: &[String], event: &str, value: &str, text: &str) -> Vec<String> {
    call_at(after_ms, &["s", &turn[1], event, value, "", "", text])
}

/// A token of an hour, issued when the test began.
pub(crate) fn token() -> String {
    let part = |value: Value| btoa(&value.to_string()).replace('+', "-").replace('/', "_").replace('=', "");
    let issued = WALL_MS / 1000;
    format!(
        "{}.{}.c2ln",
        part(json!({"alg": "RS256"})),
        part(json!({"aud": AUDIENCE, "iat": issued, "exp": issued + 3600}))
    )
}

/// From the signing to the token, with a signature that no server would have.
pub(crate) fn exchange(signing: &[String]) -> Vec<String> {
    let sending = step(signing, SIGNED, "", "c2lnbmF0dXJl");
    assert_eq!(sending[0], SEND, "{sending:?}");
    step(&sending, ANSWERED, "200", &json!({"id_token": token()}).to_string())
}
