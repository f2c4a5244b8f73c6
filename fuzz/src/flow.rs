//! A driver for flows that does nothing: what came of each action is a text of the input.

use crate::assert_one_line;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cloud_run_auth::credential::Credential;
use cloud_run_auth::error::AuthError;
use cloud_run_auth::grant::Target;
use cloud_run_auth::http::{Request, Response};
use cloud_run_auth::secret::Secret;
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Action, Event, Flow};
use std::collections::HashSet;

/// What the clocks say all the time.
pub const NOW: Now = Now::new(1_800_000_000_000, 1000);

/// No plan has as many actions: 32 accounts that act as each other, one for each level of JSON, ask for two or three each.
const MOST: usize = 256;

/// Tells a flow one text after the other, and then that all else fails, until it ends with a token and its life, or an error.
/// For what a text means, see [`happened`].
pub fn drive(credential: Credential, target: &Target, told: &[&str]) -> Result<(String, u64), AuthError> {
    let mut flow = Flow::new(credential, target.clone());
    let mut told = told.iter();
    let mut event = Event::Begun;
    for _ in 0..MOST {
        let action = flow.step(event, NOW);
        look_at(&flow, &action);
        event = match action {
            Action::Done(Err(error)) => return Err(error),
            Action::Done(Ok(outcome)) => {
                let token = flow.take(outcome.token).expect("a token that was had is there");
                let text = String::from(token.expose_text());
                assert!(
                    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()),
                    "no header holds {text:?}"
                );
                return Ok((text, outcome.life_ms));
            }
            action => {
                told.next().map_or_else(|| Event::Failed("there is no more".into()), |text| happened(&action, text))
            }
        };
    }
    panic!("the flow asks for more than {MOST} actions");
}

/// What a text says came of an action: `!` and why it failed; `?` and a letter for an event that may not fit; or what was
/// answered, read, signed or granted. Before an answer may stand `status@date@retry-after` and a space, before what was granted
/// `expiry` and a space; the environment is `NAME=text`, one a line.
fn happened(action: &Action, text: &str) -> Event {
    if let Some(why) = text.strip_prefix('!') {
        return Event::Failed(why.into());
    }
    if let Some(other) = text.strip_prefix('?') {
        let rest = other.get(1..).unwrap_or_default();
        return match other.bytes().next().unwrap_or_default() {
            b'a' => Event::Answered(answer(rest)),
            b'b' => Event::Begun,
            b'g' => granted(rest),
            b'l' => Event::Loaded(None),
            b'r' => Event::Returned(Secret::new(rest)),
            b's' => Event::Signed(rest.into()),
            b't' => Event::Stored(Some(rest.into())),
            b'v' => Event::Verified(true),
            _ => Event::Woken,
        };
    }
    match action {
        Action::Sign { .. } => Event::Signed(text.into()),
        Action::Send(_) => Event::Answered(answer(text)),
        Action::Environment { names } => Event::Returned(Secret::new(environment(names, text))),
        Action::Call { .. } | Action::Subject { .. } => granted(text),
        _ => Event::Returned(Secret::new(text)),
    }
}

/// Numbers with `@` between them in front of a text, if it begins with one; and the rest.
fn numbered(text: &str) -> ([Option<u64>; 3], &str) {
    let mut numbers = [None; 3];
    if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return (numbers, text);
    }
    let (head, rest) = text.split_once(' ').unwrap_or((text, ""));
    for (number, digits) in numbers.iter_mut().zip(head.split('@')) {
        *number = digits.parse().ok();
    }
    (numbers, rest)
}

fn answer(text: &str) -> Response {
    let ([status, date_ms, retry_after_ms], body) = numbered(text);
    Response { status: status.unwrap_or(200) as u16, date_ms, retry_after_ms, body: Secret::new(body) }
}

fn granted(text: &str) -> Event {
    let ([expires_at_ms, ..], token) = numbered(text);
    Event::Granted { token: Secret::new(token), expires_at_ms }
}

/// As a host tells it: only what was asked for, and without control characters.
fn environment(names: &[String], text: &str) -> String {
    let mut out = String::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        if names.iter().any(|asked| asked == name) {
            out.extend(["\x01", name, "\x02"]);
            out.extend(value.chars().filter(|c| !c.is_control()));
        }
    }
    out
}

/// What holds of every action, whoever wrote the file and whatever was told.
fn look_at(flow: &Flow, action: &Action) {
    match action {
        Action::Sign { input, .. } => {
            let parts: Vec<&str> = input.split('.').collect();
            assert_eq!(parts.len(), 2, "header and claims: {input}");
            for part in parts {
                let json = URL_SAFE_NO_PAD.decode(part).expect("what is signed is base64url");
                assert_json(core::str::from_utf8(&json).expect("what is signed is text"));
            }
        }
        Action::Send(request) => look_at_request(flow, request),
        Action::Read { path } => assert_one_line("a path", path),
        Action::Certificates { leaf, chain } => [leaf, chain].iter().for_each(|path| assert_one_line("a path", path)),
        Action::Run { command, environment, .. } => {
            assert_one_line("a command", command);
            environment.iter().for_each(|(_, value)| assert_one_line("a variable", value));
        }
        Action::Done(Err(error)) => {
            assert!(!error.message.is_empty(), "an error says why");
            assert_one_line("a message", &error.message);
        }
        _ => {}
    }
}

fn look_at_request(flow: &Flow, request: &Request) {
    assert_one_line("a method", &request.method);
    assert_one_line("a URL", &request.url);
    for (name, value) in &request.headers {
        assert_one_line("the name of a header", name);
        assert_one_line("a header", value);
    }
    assert!(request.client_certificate.matches('\n').count() < 2, "a certificate and a key");
    let Some(body) = request.body.map(|id| flow.secret(id).expect("a body that is named is there").expose_text())
    else {
        return;
    };
    let is_json = |(name, value): &(String, String)| name == "content-type" && value == "application/json";
    if request.headers.iter().any(is_json) {
        assert_json(body);
    } else {
        // A text of a stranger's that is not encoded would be a second member.
        let mut names = HashSet::new();
        assert!(body.bytes().all(|byte| byte.is_ascii_graphic()), "no form: {body:?}");
        for (name, _) in url::form_urlencoded::parse(body.as_bytes()) {
            assert!(names.insert(String::from(&*name)), "twice in the form: {name}");
        }
    }
}

fn assert_json(text: &str) {
    let json: Result<serde_json::Value, _> = serde_json::from_str(text);
    assert!(json.is_ok_and(|json| json.is_object()), "no JSON object: {text}");
}
