//! Sessions for Google's APIs: access tokens for scopes, who pays, and refresh tokens that come in place of others.

use crate::lab::{World, all};
use cloud_run_auth::error::Code;
use cloud_run_auth::fetch::{Options, Session};
use cloud_run_auth::secret::Secret;
use js_sys::{Array, Function, JSON, Reflect};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;

const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
const STORAGE: &str = "https://www.googleapis.com/auth/devstorage.read_only";

/// What the API tells of a call.
async fn seen(session: &Session) -> Value {
    session.get("/b/x").send().await.unwrap().json().await.unwrap()
}

/// A user whose refresh token is replaced with each use.
async fn rotating(world: &World) -> Value {
    let email = format!("{}@example.com", world.lab.unique("u"));
    world.make("users", json!({"email": email, "rotate": true})).await
}

#[test]
async fn scopes_are_asked_for_each_once_and_in_order() {
    let world = World::open().await;
    let open = |scopes: &[&str]| Session::new(&world.api(), world.options().scopes(scopes)).unwrap();
    let session = open(&[STORAGE, CLOUD_PLATFORM, STORAGE]);
    assert_eq!(seen(&session).await["scopes"], json!([CLOUD_PLATFORM, STORAGE]));
    seen(&open(&[CLOUD_PLATFORM, STORAGE])).await;
    assert_eq!(world.exchanges().await, 1);
    let access = session.access_token(&[STORAGE, CLOUD_PLATFORM]).await.unwrap();
    let headers = session.authorization_headers().await.unwrap();
    assert_eq!(headers[0].1.expose_text(), format!("Bearer {}", access.expose_text()));
    assert_ne!(session.new_access_token(&[STORAGE, CLOUD_PLATFORM]).await.unwrap().expose(), access.expose());
    assert_eq!(world.exchanges().await, 2);
    session.id_token().await.unwrap();
    assert_eq!(world.seen("token").await.last().unwrap()["token"]["audience"], world.lab.origin() + "/storage/v1");
}

#[test]
async fn a_new_token_is_had_where_an_api_would_not_have_the_old_one() {
    let world = World::open().await;
    let session = Session::new(&world.api(), world.options().scopes([STORAGE])).unwrap();
    seen(&session).await;
    // Voids access tokens, and sets the emulator's clock right, which ours is no longer.
    world.make("reset", json!({})).await;
    world.lab.skip(0.0).await.unwrap();
    assert_eq!(seen(&session).await["scopes"], json!([STORAGE]));
    assert_eq!(world.exchanges().await, 1);
}

#[test]
fn what_scopes_cannot_be_is_refused_at_once() {
    let open = |options: Options| Session::new("https://storage.googleapis.com", options).map(|_| ()).unwrap_err().code;
    let none: [&str; 0] = [];
    assert_eq!(open(Options::new().scopes(none)), Code::InvalidScope);
    for scope in ["", " ", "a\r\nb", "ä", "a\"b"] {
        assert_eq!(open(Options::new().scopes([scope])), Code::InvalidScope, "{scope:?}");
    }
    assert_eq!(open(Options::new().scopes([STORAGE]).audience("https://svc.example")), Code::InvalidOption);
    for options in
        [Options::new().subject("a\r\nb"), Options::new().universe_domain(""), Options::new().credential_type("a b")]
    {
        assert_eq!(open(options), Code::InvalidOption);
    }
    let other = r#"{"type": "authorized_user"}"#;
    let typed = Options::new().credential(other).credential_type("service_account");
    assert_eq!(open(typed), Code::UnsupportedCredential);
}

#[test]
async fn the_project_of_the_credentials_file_pays_for_calls_of_apis() {
    let world = World::open().await;
    let email = format!("{}@example.com", world.lab.unique("u"));
    let file = world.make("users", json!({"email": email, "quotaProjectId": "files"})).await;
    let open = |options: Options| Session::new(&world.api(), options.scopes([STORAGE])).unwrap();
    let session = open(world.options_of(&file));
    assert_eq!(seen(&session).await["quotaProject"], "files");
    let headers = session.authorization_headers().await.unwrap();
    let shown: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    assert_eq!((shown, headers[1].1.expose_text()), (vec!["authorization", "x-goog-user-project"], "files"));
    let own = session.get("/b/x").header("X-Goog-User-Project", "calls").send().await.unwrap();
    assert_eq!(own.json::<Value>().await.unwrap()["quotaProject"], "calls");
    for options in [
        world.options_of(&file).quota_project("options"),
        world.options_of(&file).header("x-goog-user-project", "options"),
    ] {
        let session = open(options);
        assert_eq!(seen(&session).await["quotaProject"], "options");
        assert_eq!(session.authorization_headers().await.unwrap()[1].1.expose_text(), "options");
    }
    // What a private service is called with says nothing of it.
    let session = Session::new(&world.base, world.options_of(&file)).unwrap();
    let echo: Value = session.get("/x").send().await.unwrap().json().await.unwrap();
    assert!(echo["headers"]["x-goog-user-project"].is_null());
    assert_eq!(session.authorization_headers().await.unwrap().len(), 1);
}

