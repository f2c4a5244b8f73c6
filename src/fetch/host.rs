//! What this driver uses of its host, and nothing else: fetch, timers, clocks, WebCrypto.

use crate::secret::Secret;
use crate::time::Now;
use alloc::string::String;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use js_sys::{Array, Date, Error, Function, JsString, Object, Promise, Reflect, Uint8Array, global};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, ReadableStreamDefaultReader, Response, SubtleCrypto};

#[wasm_bindgen]
extern "C" {
    // Looked up at each call, so that a page may wrap it, and called bare, because elsewhere it loses its `this`.
    #[wasm_bindgen(catch, js_name = fetch)]
    fn bare_fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(then: &Function, ms: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(super) fn clear_timeout(timer: &JsValue);

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn monotonic() -> f64;
}

/// Both clocks.
pub(super) fn now() -> Now {
    Now::new(Date::now() as u64, monotonic() as u64)
}

/// One request, until its headers are there.
///
/// # Errors
/// What the host's fetch threw or rejected with.
pub(super) async fn fetch(url: &str, init: &Object) -> Result<Response, JsValue> {
    // A fetch that was put in its place may have a Response of its own.
    Ok(JsFuture::from(bare_fetch(url, init)?).await?.unchecked_into())
}

/// A wait on a timer of its own, which goes when the wait is given up.
pub(super) struct Sleep {
    over: JsFuture,
    resolve: Function,
    timer: JsValue,
}

impl Sleep {
    pub(super) fn new(ms: u64) -> Sleep {
        let (mut resolved, mut timer) = (Function::default(), JsValue::UNDEFINED);
        let over = Promise::new(&mut |resolve: Function, _reject: Function| {
            timer = set_timeout(&resolve, ms as f64);
            resolved = resolve;
        });
        Sleep { over: over.into(), resolve: resolved, timer }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.over).poll(context).map(|_| ())
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
        // A promise that never ends keeps its handlers, and what they hold of this module's memory, for good.
        let _ = self.resolve.call0(&JsValue::UNDEFINED);
    }
}

/// What comes of a future, or nothing where so many milliseconds are over first.
pub(super) async fn within<T>(ms: u64, future: impl Future<Output = T>) -> Option<T> {
    // What timers of hosts can count to; beyond, they are over at once.
    let mut over = Sleep::new(ms.min(i32::MAX as u64));
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Pin::new(&mut over).poll(context).map(|()| None),
    })
    .await
}

/// A private key, given as PKCS #8 DER, in the host's own keeping: it signs, and cannot be read out.
///
/// # Errors
/// What the host threw or rejected with.
pub(super) async fn import_key(der: &Secret) -> Result<CryptoKey, JsValue> {
    let bytes = Uint8Array::from(der.expose());
    let algorithm = object(&[("name", RSA.into()), ("hash", "SHA-256".into())]);
    let usages = Array::of1(&"sign".into());
    let imported = subtle()?.import_key_with_object("pkcs8", &bytes, &algorithm, false, &usages)?;
    // The host has its own copy once it has returned (Web Cryptography API, section 14.3.9).
    bytes.fill(0, 0, bytes.length());
    Ok(JsFuture::from(imported).await?.unchecked_into())
}

/// RSASSA-PKCS1-v1_5 with SHA-256.
///
/// # Errors
/// What the host threw or rejected with.
pub(super) async fn sign(key: &CryptoKey, input: &str) -> Result<Vec<u8>, JsValue> {
    let signed = subtle()?.sign_with_str_and_u8_array(RSA, key, input.as_bytes())?;
    Ok(Uint8Array::new(&JsFuture::from(signed).await?).to_vec())
}

/// Reads a body, but no more than so many bytes of it.
///
/// # Errors
/// What its stream rejects with.
pub(super) async fn read_at_most(response: &Response, most: usize) -> Result<Secret, JsValue> {
    let Some(body) = response.body() else { return Ok(Secret::new([])) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut chunks: Vec<Uint8Array> = Vec::new();
    let mut length = 0_usize;
    while length < most {
        let read = JsFuture::from(reader.read()).await?;
        if Reflect::get(&read, &"done".into())?.is_truthy() {
            break;
        }
        let chunk: Uint8Array = Reflect::get(&read, &"value".into())?.dyn_into()?;
        length = length.saturating_add(chunk.length() as usize);
        chunks.push(chunk);
    }
    if length >= most {
        ignore(reader.cancel());
    }
    // Put together in one allocation, so that no growing one leaves a part of the token behind.
    let mut whole = Vec::with_capacity(length);
    for chunk in chunks {
        let began = whole.len();
        whole.resize(began.saturating_add(chunk.length() as usize), 0);
        chunk.copy_to(whole.get_mut(began..).unwrap_or_default());
    }
    Ok(Secret::new(whole))
}

/// Lets a response's connection go.
pub(super) fn discard(response: &Response) {
    if let Some(body) = response.body() {
        ignore(body.cancel());
    }
}

/// An object without a prototype, so that nothing that was put into `Object.prototype` counts.
pub(super) fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::create(JsValue::NULL.unchecked_ref());
    for (name, value) in members {
        set(&object, name, value);
    }
    object
}

/// Sets a member of one of our own objects, which are never frozen.
pub(super) fn set(object: &Object, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// The words of the innermost cause, which say more than "fetch failed".
pub(super) fn reason(thrown: &JsValue) -> String {
    const DEEPEST: usize = 8;
    let mut error = thrown.clone();
    for _ in 0..DEEPEST {
        match Reflect::get(&error, &"cause".into()).ok().filter(|cause| cause.has_type::<Error>()) {
            Some(cause) => error = cause,
            None => break,
        }
    }
    let member = |name: &str| Reflect::get(&error, &name.into()).ok().and_then(|value| value.as_string());
    let words = ["message", "code", "name"].into_iter().filter_map(member).find(|words| !words.is_empty());
    words.unwrap_or_else(|| "an unknown fault".into())
}

const RSA: &str = "RSASSA-PKCS1-v1_5";

fn subtle() -> Result<SubtleCrypto, JsValue> {
    let missing =
        || JsValue::from(Error::new("there is no WebCrypto (crypto.subtle) here; in browsers it needs https"));
    let crypto =
        Reflect::get(&global(), &JsString::from("crypto")).ok().filter(JsValue::is_object).ok_or_else(missing)?;
    let subtle = crypto.unchecked_into::<Crypto>().subtle();
    if subtle.is_object() { Ok(subtle) } else { Err(missing()) }
}

/// A promise that may end as it likes. As a future, though never awaited, it is one whose rejection somebody handles.
fn ignore(promise: Promise) {
    drop(JsFuture::from(promise));
}
