//! The answers of token endpoints, through flows that need no more than that.
#![no_main]

use cloud_run_auth::credential::Credential;
use cloud_run_auth::error::Code;
use cloud_run_auth::grant::{Audience, Scopes, Target};
use fuzz::{cut, flow::drive, kind};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const USER: &str = r#"{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}"#;
const METADATA: &str = r#"{"type":"metadata_server"}"#;
const IMPERSONATED: &str = r#"{"type":"impersonated_service_account","service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b:generateAccessToken","source_credentials":{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}}"#;

fuzz_target!(|data: &[u8]| {
    let (first, rest) = kind(data);
    let Ok(text) = core::str::from_utf8(rest) else { return };
    // Which would be an event that does not fit.
    if text.starts_with('?') {
        return;
    }
    // What is told before the answer that counts.
    let (file, before) = match first % 3 {
        0 => (USER, None),
        1 => (METADATA, Some("")),
        _ => (IMPERSONATED, Some(r#"{"access_token":"t"}"#)),
    };
    let told: Vec<&str> = before.into_iter().chain([text]).collect();
    let body = if text.starts_with(|c: char| c.is_ascii_digit()) { cut(text, " ").1 } else { text };
    let json: Option<Value> = serde_json::from_str(body).ok();
    let member = |name: &str| json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_str);

    for access in [false, true] {
        let target = if access {
            Target::access_token(Scopes::parse("a b").expect("these are scopes"))
        } else {
            Target::id_token(Audience::parse("https://a.example").expect("this is an audience"))
        };
        let credential = Credential::from_json(file).expect("the file is good");
        match drive(credential, &target, &told) {
            Ok((token, life_ms)) => {
                assert!(life_ms > 0 && life_ms <= 24 * 60 * 60 * 1000, "{life_ms} ms");
                let name = match (first % 3, access) {
                    (0, false) => "id_token",
                    (1, false) => "",
                    (2, false) => "token",
                    (2, true) => "accessToken",
                    _ => "access_token",
                };
                if name.is_empty() {
                    assert_eq!(token, body.trim_ascii(), "the whole answer is the token");
                } else if json.is_some() {
                    assert_eq!(Some(token.as_str()), member(name), "{name} is the token");
                }
            }
            Err(error) => {
                assert_ne!(error.code, Code::CoreFailed, "{error}");
                assert!(!text.starts_with("200 ") || error.transient, "an answer that is no token may pass");
            }
        }
    }
});
