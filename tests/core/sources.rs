//! Where subject tokens come from, and where a search looks, step by step.

use cloud_run_auth::credential::{Credential, Terms};
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::grant::{Audience, Scopes, Target};
use cloud_run_auth::http::Request;
use cloud_run_auth::secret::Secret;
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Action, Event, Flow};
use serde_json::{Value, json};

const ACCOUNT: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/t@p.iam.gserviceaccount.com:generateAccessToken";
const NOW: Now = Now::new(1_800_000_000_000, 5_000);

fn external(source: Value) -> Value {
    json!({"type": "external_account", "audience": "//iam.googleapis.com/x", "subject_token_type": "urn:t", "token_url": "https://sts.googleapis.com/v1/token", "credential_source": source})
}

fn flow(file: &Value) -> Flow {
    let target = Target::access_token(Scopes::parse("s").unwrap());
    Flow::new(Credential::from_json(&file.to_string()).unwrap(), target)
}

/// The text of a file, of a program, or of variables by their names.
fn text(text: &str) -> Event {
    Event::Returned(Secret::new(text))
}

fn variables(all: &[(&str, &str)]) -> Event {
    text(&all.iter().map(|(name, value)| format!("\x01{name}\x02{value}")).collect::<String>())
}

fn sends(action: Action) -> Request {
    let Action::Send(request) = action else { panic!("{action:?}") };
    request
}

fn reads(action: Action) -> String {
    let Action::Read { path } = action else { panic!("{action:?}") };
    path
}

fn fails(action: Action) -> AuthError {
    let Action::Done(Err(error)) = action else { panic!("{action:?}") };
    error
}

#[test]
fn a_client_certificate_is_shown_and_its_chain_is_the_subject_token() {
    let source = json!({"certificate": {"use_default_certificate_config": true, "trust_chain_path": "/chain"}});
    for (vars, path) in [
        (&[("HOME", "/h")][..], "/h/.config/gcloud/certificate_config.json"),
        (&[("HOME", "/h"), ("CLOUDSDK_CONFIG", "/c")], "/c/certificate_config.json"),
        (&[("HOME", "/h"), ("GOOGLE_API_CERTIFICATE_CONFIG", "/own")], "/own"),
    ] {
        let mut flow = flow(&external(source.clone()));
        assert!(matches!(flow.step(Event::Begun, NOW), Action::Environment { .. }));
        assert_eq!(reads(flow.step(variables(vars), NOW)), path);
        let config = json!({"cert_configs": {"workload": {"cert_path": "/leaf", "key_path": "/key"}}});
        let Action::Certificates { leaf, chain } = flow.step(text(&config.to_string()), NOW) else { panic!() };
        assert_eq!((leaf.as_str(), chain.as_str()), ("/leaf", "/chain"));
        let request = sends(flow.step(text("[\"AA+/\",\"BB==\"]"), NOW));
        assert_eq!(request.client_certificate, "/leaf\n/key");
        let body = flow.secret(request.body.unwrap()).unwrap().expose_text();
        assert!(body.contains("&subject_token=%5B%22AA%2B%2F%22%2C%22BB%3D%3D%22%5D"), "{body}");
    }
    let mut flow = flow(&external(json!({"certificate": {"certificate_config_location": "/x"}})));
    flow.step(Event::Begun, NOW);
    assert_eq!(reads(flow.step(variables(&[]), NOW)), "/x");
    assert_eq!(fails(flow.step(text("{}"), NOW)).code, Code::CredentialUnreadable);
}

fn answered(body: &str) -> Event {
    Event::Answered(cloud_run_auth::http::Response {
        status: 200,
        date_ms: None,
        retry_after_ms: None,
        body: Secret::new(body),
    })
}

