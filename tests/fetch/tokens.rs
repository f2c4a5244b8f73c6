//! How tokens are had, shared, kept and renewed, and what happens when they are not to be had.

use crate::lab::{World, all, first, sleep};
use cloud_run_auth::error::Code;
use cloud_run_auth::fetch::{Error, Session};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
async fn a_hundred_first_calls_make_one_exchange() {
    let world = World::open().await;
    let session = world.session();
    for answer in all((0..100).map(|_| session.get("/x").send())).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(world.exchanges().await, 1);
}

#[test]
async fn a_hundred_sessions_make_one_exchange() {
    let world = World::open().await;
    let sessions: Vec<Session> = (0..100).map(|_| world.session()).collect();
    for answer in all(sessions.iter().map(|session| session.get("/x").send())).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(world.exchanges().await, 1);
}

#[test]
async fn what_shapes_a_token_has_a_token_of_its_own() {
    let world = World::open().await;
    let session = world.session();
    let own = session.id_token().await.unwrap();
    let other = session.id_token_for("https://other.example").await.unwrap();
    let access = session.access_token(&["b", "a", "b"]).await.unwrap();
    assert!(own.expose() != other.expose() && own.expose() != access.expose());
    assert_eq!(session.access_token(&["a", "b"]).await.unwrap().expose(), access.expose());
    assert_eq!(session.id_token().await.unwrap().expose(), own.expose());
    assert_eq!(world.exchanges().await, 3);
    assert_ne!(session.new_id_token().await.unwrap().expose(), b"");
    assert_eq!(world.exchanges().await, 4);
    assert_eq!(session.id_token_for("a\r\nb").await.unwrap_err().code, Code::InvalidAudience);
    assert_eq!(session.access_token(&[]).await.unwrap_err().code, Code::InvalidScope);
    let paid = Session::new(&world.base, world.options().quota_project("p")).unwrap();
    let headers = paid.authorization_headers().await.unwrap();
    let shown: Vec<(&str, String)> =
        headers.iter().map(|(name, value)| (*name, value.expose_text().chars().take(10).collect())).collect();
    assert_eq!(shown, [("authorization", "Bearer eyJ".to_owned()), ("x-goog-user-project", "p".to_owned())]);
}

#[test]
async fn an_account_that_nobody_knows_is_refused_for_everyone_alike() {
    let world = World::open_unknown().await;
    let session = world.session();
    for answer in all((0..20).map(|_| session.get("/x").send())).await {
        let error = world.refused(answer, Code::ExchangeRefused);
        assert!(!error.transient && error.server.as_ref().unwrap().status == 400);
    }
    assert_eq!((world.exchanges().await, world.statuses().await.len()), (1, 0));
}

#[test]
async fn what_the_token_endpoint_can_do_wrong_has_a_name() {
    let world = World::open().await;
    let session = world.session();
    let away = json!({"location": "https://evil.example/"});
    for (mut fault, code, transient) in [
        (json!({"status": 503, "headers": {"retry-after": "7"}}), Code::ExchangeUnavailable, true),
        (json!({"reset": true}), Code::ExchangeUnavailable, true),
        (json!({"torn": true}), Code::ExchangeUnavailable, true),
        (json!({"body": "html"}), Code::InvalidAnswer, true),
        (json!({"body": "huge"}), Code::InvalidAnswer, true),
        (json!({"body": "endless"}), Code::InvalidAnswer, true),
        (json!({"idToken": "opaque"}), Code::InvalidAnswer, true),
        (json!({"status": 302, "headers": away}), Code::InvalidAnswer, false),
        (json!({"status": 403, "json": {"error": "access_denied"}}), Code::ExchangeRefused, false),
    ] {
        let retry_after_ms = fault["headers"]["retry-after"].as_str().map(|_| 7000);
        (fault["endpoint"], fault["times"]) = (json!("token"), json!(1));
        world.fault(fault.clone()).await;
        let error = world.refused(session.get("/x").send().await, code);
        assert_eq!((error.transient, error.retry_after_ms), (transient, retry_after_ms), "{fault}");
    }
    assert!(world.sent().iter().all(|sent| sent == "POST /token"));
    assert_eq!(session.get("/x").send().await.unwrap().status(), 200);
}

#[test]
async fn the_timeout_covers_the_exchange_and_ends_with_the_headers() {
    let world = World::open().await;
    let session = world.session();
    world.fault(json!({"endpoint": "token", "hang": true, "times": 1})).await;
    let error = world.refused(session.get("/x").timeout_ms(50).send().await, Code::Timeout);
    assert!(error.transient && error.message.contains("50 ms"));
    world.fault(json!({"endpoint": "service", "delay": 5000, "times": 1})).await;
    world.refused(session.get("/x").timeout_ms(100).send().await, Code::Timeout);
    world.fault(json!({"endpoint": "service", "slowBody": 150, "times": 1})).await;
    let response = session.post("/x").body("b").timeout_ms(100).send().await.unwrap();
    assert!(response.text().await.unwrap().contains("bodyBytes"));
}