#[test]
async fn the_token_leaves_authorization_to_the_session_that_sets_it() {
    let world = World::open().await;
    let session = Session::new(&world.base, world.options().header("Authorization", "Basic mine")).unwrap();
    let headers = session.authorization_headers().await.unwrap();
    assert_eq!(headers[0].0, "x-serverless-authorization");
}

#[test]
async fn a_refresh_token_that_came_in_place_of_the_files_is_handed_on() {
    let world = World::open().await;
    let file = rotating(&world).await;
    let told: Rc<RefCell<Vec<String>>> = Rc::default();
    let fails = Rc::new(RefCell::new(true));
    let options = {
        let (told, fails) = (told.clone(), fails.clone());
        world.options_of(&file).on_refresh_token(move |token: Secret| {
            told.borrow_mut().push(token.expose_text().into());
            let fails = fails.replace(false);
            async move { if fails { Err("the disk is full") } else { Ok(()) } }
        })
    };
    let session = Session::new(&world.api(), options.scopes([STORAGE])).unwrap();
    let error = world.refused(session.get("/b/x").send().await, Code::CredentialFunctionFailed);
    assert!(error.message.contains("the disk is full"), "{error}");
    seen(&session).await;
    seen(&session).await;
    let first = told.take();
    assert!(first.len() == 2 && first[0] == first[1] && json!(first[0]) != file["refresh_token"], "told until stored");
    session.new_access_token(&[STORAGE]).await.unwrap();
    let second = told.take();
    assert!(second.len() == 1 && second[0] != first[0]);
    // Another session of the same file goes on with the last one, and is told it, too.
    let told: Rc<RefCell<Vec<String>>> = Rc::default();
    let also = told.clone();
    let options = world.options_of(&file).on_refresh_token(move |token: Secret| {
        also.borrow_mut().push(token.expose_text().into());
        async { Ok::<(), String>(()) }
    });
    let other = Session::new(&world.api(), options.scopes([STORAGE])).unwrap();
    for answer in all((0..3).map(|_| other.get("/b/x").send())).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert!(told.take().iter().all(|token| *token == second[0]));
    // What was stored is good for the next instance.
    let mut stored = file.clone();
    stored["refresh_token"] = json!(second[0]);
    seen(&Session::new(&world.api(), world.options_of(&stored).scopes([STORAGE])).unwrap()).await;
}

#[test]
async fn a_refresh_token_is_handed_on_also_where_there_is_no_token_in_the_end() {
    let world = World::open().await;
    let target = "nobody@tests.iam.gserviceaccount.com";
    let url =
        format!("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{target}:generateAccessToken");
    let file = json!({"type": "impersonated_service_account", "source_credentials": rotating(&world).await, "service_account_impersonation_url": url});
    let told: Rc<RefCell<usize>> = Rc::default();
    let count = told.clone();
    let options = world.options_of(&file).on_refresh_token(move |_| {
        *count.borrow_mut() += 1;
        async { Ok::<(), String>(()) }
    });
    let session = Session::new(&world.api(), options.scopes([STORAGE])).unwrap();
    for calls in 1..=2 {
        world.refused(session.get("/b/x").send().await, Code::ExchangeRefused);
        assert_eq!(*told.borrow(), calls);
    }
}

#[test]
async fn what_stores_a_refresh_token_has_no_longer_than_the_call() {
    let world = World::open().await;
    let file = rotating(&world).await;
    let options = world.options_of(&file).on_refresh_token(|_| core::future::pending::<Result<(), String>>());
    let session = Session::new(&world.api(), options.scopes([STORAGE])).unwrap();
    world.refused(session.get("/b/x").timeout_ms(200).send().await, Code::CredentialFunctionFailed);
}

#[test]
async fn an_object_of_javascripts_says_the_same_of_apis() {
    let world = World::open().await;
    let file = rotating(&world).await;
    let given = json!({
        "credential": file, "endpoints": world.lab.origin(), "scopes": [STORAGE], "credentialType": "authorized_user",
        "universeDomain": "googleapis.com", "selfSigned": false, "userIdTokens": false,
    });
    let given = JSON::parse(&given.to_string()).unwrap();
    let told = Array::new();
    let push: Function = Reflect::get(&told, &"push".into()).unwrap().unchecked_into();
    Reflect::set(&given, &"onRefreshToken".into(), &push.bind0(&told)).unwrap();
    let session = Session::new(&world.api(), Options::from_js(&given).unwrap()).unwrap();
    seen(&session).await;
    assert_eq!(told.length(), 1);
    assert_ne!(told.get(0).as_string().unwrap(), file["refresh_token"].as_str().unwrap());
    assert_eq!(session.id_token().await.unwrap_err().code, Code::UnsupportedCredential);
    let throws = Function::new_no_args("throw new TypeError('no room')");
    Reflect::set(&given, &"onRefreshToken".into(), &throws).unwrap();
    let session = Session::new(&world.api(), Options::from_js(&given).unwrap()).unwrap();
    let error = world.refused(session.get("/b/x").send().await, Code::CredentialFunctionFailed);
    assert!(error.message.contains("no room"), "{error}");
}