#[test]
fn a_client_certificate_is_shown_to_iam_too() {
    let mut file = external(json!({"certificate": {"certificate_config_location": "/x"}}));
    file["service_account_impersonation_url"] = json!(ACCOUNT);
    let mut flow = flow(&file);
    flow.step(Event::Begun, NOW);
    flow.step(variables(&[]), NOW);
    let config = json!({"cert_configs": {"workload": {"cert_path": "/leaf", "key_path": "/key"}}});
    flow.step(text(&config.to_string()), NOW);
    sends(flow.step(text("[\"AA==\"]"), NOW));
    let request = sends(flow.step(answered("{\"access_token\":\"a\"}"), NOW));
    assert_eq!((request.url.as_str(), request.client_certificate.as_str()), (ACCOUNT, "/leaf\n/key"));
}

#[test]
fn the_sources_quota_project_pays_for_acting_as_an_account() {
    let user = json!({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"});
    for (quota, pays) in [(json!("q"), Some("q")), (json!(null), None)] {
        let mut source = user.clone();
        source["quota_project_id"] = quota;
        let file = json!({"type": "impersonated_service_account", "service_account_impersonation_url": ACCOUNT, "source_credentials": source, "quota_project_id": "top"});
        let mut flow = flow(&file);
        sends(flow.step(Event::Begun, NOW));
        let request = sends(flow.step(answered("{\"access_token\":\"a\"}"), NOW));
        let payer = request.headers.iter().find(|(name, _)| name == "x-goog-user-project");
        assert_eq!(payer.map(|(_, project)| project.as_str()), pays);
    }
}

#[test]
fn a_place_in_a_message_is_a_host_and_nothing_of_the_request() {
    for url in [
        "https://oauth2.googleapis.com",
        "https://oauth2.googleapis.com?canary",
        "https://oauth2.googleapis.com/canary",
    ] {
        let file = json!({"type": "authorized_user", "client_id": "c", "client_secret": "canary", "refresh_token": "canary", "token_uri": url});
        let mut flow = flow(&file);
        sends(flow.step(Event::Begun, NOW));
        let error = fails(flow.step(Event::Failed("refused".into()), NOW));
        assert!(error.message.contains("(oauth2.googleapis.com)") && !error.message.contains("canary"), "{error}");
    }
}

#[test]
fn a_failure_without_words_is_a_failure() {
    for words in ["", " ", "\n", "\u{7f}"] {
        let mut flow = flow(&external(json!({"file": "/x"})));
        reads(flow.step(Event::Begun, NOW));
        assert_eq!(fails(flow.step(Event::Failed(words.into()), NOW)).code, Code::CredentialUnreadable, "{words:?}");
    }
}

#[test]
fn the_instances_role_is_asked_with_a_session_of_imdsv2() {
    let at = |path: &str| format!("http://169.254.169.254/latest/{path}");
    let mut flow = flow(&external(
        json!({"environment_id": "aws1", "region_url": at("zone"), "url": at("role"), "imdsv2_session_token_url": at("token")}),
    ));
    flow.step(Event::Begun, NOW);
    let answer = |body: &str| {
        Event::Answered(cloud_run_auth::http::Response {
            status: 200,
            date_ms: None,
            retry_after_ms: None,
            body: Secret::new(body),
        })
    };
    let request = sends(flow.step(variables(&[]), NOW));
    let ttl = ("x-aws-ec2-metadata-token-ttl-seconds".to_owned(), "300".to_owned());
    assert_eq!(
        (request.method.as_str(), request.url.as_str(), request.headers),
        ("PUT", at("token").as_str(), vec![ttl])
    );
    let session = vec![("x-aws-ec2-metadata-token".to_owned(), "S".to_owned())];
    for (came, url) in [("S\n", at("zone")), ("eu-west-1b\n", at("role")), ("my role", at("role/my%20role"))] {
        let request = sends(flow.step(answer(came), NOW));
        assert_eq!((request.method.as_str(), request.url, &request.headers), ("GET", url, &session));
    }
    let key = json!({"AccessKeyId": "id", "SecretAccessKey": "canary", "Token": "T"});
    let request = sends(flow.step(answer(&key.to_string()), NOW));
    let body = flow.secret(request.body.unwrap()).unwrap().expose_text();
    assert!(body.contains("20270115%252Feu-west-1%252Fsts%252Faws4_request") && !body.contains("canary"), "{body}");
    assert!(body.contains("20270115T080000Z") && body.contains("sts.eu-west-1.amazonaws.com"), "{body}");
}

#[test]
fn what_is_not_a_success_or_no_line_is_no_subject_token() {
    for (status, body) in [(404, "token"), (200, ""), (200, "two\nlines"), (302, "token"), (200, "a\0b")] {
        let mut flow = flow(&external(json!({"url": "http://169.254.169.254/x"})));
        flow.step(Event::Begun, NOW);
        let body = Secret::new(body);
        let answer = cloud_run_auth::http::Response { status, date_ms: None, retry_after_ms: None, body };
        let error = fails(flow.step(Event::Answered(answer), NOW));
        assert_eq!((error.code, error.transient), (Code::InvalidAnswer, true), "{status}");
    }
}

#[test]
fn a_search_looks_at_each_place_and_tells_of_each() {
    let terms = Terms::google();
    let target = Target::id_token(Audience::parse("https://a.example").unwrap());
    let mut flow = Flow::new(Credential::search("", &terms), target);
    let Action::Environment { names } = flow.step(Event::Begun, NOW) else { panic!() };
    assert!(names.iter().any(|name| name == "K_SERVICE"));
    let path = reads(flow.step(variables(&[("HOME", "/h"), ("GCE_METADATA_HOST", "m:1")]), NOW));
    assert_eq!(path, "/h/.config/gcloud/application_default_credentials.json");
    let request = sends(flow.step(Event::Failed("ENOENT".into()), NOW));
    assert_eq!((request.url.as_str(), request.timeout_ms), ("http://m:1/", 500));
    let Action::Run { command, .. } = flow.step(Event::Failed("refused".into()), NOW) else { panic!() };
    assert_eq!(command, "gcloud auth print-identity-token --quiet");
    let error = fails(flow.step(Event::Failed("no such program".into()), NOW));
    assert_eq!((error.code, error.transient), (Code::CredentialNotFound, false));
    for part in [
        "GOOGLE_APPLICATION_CREDENTIALS",
        &path,
        "ENOENT",
        "metadata server: refused",
        "gcloud itself: no such program",
    ] {
        assert!(error.message.contains(part), "{part}: {error}");
    }
}

#[test]
fn what_gcloud_prints_is_kept_for_a_minute_or_as_long_as_it_says() {
    for (target, printed, life_ms) in [
        (Target::access_token(Scopes::parse("s").unwrap()), "ya29.opaque\n", Some(60_000)),
        (Target::id_token(Audience::parse("a").unwrap()), "two\nlines", None),
        (Target::id_token(Audience::parse("a").unwrap()), "", None),
    ] {
        let mut flow = Flow::new(Credential::search("", &Terms::google()), target);
        flow.step(Event::Begun, NOW);
        reads(flow.step(variables(&[("HOME", "/h"), ("METADATA_SERVER_DETECTION", "none")]), NOW));
        assert!(matches!(flow.step(Event::Failed("ENOENT".into()), NOW), Action::Run { .. }));
        match (flow.step(text(printed), NOW), life_ms) {
            (Action::Done(Ok(outcome)), Some(life_ms)) => assert_eq!(outcome.life_ms, life_ms),
            (Action::Done(Err(error)), None) => {
                assert_eq!(error.code, Code::CredentialNotFound);
                assert!(error.message.contains("gcloud itself: it printed no token"), "{error}");
            }
            (other, _) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_search_that_finds_a_bad_file_says_which() {
    let mut flow =
        Flow::new(Credential::search("", &Terms::google()), Target::access_token(Scopes::parse("s").unwrap()));
    flow.step(Event::Begun, NOW);
    flow.step(variables(&[("CLOUDSDK_CONFIG", "/c")]), NOW);
    let error = fails(flow.step(text("{}"), NOW));
    assert_eq!(error.code, Code::InvalidCredential);
    assert!(error.message.contains("gcloud's file (/c/application_default_credentials.json)"), "{error}");
}
