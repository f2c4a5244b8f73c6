//! The tests' end of `lab.js`, and short ways to what most of them need.

use cloud_run_auth::config::Retry;
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::fetch::{Error, Options, Response, Session};
use js_sys::Promise;
use serde_json::Value;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/fetch/lab.js")]
extern "C" {
    #[wasm_bindgen(js_name = Object)]
    pub(crate) type Lab;
    #[wasm_bindgen(catch, js_name = openLab)]
    async fn open_lab(root: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn origin(this: &Lab) -> String;
    #[wasm_bindgen(method, setter, js_name = hidesRedirects)]
    pub(crate) fn set_hides_redirects(this: &Lab, hides: bool);
    #[wasm_bindgen(method, catch)]
    async fn account(this: &Lab, pem: &str, known: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn service(this: &Lab) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    pub(crate) fn unique(this: &Lab, prefix: &str) -> String;
    #[wasm_bindgen(method, catch, js_name = make)]
    async fn make_there(this: &Lab, what: &str, given: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = fault)]
    async fn add_fault(this: &Lab, fault: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = rotateKeys)]
    pub(crate) async fn rotate_keys(this: &Lab) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = log)]
    async fn read_log(this: &Lab) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &Lab);
    #[wasm_bindgen(method, js_name = takeSent)]
    fn take_sent(this: &Lab) -> String;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn skip(this: &Lab, ms: f64) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(then: &js_sys::Function, ms: u32);
}

/// A service account, and the private service that it may call.
pub(crate) struct World {
    pub(crate) lab: Lab,
    pub(crate) key: String,
    pub(crate) base: String,
}

impl World {
    pub(crate) async fn open() -> World {
        World::build(true).await
    }

    /// The same, but the token endpoint does not know the account.
    pub(crate) async fn open_unknown() -> World {
        World::build(false).await
    }

    async fn build(known: bool) -> World {
        let lab: Lab = open_lab(env!("CARGO_MANIFEST_DIR")).await.unwrap().unchecked_into();
        let key = lab.account(&pem(), known).await.unwrap().as_string().unwrap();
        let base = lab.service().await.unwrap().as_string().unwrap();
        World { lab, key, base }
    }

    /// Nothing is tried again, unless a test says otherwise.
    pub(crate) fn options(&self) -> Options {
        Options::new().credential(self.key.as_str()).emulator(self.lab.origin()).retry(Retry::OFF)
    }

    pub(crate) fn session(&self) -> Session {
        Session::new(&self.base, self.options()).unwrap()
    }

    /// What the emulator's control plane makes under that name.
    pub(crate) async fn make(&self, what: &str, given: Value) -> Value {
        let made = self.lab.make_there(what, &given.to_string()).await.unwrap();
        serde_json::from_str(&made.as_string().unwrap()).unwrap()
    }

    /// Options with that credential in place of the service account's.
    pub(crate) fn options_of(&self, file: &Value) -> Options {
        self.options().credential(file.to_string())
    }

    /// One of Google's APIs.
    pub(crate) fn api(&self) -> String {
        format!("{}/storage/v1", self.lab.origin())
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.lab.add_fault(&fault.to_string()).await.unwrap();
    }

    /// What was sent since this was last asked, without the emulator's origin.
    pub(crate) fn sent(&self) -> Vec<String> {
        self.lab.take_sent().lines().map(|line| line.replace(&self.lab.origin(), "")).collect()
    }

    /// What the emulator saw at that endpoint.
    pub(crate) async fn seen(&self, endpoint: &str) -> Vec<Value> {
        let log: Vec<Value> = serde_json::from_str(&self.lab.read_log().await.unwrap().as_string().unwrap()).unwrap();
        log.into_iter().filter(|entry| entry["endpoint"] == endpoint).collect()
    }

    pub(crate) async fn exchanges(&self) -> usize {
        self.seen("token").await.len()
    }

    /// The statuses of the service's answers.
    pub(crate) async fn statuses(&self) -> Vec<u64> {
        self.seen("service").await.iter().filter_map(|entry| entry["status"].as_u64()).collect()
    }

    /// That an error is of that code and tells no secret.
    pub(crate) fn refused(&self, result: Result<Response, Error>, code: Code) -> AuthError {
        let shown = format!("{result:?}");
        let Err(Error::Auth(error)) = result else { panic!("expected {code:?}, saw {shown}") };
        assert_eq!(error.code, code, "{error}");
        self.tells_nothing(&format!("{error} {error:?} {shown}"));
        error
    }

    pub(crate) fn tells_nothing(&self, text: &str) {
        for line in pem().lines().filter(|line| !line.starts_with('-')) {
            assert!(!text.contains(line), "a line of the key in {text}");
        }
        assert!(!text.contains("eyJ") && !text.contains("PRIVATE"), "a token or a key in {text}");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.lab.close();
    }
}

pub(crate) fn pem() -> String {
    let keys: Value = serde_json::from_str(include_str!("../vectors/keys.json")).unwrap();
    keys["keys"]["pkcs8_2048"].as_str().unwrap().into()
}

pub(crate) async fn sleep(ms: u32) {
    let promise = Promise::new(&mut |resolve, _| set_timeout(&resolve, ms));
    wasm_bindgen_futures::JsFuture::from(promise).await.unwrap();
}

/// All at once, in the order of their places.
pub(crate) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, output) in waiting.iter_mut().filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *output = Some(value);
            }
        }
        if waiting.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}

/// What comes of a call, or nothing where the time is over first: then the call is dropped.
pub(crate) async fn first<T>(call: impl Future<Output = T>, time: impl Future<Output = ()>) -> Option<T> {
    let (mut call, mut time) = (pin!(call), pin!(time));
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => time.as_mut().poll(context).map(|()| None),
    })
    .await
}
