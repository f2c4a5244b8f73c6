//! What sessions are told, from Rust and from JavaScript.

use crate::lab::{World, pem};
use cloud_run_auth::error::Code;
use cloud_run_auth::fetch::{Body, Error, Options, Session};
use js_sys::{JSON, Object, Reflect};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;

fn js(value: &Value) -> JsValue {
    JSON::parse(&value.to_string()).unwrap()
}

fn key_file(token_uri: &str) -> Value {
    json!({"type": "service_account", "client_email": "a@b.example", "private_key": pem(), "token_uri": token_uri})
}

#[test]
async fn an_object_of_javascripts_says_the_same() {
    let world = World::open().await;
    let parsed: Value = serde_json::from_str(&world.key).unwrap();
    for credential in [json!(world.key), parsed] {
        let given = json!({
            "credential": credential, "endpoints": world.lab.origin(), "audience": world.base, "timeout": false, "userAgent": "tests/2",
            "headers": {"X-Mine": "1"}, "quotaProject": "p", "allowedHosts": ["sts.example:8443"], "authorizationHeader": "x-serverless-authorization",
        });
        let session = Session::new(&world.base, Options::from_js(&js(&given)).unwrap()).unwrap();
        let seen: Value = session.get("/x").send().await.unwrap().json().await.unwrap();
        let header = |name: &str| seen["headers"][name].as_str().unwrap_or_default();
        assert_eq!((header("user-agent"), header("x-mine"), header("x-goog-user-project")), ("tests/2", "1", "p"));
        assert!(header("authorization").is_empty() && header("x-serverless-authorization").starts_with("Bearer eyJ"));
    }
    assert!(Options::from_js(&JsValue::UNDEFINED).is_ok() && Options::from_js(&Object::new()).is_ok());
    let given = Object::new();
    let url = web_sys::Url::new("http://127.0.0.1:1/").unwrap();
    Reflect::set(&given, &"endpoints".into(), &url).unwrap();
    assert!(Session::new("https://svc.example", Options::from_js(&given).unwrap()).is_ok());
}

#[test]
fn what_an_option_cannot_be_is_named_and_not_shown() {
    for (name, values) in [
        ("timeout", json!([0, -1, 1e12, "canary", true, {}])),
        ("userAgent", json!(["canary\r\nx: y", "", " canary", 7])),
        ("quotaProject", json!(["ä", "canary\n"])),
        ("headers", json!([{"a b": "canary"}, {"a": "canary\n\u{0}x"}, "canary", 7, ["canary"]])),
        ("authorizationHeader", json!(["cookie", 7])),
        ("allowedHosts", json!(["canary", ["a b"], ["https://canary"], [""], [7]])),
        ("endpoints", json!([7, {}])),
        ("credential", json!([["canary"], null, 7])),
        ("audience", json!(["canary\n", "", 7])),
        ("scopes", json!(["canary", [], [""], [7]])),
        ("subject", json!(["canary\n", "", 7])),
        ("universeDomain", json!(["canary\n", 7])),
        ("credentialType", json!(["canary\n", 7])),
        ("selfSigned", json!(["canary", 1])),
        ("userIdTokens", json!(["canary", 0])),
        ("onRefreshToken", json!(["canary", {}])),
        ("audiance", json!(["canary"])),
    ] {
        let code = match name {
            "audience" => Code::InvalidAudience,
            "scopes" => Code::InvalidScope,
            _ => Code::InvalidOption,
        };
        for value in values.as_array().unwrap() {
            let error = Options::from_js(&js(&json!({name: value}))).unwrap_err();
            assert!(error.code == code && error.message.contains(name), "{name} {value}: {error}");
            assert!(!error.message.contains("canary"), "{error}");
        }
    }
    for given in [JsValue::NULL, JsValue::from("canary"), JsValue::from(7)] {
        assert_eq!(Options::from_js(&given).unwrap_err().code, Code::InvalidOption);
    }
}

#[test]
fn only_own_properties_count() {
    let prototype = Object::get_prototype_of(&Object::new());
    let polluted = [("audience", "https://evil.example"), ("timeout", "never")];
    for (name, value) in polluted {
        Reflect::set(&prototype, &name.into(), &value.into()).unwrap();
    }
    let read = Options::from_js(&js(&json!({"userAgent": "a"})));
    for (name, _) in polluted {
        Reflect::delete_property(&prototype, &name.into()).unwrap();
    }
    assert!(!format!("{:?}", read.unwrap()).contains("evil"));
}

#[test]
fn a_credential_that_is_none_is_refused_at_once() {
    let session = |file: &Value| Session::new("https://svc.example", Options::new().credential(file.to_string()));
    let good = key_file("https://oauth2.googleapis.com/token");
    assert!(session(&good).is_ok());
    for (name, value, code) in [
        ("type", json!("gdch_service_account"), Code::UnsupportedCredential),
        ("private_key", json!("canary"), Code::InvalidCredential),
        ("client_email", json!(null), Code::InvalidCredential),
        ("token_uri", json!("https://evil.example/token"), Code::UntrustedHost),
    ] {
        let mut file = good.clone();
        file[name] = value;
        let error = session(&file).unwrap_err();
        assert!(error.code == code && !error.message.contains("canary") && !error.message.contains("MII"), "{error}");
    }
    let file = key_file("https://sts.example:8443/token").to_string();
    let named =
        |host: &str| Session::new("https://svc.example", Options::new().allow_host(host).credential(file.as_str()));
    assert!(named("sts.example:8443").is_ok() && named("sts.example").is_err());
    assert_eq!(named("a, b").unwrap_err().code, Code::InvalidOption);
    let far = Session::new("https://svc.example", Options::new().emulator("http://10.0.0.1"));
    assert_eq!(far.unwrap_err().code, Code::InvalidOption);
}

#[test]
async fn no_credential_is_the_first_calls_error() {
    let world = World::open().await;
    let session = Session::new(&world.base, Options::new().emulator(world.lab.origin())).unwrap();
    world.refused(session.get("/x").send().await, Code::CredentialNotFound);
    assert_eq!(world.sent(), [""; 0]);
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let file = key_file("https://oauth2.googleapis.com/token").to_string();
    let options = Options::new().credential(file).header("x-api-key", "canary");
    let shown = format!("{options:?}");
    let session = Session::new("https://svc.example", options).unwrap();
    let call = session.get("/x").header("cookie", "canary").body("canary").query("key", "canary");
    for shown in [shown, format!("{session:?}"), format!("{call:?} {:?}", Body::from("canary"))] {
        assert!(!shown.contains("canary") && !shown.contains("MII"), "{shown}");
    }
    let error = Session::new("https://svc.example", Options::new().user_agent("")).unwrap_err();
    let thrown: JsValue = Error::from(error).into();
    assert_eq!(Reflect::get(&thrown, &"code".into()).unwrap(), "invalid_option");
}
