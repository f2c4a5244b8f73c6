//! The base-URL rule: what is refused is refused before anything is sent.

use crate::lab::World;
use cloud_run_auth::error::Code;
use cloud_run_auth::fetch::{Options, Session};
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test as test;

const PATHS: &str = include_str!("../vectors/paths.json");
const BASES: &str = include_str!("../vectors/bases.json");

fn vectors(text: &str, name: &str) -> Vec<String> {
    let vectors: Value = serde_json::from_str(text).unwrap();
    vectors[name].as_array().unwrap().iter().map(|input| input.as_str().unwrap().to_owned()).collect()
}

#[test]
async fn hostile_paths_are_refused_with_nothing_sent() {
    let world = World::open().await;
    let session = world.session();
    for input in vectors(PATHS, "refused") {
        let input = input.as_str();
        let verbs = [session.get(input), session.post(input), session.put(input), session.patch(input)];
        for call in verbs.into_iter().chain([session.delete(input), session.head(input), session.fetch(input)]) {
            world.refused(call.send().await, Code::InvalidPath);
        }
    }
    assert_eq!(world.sent(), [""; 0]);
}

#[test]
async fn the_others_stay_below_the_base() {
    let world = World::open().await;
    let session = Session::new(&format!("{}/deep/base", world.base), world.options().audience(&world.base)).unwrap();
    session.get("/warm").send().await.unwrap();
    world.sent();
    let base = world.base.replace(&world.lab.origin(), "") + "/deep/base";
    for input in vectors(PATHS, "plain").into_iter().chain(vectors(PATHS, "careful")) {
        session.get(&input).send().await.unwrap();
        let sent = world.sent().join(" ");
        let rest = sent.strip_prefix("GET ").and_then(|sent| sent.strip_prefix(&base)).unwrap_or("outside");
        assert!(rest.is_empty() || rest.starts_with('/') || rest.starts_with('?'), "{input}: {sent}");
    }
}

#[test]
async fn absolute_urls_have_to_lie_below_the_base() {
    let world = World::open().await;
    let base = &world.base;
    let session = Session::new(&format!("{base}/api"), world.options().audience(base)).unwrap();
    for rest in ["/api", "/api/", "/api/x?y=1", "/api/./x", "/api?x"] {
        assert_eq!(session.fetch(&format!("{base}{rest}")).send().await.unwrap().status(), 200, "{rest}");
    }
    assert_eq!(session.fetch("/x").method("delete").send().await.unwrap().status(), 200);
    world.sent();
    let below = ["x", "/../x", "/%2e%2e/x", "\\x", "\t", "#f", "/x\u{feff}", "/a b", "/\u{85}"];
    let spoiled = below.into_iter().map(|rest| format!("{base}/api{rest}"));
    let elsewhere = ["https://evil.example/api", "javascript:alert(1)", "http:api", "data:,x"].map(String::from);
    let wrong = [base.clone(), format!(" {base}/api"), base.replace("://", "://u@") + "/api", world.lab.origin()];
    for url in spoiled.chain(elsewhere).chain(wrong) {
        world.refused(session.fetch(&url).send().await, Code::InvalidPath);
    }
    assert_eq!(world.sent(), [""; 0]);
}

#[test]
fn bases_that_are_none_are_refused_at_once() {
    for base in vectors(BASES, "refused") {
        assert_eq!(Session::new(&base, Options::new()).unwrap_err().code, Code::InvalidBaseUrl, "{base}");
    }
    assert!(Session::new("http://svc.example", Options::new()).is_err());
    assert!(Session::new("http://svc.example", Options::new().allow_insecure_requests()).is_ok());
}
