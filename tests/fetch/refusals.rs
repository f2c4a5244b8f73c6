//! What this host cannot do, and what it does not take for an answer.

use crate::lab::World;
use cloud_run_auth::error::Code;
use cloud_run_auth::fetch::Session;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test as test;

const STORAGE: &str = "https://www.googleapis.com/auth/devstorage.read_only";

fn external(source: Value) -> Value {
    json!({"type": "external_account", "audience": "//iam.googleapis.com/x", "subject_token_type": "urn:t", "token_url": "https://sts.googleapis.com/v1/token", "credential_source": source})
}

#[test]
async fn what_there_is_not_here_is_refused_with_another_way_to_do_it() {
    let world = World::open().await;
    for (source, what) in [
        (json!({"file": "/token"}), "no files"),
        (json!({"executable": {"command": "/bin/token"}}), "no programs"),
        (json!({"executable": {"command": "/bin/token", "output_file": "/last"}}), "no programs"),
        (json!({"certificate": {"certificate_config_location": "/config"}}), "no files"),
        (json!({"certificate": {"use_default_certificate_config": true}}), "no files"),
    ] {
        let session = Session::new(&world.api(), world.options_of(&external(source)).scopes([STORAGE])).unwrap();
        for _ in 0..2 {
            let error = world.refused(session.get("/b/x").send().await, Code::UnsupportedByHost);
            assert!(error.message.contains(what) && error.message.contains("URL") && !error.transient, "{error}");
        }
    }
    assert_eq!(world.sent(), [""; 0]);
}

#[test]
async fn nothing_is_set_in_the_environment() {
    let world = World::open().await;
    let source = json!({"environment_id": "aws1"});
    let session = Session::new(&world.api(), world.options_of(&external(source)).scopes([STORAGE])).unwrap();
    world.refused(session.get("/b/x").send().await, Code::CredentialUnreadable);
    assert_eq!(world.sent(), [""; 0]);
}

#[test]
async fn an_answer_in_the_metadata_servers_place_is_none() {
    let world = World::open().await;
    let session = Session::new(&world.base, world.options_of(&json!({"type": "metadata_server"}))).unwrap();
    for headers in [json!({"metadata-flavor": ""}), json!({"metadata-flavor": "google"})] {
        world.fault(json!({"endpoint": "metadata", "headers": headers, "times": 1})).await;
        let error = world.refused(session.get("/x").send().await, Code::ExchangeUnavailable);
        assert!(error.message.contains("not Google's"), "{error}");
    }
    assert!(session.id_token().await.is_ok());
}

#[test]
async fn an_answer_that_is_encoded_more_than_once_is_refused() {
    let world = World::open().await;
    let session = world.session();
    let headers = json!({"content-encoding": "gzip, gzip"});
    world.fault(json!({"endpoint": "token", "headers": headers, "times": 1})).await;
    let error = world.refused(session.get("/x").send().await, Code::ExchangeUnavailable);
    assert!(error.message.contains("encoded more than once"), "{error}");
    assert!(session.id_token().await.is_ok());
}

#[test]
async fn a_user_who_took_the_consent_back_is_refused() {
    let world = World::open().await;
    for state in ["revoked", "reauth"] {
        let email = format!("{}@example.com", world.lab.unique("u"));
        let file = world.make("users", json!({"email": email})).await;
        world.make("user-state", json!({"user": email, "state": state})).await;
        let session = Session::new(&world.api(), world.options_of(&file).scopes([STORAGE])).unwrap();
        let error = world.refused(session.get("/b/x").send().await, Code::ExchangeRefused);
        assert_eq!(error.server.as_ref().unwrap().error, "invalid_grant");
        for secret in ["refresh_token", "client_secret"] {
            assert!(!format!("{error:?}").contains(file[secret].as_str().unwrap()), "{secret}");
        }
    }
}

#[test]
async fn a_subject_token_that_is_not_to_be_had_says_where() {
    let world = World::open().await;
    let source = json!({"url": format!("{}/_oidc/nothing", world.lab.origin())});
    let session = Session::new(&world.api(), world.options_of(&external(source)).scopes([STORAGE])).unwrap();
    let error = world.refused(session.get("/b/x").send().await, Code::InvalidAnswer);
    assert!(error.message.contains("HTTP 404") && error.message.contains("127.0.0.1"), "{error}");
}
