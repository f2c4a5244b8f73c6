//! Single calls: what is sent, what comes back, what is sent again.

use crate::lab::World;
use cloud_run_auth::error::Code;
use cloud_run_auth::fetch::{Call, Carrier, Error, Session};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What the echoing service tells of a request.
async fn echo(call: Call) -> Value {
    let response = call.send().await.unwrap();
    assert_eq!(response.status(), 200);
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

#[test]
async fn a_call_carries_the_token_and_what_the_caller_gave() {
    let world = World::open().await;
    let options = world.options().user_agent("tests/1").quota_project("p").header("x-mine", "a").header("x-other", "b");
    let session = Session::new(&world.base, options).unwrap();
    let seen = echo(session.get("items").header("X-Mine", "c").query("q", "ä &").query("r", "2")).await;
    let text = |name: &str| seen[name].as_str().unwrap_or_default();
    assert_eq!((text("method"), text("path"), text("query")), ("GET", "/items", "q=%C3%A4+%26&r=2"));
    let header = |name: &str| seen["headers"][name].as_str().unwrap_or_default();
    assert_eq!((header("user-agent"), header("x-goog-user-project")), ("tests/1", "p"));
    assert_eq!((header("x-mine"), header("x-other")), ("c", "b"));
    assert!(header("authorization").starts_with("Bearer eyJ"));
    assert_eq!(text("aud"), world.base);
}

#[test]
async fn every_method_and_body_goes_out_as_it_is() {
    let world = World::open().await;
    let session = world.session();
    for (call, method) in [
        (session.get("/m"), "GET"),
        (session.post("/m"), "POST"),
        (session.put("/m"), "PUT"),
        (session.patch("/m"), "PATCH"),
        (session.delete("/m"), "DELETE"),
        (session.get("/m").method("propfind"), "PROPFIND"),
    ] {
        assert_eq!(echo(call).await["method"], method);
    }
    assert_eq!(session.head("/m").send().await.unwrap().status(), 200);
    assert_eq!(echo(session.put("/x").body(vec![104, 105])).await["body"], "hi");
    assert_eq!(echo(session.put("/x").body("text")).await["body"], "text");
}

#[test]
async fn values_go_out_as_json() {
    let world = World::open().await;
    let session = world.session();
    let value = json!({"name": "ä", "list": [1, null, true], "most": 9_007_199_254_740_991_i64});
    let seen = echo(session.post("").json(&value).unwrap()).await;
    assert_eq!(serde_json::from_str::<Value>(seen["body"].as_str().unwrap()).unwrap(), value);
    assert_eq!((&seen["headers"]["content-type"], &seen["path"]), (&json!("application/json"), &json!("")));
    let seen = echo(session.post("/x").header("content-type", "application/problem+json").json("a").unwrap()).await;
    assert_eq!(
        (&seen["headers"]["content-type"], &seen["body"]),
        (&json!("application/problem+json"), &json!("\"a\""))
    );
    assert!(
        matches!(session.post("").json(&u64::MAX), Err(Error::Json(_))),
        "more than a number of JavaScript's holds"
    );
}

#[test]
async fn answers_are_read_as_text_bytes_or_values() {
    #[derive(serde::Deserialize)]
    struct Seen {
        method: String,
        #[serde(rename = "bodyBytes")]
        body_bytes: u32,
        absent: Option<String>,
    }
    let world = World::open().await;
    let session = world.session();
    let response = session.post("/x").body("four").send().await.unwrap();
    assert!(response.ok() && response.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(response.header("x-none"), None);
    let seen: Seen = response.json().await.unwrap();
    assert_eq!((seen.method.as_str(), seen.body_bytes, seen.absent), ("POST", 4, None));
    assert!(matches!(response.text().await, Err(Error::Fetch(_))), "read twice");
    assert_eq!(session.get("/x").send().await.unwrap().bytes().await.unwrap().first(), Some(&b'{'));
    assert!(matches!(session.get("/x").send().await.unwrap().json::<Vec<u8>>().await, Err(Error::Json(_))));
    world.fault(json!({"endpoint": "service", "status": 503, "body": "down", "times": 1})).await;
    let response = session.get("/x").send().await.unwrap();
    assert_eq!((response.status(), response.into_inner().status()), (503, 503));
}

#[test]
async fn a_401_is_answered_by_one_call_more_with_a_new_token() {
    let world = World::open().await;
    let session = world.session();
    echo(session.get("/warm")).await;
    world.lab.rotate_keys().await.unwrap();
    assert_eq!(echo(session.post("/x").json(&1).unwrap()).await["body"], "1");
    assert_eq!((world.statuses().await, world.exchanges().await), (vec![200, 401, 200], 2));
    world.fault(json!({"endpoint": "service", "status": 401})).await;
    assert_eq!(session.get("/x").send().await.unwrap().status(), 401);
    assert_eq!((world.statuses().await.len(), world.exchanges().await), (5, 3));
}

#[test]
async fn a_streamed_body_is_not_sent_twice_but_the_token_goes() {
    let world = World::open().await;
    let session = world.session();
    echo(session.get("/warm")).await;
    world.lab.rotate_keys().await.unwrap();
    let stream = web_sys::Response::new_with_opt_str(Some("streamed")).unwrap().body().unwrap();
    assert_eq!(session.post("/x").body(JsValue::from(stream)).send().await.unwrap().status(), 401);
    echo(session.get("/next")).await;
    assert_eq!((world.statuses().await, world.exchanges().await), (vec![200, 401, 200], 2));
}

#[test]
async fn redirects_are_followed_as_fetch_does() {
    let world = World::open().await;
    let session = world.session();
    for (status, method, body) in [(303, "GET", ""), (302, "GET", ""), (307, "POST", "b")] {
        let location = json!({"location": "after?x=1#y"});
        world.fault(json!({"endpoint": "service", "status": status, "headers": location, "times": 1})).await;
        let seen = echo(session.post("/before").header("content-type", "text/mine").body("b")).await;
        let text = |name: &str| seen[name].as_str().unwrap_or_default();
        assert_eq!((text("method"), text("body"), text("path"), text("query")), (method, body, "/after", "x=1"));
        assert_eq!(seen["headers"]["content-type"].is_null(), method == "GET");
    }
    world.sent();
    let location = json!({"location": "again"});
    world.fault(json!({"endpoint": "service", "status": 302, "headers": location})).await;
    assert_eq!((session.get("/loop").send().await.unwrap().status(), world.sent().len()), (302, 6));
    let manual = session.get("/loop").init("redirect", "manual").send().await.unwrap();
    assert_eq!((manual.status(), world.sent().len()), (302, 1));
}

#[test]
async fn redirects_that_leave_the_origin_are_handed_back() {
    let world = World::open().await;
    let session = world.session();
    echo(session.get("/warm")).await;
    world.sent();
    let with_user = world.lab.origin().replace("://", "://user:pw@");
    let elsewhere =
        ["https://evil.example/x", "//evil.example/", &with_user, "javascript:alert(1)", "http://127.0.0.1:9/"];
    for location in elsewhere {
        for status in [301, 302, 303, 307, 308] {
            let headers = json!({"location": location});
            world.fault(json!({"endpoint": "service", "status": status, "headers": headers, "times": 1})).await;
            let response = session.post("/go").body("b").send().await.unwrap();
            assert_eq!((response.status(), response.header("location").as_deref()), (status, Some(location)));
            assert_eq!(world.sent().len(), 1, "{location}");
        }
    }
}

#[test]
async fn redirects_that_a_browser_hides_are_errors() {
    let world = World::open().await;
    let session = world.session();
    echo(session.get("/warm")).await;
    world.lab.set_hides_redirects(true);
    let headers = json!({"location": "after"});
    world.fault(json!({"endpoint": "service", "status": 302, "headers": headers, "times": 1})).await;
    world.sent();
    world.refused(session.get("/x").send().await, Code::RedirectRefused);
    assert_eq!(world.sent().len(), 1);
    world.fault(json!({"endpoint": "token", "status": 307, "headers": headers, "times": 1})).await;
    assert_eq!(session.new_id_token().await.unwrap_err().code, Code::ExchangeUnavailable);
    assert_eq!(world.sent(), ["POST /token"]);
}

#[test]
async fn the_token_goes_where_the_caller_leaves_room() {
    let world = World::open().await;
    let seen = echo(world.session().get("/x").header("Authorization", "Basic mine")).await;
    assert_eq!(seen["headers"]["authorization"], "Basic mine");
    assert!(seen["headers"]["x-serverless-authorization"].as_str().unwrap().starts_with("Bearer eyJ"));
    let session = Session::new(&world.base, world.options().authorization_header(Carrier::XServerlessAuthorization));
    let session = session.unwrap();
    assert!(echo(session.get("/x")).await["headers"]["authorization"].is_null());
    world.sent();
    world.refused(session.get("/x").header("x-serverless-authorization", "mine").send().await, Code::InvalidOption);
    world.refused(session.get("/x").header("x-a", "b\r\nc").send().await, Code::InvalidOption);
    world.refused(session.get("/x").init("headers", JsValue::NULL).send().await, Code::InvalidOption);
    world.refused(session.get("/x").timeout_ms(0).send().await, Code::InvalidOption);
    assert_eq!(world.sent(), [""; 0]);
}
