//! Every type of credential that works here: who is seen to call, and what was asked for on the way.

use crate::lab::World;
use cloud_run_auth::error::Code;
use cloud_run_auth::fetch::{Options, Session};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test as test;

const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
const STORAGE: &str = "https://www.googleapis.com/auth/devstorage.read_only";

/// Who calls, as one of Google's APIs sees it.
async fn caller_of_api(world: &World, options: Options) -> String {
    let session = Session::new(&world.api(), options.scopes([STORAGE])).unwrap();
    let seen: Value = session.get("/b/x").send().await.unwrap().json().await.unwrap();
    seen["caller"].as_str().unwrap().into()
}

/// Who calls, as a private service and as one of Google's APIs see it.
async fn callers(world: &World, file: &Value) -> [String; 2] {
    let session = Session::new(&world.base, world.options_of(file)).unwrap();
    let seen: Value = session.get("/x").send().await.unwrap().json().await.unwrap();
    [seen["caller"].as_str().unwrap().into(), caller_of_api(world, world.options_of(file)).await]
}

/// A service account that may be acted as by that caller: its email, and the URL by which a file names it.
async fn account(world: &World, caller: &str) -> (String, String) {
    let email = format!("{}@tests.iam.gserviceaccount.com", world.lab.unique("sa"));
    world.make("impersonation", json!({"caller": caller, "target": email})).await;
    let url =
        format!("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
    (email, url)
}

/// A workload that a provider of that kind knows, and the file that describes it.
async fn workload(world: &World, provider: Value, token_type: &str, source: Value) -> Value {
    let pool = world.lab.unique("pool");
    let audience = format!("//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/{pool}/providers/p");
    let mut provider = provider;
    provider["audience"] = json!(audience);
    world.make("providers", provider).await;
    json!({"type": "external_account", "audience": audience, "subject_token_type": token_type, "token_url": "https://sts.googleapis.com/v1/token", "credential_source": source})
}

#[test]
async fn a_service_account() {
    let world = World::open().await;
    let key: Value = serde_json::from_str(&world.key).unwrap();
    let email = key["client_email"].as_str().unwrap();
    assert_eq!(callers(&world, &key).await, [email, email]);
    assert_eq!(world.seen("token").await.last().unwrap()["token"]["scope"], STORAGE);
}

#[test]
async fn a_service_account_that_signs_its_tokens_itself() {
    let world = World::open().await;
    let key: Value = serde_json::from_str(&world.key).unwrap();
    assert_eq!(caller_of_api(&world, world.options().self_signed()).await, key["client_email"]);
    assert_eq!(world.exchanges().await, 0);
}

#[test]
async fn a_service_account_for_a_user() {
    let world = World::open().await;
    let key = world
        .make("keys", json!({"email": format!("{}@x.example", world.lab.unique("d")), "delegatedScopes": [STORAGE]}))
        .await;
    let options = || world.options_of(&key).subject("ada@example.com");
    assert_eq!(caller_of_api(&world, options()).await, "ada@example.com");
    // No ID token ever names the user.
    let session = Session::new(&world.base, options()).unwrap();
    world.refused(session.get("/x").send().await, Code::UnsupportedCredential);
}

#[test]
async fn a_service_account_of_another_universe() {
    let world = World::open().await;
    let mut key: Value = serde_json::from_str(&world.key).unwrap();
    key["universe_domain"] = json!("u.example");
    assert_eq!(Session::new(&world.base, world.options_of(&key)).unwrap_err().code, Code::UnsupportedCredential);
    let session = Session::new(&world.base, world.options_of(&key).universe_domain("u.example")).unwrap();
    assert!(!session.access_token(&[STORAGE]).await.unwrap().expose().is_empty());
    assert_eq!(world.exchanges().await, 0, "that universe knows nothing but JWTs of its own");
}

#[test]
async fn an_authorized_user() {
    let world = World::open().await;
    let email = format!("{}@example.com", world.lab.unique("u"));
    let file = world.make("users", json!({"email": email})).await;
    assert_eq!(callers(&world, &file).await, [email.clone(), email]);
    let session = Session::new(&world.base, world.options_of(&file).user_id_tokens(false)).unwrap();
    world.refused(session.get("/x").send().await, Code::UnsupportedCredential);
    assert!(session.access_token(&[STORAGE]).await.is_ok());
}

#[test]
async fn an_external_account_authorized_user() {
    let world = World::open().await;
    let file = world.make("external-users", json!({"subject": world.lab.unique("w")})).await;
    assert!(caller_of_api(&world, world.options_of(&file)).await.starts_with("principal://"));
    let session = Session::new(&world.base, world.options_of(&file)).unwrap();
    world.refused(session.get("/x").send().await, Code::UnsupportedCredential);
}

#[test]
async fn an_impersonated_service_account_by_way_of_each_source() {
    let world = World::open().await;
    let key: Value = serde_json::from_str(&world.key).unwrap();
    let user = format!("{}@example.com", world.lab.unique("u"));
    let users = world.make("users", json!({"email": user})).await;
    let (inner, inner_url) = account(&world, &user).await;
    let nested = json!({"type": "impersonated_service_account", "source_credentials": users, "service_account_impersonation_url": inner_url});
    for (source, caller) in [(&key, key["client_email"].as_str().unwrap()), (&users, &user), (&nested, &inner)] {
        let (email, url) = account(&world, caller).await;
        let file = json!({"type": "impersonated_service_account", "source_credentials": source, "service_account_impersonation_url": url});
        assert_eq!(callers(&world, &file).await, [email.clone(), email], "as {caller}");
    }
}

#[test]
async fn an_impersonated_service_account_through_delegates() {
    let world = World::open().await;
    let key: Value = serde_json::from_str(&world.key).unwrap();
    let (between, _) = account(&world, key["client_email"].as_str().unwrap()).await;
    let (email, url) = account(&world, &between).await;
    let mut file = json!({"type": "impersonated_service_account", "source_credentials": key, "service_account_impersonation_url": url});
    let session = Session::new(&world.base, world.options_of(&file)).unwrap();
    let error = world.refused(session.get("/x").send().await, Code::ExchangeRefused);
    assert_eq!(error.server.as_ref().unwrap().error, "PERMISSION_DENIED");
    file["delegates"] = json!([format!("projects/-/serviceAccounts/{between}")]);
    assert_eq!(callers(&world, &file).await, [email.clone(), email]);
}

#[test]
async fn an_external_account_by_a_url() {
    let world = World::open().await;
    let job = world.make("github-jobs", json!({"repository": format!("o/{}", world.lab.unique("r"))})).await;
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    let mut file = workload(&world, json!({"kind": "oidc"}), jwt, Value::Null).await;
    let audience = file["audience"].as_str().unwrap();
    file["credential_source"] = json!({
        "url": format!("{}&audience={audience}", job["url"].as_str().unwrap()),
        "headers": {"Authorization": format!("Bearer {}", job["token"].as_str().unwrap())},
        "format": {"type": "json", "subject_token_field_name": "value"},
    });
    let caller = caller_of_api(&world, world.options_of(&file)).await;
    assert!(caller.starts_with("principal://"), "{caller}");
    // It is no account, and only accounts have ID tokens.
    let session = Session::new(&world.base, world.options_of(&file)).unwrap();
    world.refused(session.get("/x").send().await, Code::UnsupportedCredential);
    let (email, url) = account(&world, &caller).await;
    file["service_account_impersonation_url"] = json!(url);
    assert_eq!(callers(&world, &file).await, [email.clone(), email]);
}

#[test]
async fn an_external_account_by_the_role_of_an_instance_of_awss() {
    let world = World::open().await;
    let at = |path: &str| format!("{}/latest/{path}", world.lab.origin());
    world.make("imds", json!({"accountId": "111122223333", "role": "ci", "zone": "eu-west-1b"})).await;
    let source = json!({
        "environment_id": "aws1",
        "region_url": at("meta-data/placement/availability-zone"),
        "url": at("meta-data/iam/security-credentials"),
        "imdsv2_session_token_url": at("api/token"),
        "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
    });
    let provider = json!({"kind": "aws", "accountId": "111122223333", "signedTarget": true});
    let mut file = workload(&world, provider, "urn:ietf:params:aws:token-type:aws4_request", source).await;
    let caller = caller_of_api(&world, world.options_of(&file)).await;
    assert!(caller.starts_with("principal://") && caller.contains("/ci/"), "{caller}");
    let (email, url) = account(&world, &caller).await;
    file["service_account_impersonation_url"] = json!(url);
    assert_eq!(callers(&world, &file).await, [email.clone(), email]);
}

#[test]
async fn the_metadata_server() {
    let world = World::open().await;
    let email = format!("{}@tests.iam.gserviceaccount.com", world.lab.unique("m"));
    world.make("metadata", json!({"account": email, "scopes": [STORAGE, CLOUD_PLATFORM]})).await;
    assert_eq!(callers(&world, &json!({"type": "metadata_server"})).await, [email.clone(), email.clone()]);
    let asked: Vec<String> = world.sent().into_iter().filter(|sent| sent.contains("/computeMetadata/")).collect();
    assert!(asked.iter().all(|sent| sent.contains("/service-accounts/default/")) && asked.len() == 2, "{asked:?}");
    let named = json!({"type": "metadata_server", "service_account": email, "licenses": "TRUE"});
    assert_eq!(callers(&world, &named).await, [email.clone(), email]);
}
