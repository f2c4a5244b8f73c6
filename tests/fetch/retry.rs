//! What is tried again, and what is not.

use crate::lab::World;
use cloud_run_auth::config::Retry;
use cloud_run_auth::error::Code;
use cloud_run_auth::fetch::{Options, Session};
use js_sys::JSON;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test as test;

const QUICK: Retry = Retry { delay_ms: 20, ..Retry::USUAL };

fn session(world: &World) -> Session {
    Session::new(&world.base, world.options().retry(QUICK)).unwrap()
}

#[test]
async fn an_exchange_that_may_pass_is_tried_three_times() {
    let world = World::open().await;
    let session = session(&world);
    for fault in [json!({"status": 503}), json!({"reset": true}), json!({"torn": true}), json!({"body": "html"})] {
        let mut twice = fault.clone();
        (twice["endpoint"], twice["times"]) = (json!("token"), json!(2));
        world.fault(twice).await;
        let before = world.exchanges().await;
        assert!(session.new_id_token().await.is_ok(), "{fault}");
        assert_eq!(world.exchanges().await - before, 3, "{fault}");
    }
    world.fault(json!({"endpoint": "token", "status": 503, "times": 3})).await;
    assert_eq!(session.new_id_token().await.unwrap_err().code, Code::ExchangeUnavailable);
    assert!(session.new_id_token().await.is_ok());
    let before = world.exchanges().await;
    world.fault(json!({"endpoint": "token", "status": 400, "times": 1, "json": {"error": "invalid_grant"}})).await;
    assert_eq!(session.new_id_token().await.unwrap_err().code, Code::ExchangeRefused);
    assert_eq!(world.exchanges().await - before, 1);
}

#[test]
async fn a_call_is_sent_again_where_that_is_safe() {
    let world = World::open().await;
    let session = session(&world);
    let busy = |times| world.fault(json!({"endpoint": "service", "status": 503, "times": times}));
    busy(2).await;
    assert_eq!(session.get("/get").send().await.unwrap().status(), 200);
    busy(3).await;
    assert_eq!(session.get("/get").send().await.unwrap().status(), 503);
    busy(1).await;
    assert_eq!(session.post("/post").body("b").send().await.unwrap().status(), 503);
    busy(1).await;
    assert_eq!(session.post("/post").body("b").idempotent().send().await.unwrap().status(), 200);
    world.fault(json!({"endpoint": "service", "reset": true, "times": 1})).await;
    assert_eq!(session.put("/put").body("b").send().await.unwrap().status(), 200);
    assert_eq!(world.exchanges().await, 1);
}

#[test]
async fn a_wrong_clock_is_corrected_once() {
    let world = World::open().await;
    let words = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
    let refusal = json!({"error": "invalid_grant", "error_description": words});
    let headers = json!({"date": "Fri, 15 Jan 2027 08:00:00 GMT"});
    let fault = json!({"endpoint": "token", "status": 400, "json": refusal, "headers": headers, "times": 2});
    world.fault(fault).await;
    let error = world.session().id_token().await.unwrap_err();
    assert_eq!((error.code, world.exchanges().await), (Code::ClockSkew, 2), "{error}");
}

#[test]
async fn what_is_no_retry_is_refused() {
    let open = |text: &str| Options::from_js(&JSON::parse(text).unwrap());
    for good in ["false", "{}", r#"{"attempts":5,"delay":0,"maxDelay":1000}"#] {
        assert!(open(&format!(r#"{{"retry":{good}}}"#)).is_ok(), "{good}");
    }
    for bad in ["true", "7", "[1]", r#"{"attempts":0}"#, r#"{"delay":-1}"#, r#"{"delay":"1"}"#, r#"{"limit":1}"#] {
        assert_eq!(open(&format!(r#"{{"retry":{bad}}}"#)).err().unwrap().code, Code::InvalidOption, "{bad}");
    }
}