#[test]
async fn a_service_that_cannot_be_reached_is_no_error_of_ours() {
    let world = World::open().await;
    let session = world.session();
    world.fault(json!({"endpoint": "service", "reset": true, "times": 1})).await;
    let error = session.get("/x").send().await.unwrap_err();
    assert!(matches!(&error, Error::Fetch(_)), "{error}");
    world.tells_nothing(&format!("{error} {error:?}"));
}

#[test]
async fn to_drop_a_call_is_to_give_it_up_and_another_goes_on() {
    let world = World::open().await;
    let session = world.session();
    world.fault(json!({"endpoint": "token", "hang": true, "times": 1})).await;
    let calls = [(0, 60), (20, 5000), (20, 5000)].map(|(begins, ends)| {
        let session = session.clone();
        async move {
            sleep(begins).await;
            first(session.get("/x").send(), sleep(ends)).await.map(|answer| answer.unwrap().status())
        }
    });
    let began = js_sys::Date::now();
    assert_eq!(all(calls).await, [None, Some(200), Some(200)]);
    assert!(js_sys::Date::now() - began < 1000.0, "nobody waited for a flight to be dead");
    assert_eq!(world.exchanges().await, 2);
}

#[test]
async fn a_flight_without_an_answer_is_taken_over_by_one() {
    let world = World::open().await;
    let session = world.session();
    world.fault(json!({"endpoint": "token", "hang": true, "times": 1})).await;
    let answers = all((0..10).map(|_| session.get("/x").timeout_ms(2600).send())).await;
    let had = answers.iter().filter(|answer| answer.is_ok()).count();
    // The one that was out for it does not come back in time.
    assert_eq!((had, world.exchanges().await), (9, 2));
}

#[test]
async fn a_token_about_to_end_is_used_while_one_call_gets_another() {
    let world = World::open().await;
    let session = world.session();
    let before = session.id_token().await.unwrap();
    world.lab.skip(3_450_000.0).await.unwrap();
    world.fault(json!({"endpoint": "token", "status": 503, "times": 1})).await;
    assert_eq!(session.get("/x").send().await.unwrap().status(), 200, "though no new one was to be had");
    for answer in all((0..20).map(|_| session.get("/x").send())).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(world.exchanges().await, 2, "for ten seconds after, nobody asks");
    assert_eq!(session.id_token().await.unwrap().expose(), before.expose());
    world.lab.skip(10_000.0).await.unwrap();
    for answer in all((0..20).map(|_| session.get("/x").send())).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(world.exchanges().await, 3);
    assert_ne!(session.id_token().await.unwrap().expose(), before.expose());
    world.lab.skip(3_600_000.0).await.unwrap();
    assert_eq!(session.get("/x").send().await.unwrap().status(), 200);
    assert_eq!((world.exchanges().await, world.statuses().await.iter().all(|status| *status == 200)), (4, true));
}

#[test]
async fn an_early_refresh_that_hangs_holds_its_call_up_for_two_seconds_at_most() {
    let world = World::open().await;
    let session = world.session();
    session.id_token().await.unwrap();
    world.lab.skip(3_450_000.0).await.unwrap();
    world.fault(json!({"endpoint": "token", "hang": true, "times": 1})).await;
    let began = js_sys::Date::now();
    assert!(session.get("/x").timeout_ms(1000).send().await.unwrap().text().await.is_ok());
    assert!(js_sys::Date::now() - began < 2500.0);
    assert_eq!(session.get("/x").send().await.unwrap().status(), 200);
    assert_eq!(world.exchanges().await, 2);
}

#[test]
async fn an_early_refresh_of_several_requests_has_two_seconds_for_all_of_them() {
    let world = World::open().await;
    let key: Value = serde_json::from_str(&world.key).unwrap();
    let email = format!("{}@tests.iam.gserviceaccount.com", world.lab.unique("sa"));
    world.make("impersonation", json!({"caller": key["client_email"], "target": email})).await;
    let url =
        format!("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
    let file = json!({"type": "impersonated_service_account", "source_credentials": key, "service_account_impersonation_url": url});
    let session = Session::new(&world.base, world.options_of(&file)).unwrap();
    session.id_token().await.unwrap();
    world.lab.skip(3_450_000.0).await.unwrap();
    for endpoint in ["token", "iam"] {
        world.fault(json!({"endpoint": endpoint, "delay": 1500, "times": 1})).await;
    }
    let began = js_sys::Date::now();
    assert_eq!(session.get("/x").send().await.unwrap().status(), 200);
    assert!(js_sys::Date::now() - began < 2500.0);
    // It failed, and is not tried again at once.
    assert_eq!(session.get("/x").send().await.unwrap().status(), 200);
    assert_eq!((world.exchanges().await, world.seen("iam").await.len()), (2, 2));
}
