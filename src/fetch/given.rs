//! Options as a JavaScript object. Only its own properties count, so that a polluted `Object.prototype` changes nothing.

use super::host::{object, reason, set};
use super::options::{Carrier, DURATION, HOSTS, Options, Store, Timeout, VISIBLE, is_duration, wrong};
use crate::config::Retry;
use crate::error::{AuthError, Code, shown};
use crate::secret::Secret;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Url};

impl Options {
    /// Reads the object that the npm package takes too: `credential` (JSON text or object), `audience`, `scopes`, `subject`,
    /// `universeDomain`, `credentialType`, `selfSigned`, `userIdTokens`, `onRefreshToken`, `quotaProject`, `timeout` (milliseconds or
    /// `false`), `retry` (`attempts`, `delay` and `maxDelay`, or `false`), `userAgent`, `headers`, `authorizationHeader`, `allowedHosts`,
    /// `endpoints`.
    ///
    /// ```no_run
    /// use cloud_run_auth::fetch::Options;
    /// # fn run(given: wasm_bindgen::JsValue) -> Result<(), cloud_run_auth::error::AuthError> {
    /// let options = Options::from_js(&given)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `invalid_option`, `invalid_audience`, `invalid_scope` or `invalid_credential`; the message names the option and holds no value.
    pub fn from_js(given: &JsValue) -> Result<Options, AuthError> {
        if given.is_undefined() {
            return Ok(Options::new());
        }
        let invalid = |pieces: &[&str]| AuthError::new(Code::InvalidOption, pieces);
        let given = given
            .dyn_ref::<Object>()
            .filter(|given| !given.is_function())
            .ok_or_else(|| invalid(&["the options are not an object."]))?;
        let own = object(&[]);
        for name in Object::keys(given).iter() {
            let text = name.as_string().unwrap_or_default();
            if !NAMES.contains(&text.as_str()) {
                return Err(invalid(&["there is no option ", &shown(&text), ". There are: ", &NAMES.join(", "), "."]));
            }
            let value = Reflect::get(given, &name).map_err(|_| wrong(&text, "something that can be read"))?;
            if value.is_null() {
                return Err(wrong(&text, "something, or left out"));
            }
            set(&own, &text, &value);
        }
        read_all(&own)?.checked()
    }
}

const NAMES: [&str; 17] = [
    "credential",
    "audience",
    "scopes",
    "subject",
    "universeDomain",
    "credentialType",
    "selfSigned",
    "userIdTokens",
    "onRefreshToken",
    "quotaProject",
    "timeout",
    "retry",
    "userAgent",
    "headers",
    "authorizationHeader",
    "allowedHosts",
    "endpoints",
];

fn read_all(own: &Object) -> Result<Options, AuthError> {
    let hosts: Vec<String> = read(own, "allowedHosts", HOSTS)?.unwrap_or_default();
    if hosts.iter().any(|host| host.is_empty() || host.contains(' ')) {
        return Err(wrong("allowedHosts", HOSTS));
    }
    Ok(Options {
        credential: read_credential(&get(own, "credential"))?,
        audience: read(own, "audience", VISIBLE)?,
        scopes: read_scopes(own)?,
        subject: read(own, "subject", VISIBLE)?,
        universe_domain: read(own, "universeDomain", VISIBLE)?,
        credential_type: read(own, "credentialType", VISIBLE)?,
        self_signed: read(own, "selfSigned", FLAG)?.unwrap_or_default(),
        no_user_id_tokens: read(own, "userIdTokens", FLAG)? == Some(false),
        store: read_store(&get(own, "onRefreshToken"))?,
        quota_project: read(own, "quotaProject", VISIBLE)?,
        timeout: read_timeout(&get(own, "timeout"))?,
        retry: read_retry(&get(own, "retry"))?,
        user_agent: read(own, "userAgent", VISIBLE)?,
        headers: read_headers(&get(own, "headers"))?,
        carrier: read_carrier(own)?,
        allowed_hosts: hosts.join(" "),
        emulator: read_emulator(own)?,
        insecure: false,
    })
}

/// An option of a plain type. What serde says of a value that is not of that type may hold the value, so it is not passed on.
fn read<T: DeserializeOwned>(own: &Object, name: &str, expected: &str) -> Result<Option<T>, AuthError> {
    serde_wasm_bindgen::from_value(get(own, name)).map_err(|_| wrong(name, expected))
}

fn get(own: &Object, name: &str) -> JsValue {
    Reflect::get(own, &name.into()).unwrap_or_default()
}

/// The file's text, or what was parsed from it.
fn read_credential(value: &JsValue) -> Result<Option<Secret>, AuthError> {
    if value.is_undefined() {
        return Ok(None);
    }
    if let Some(text) = value.as_string() {
        return Ok(Some(text.into()));
    }
    if !value.is_object() || value.is_function() || Array::is_array(value) {
        return Err(wrong("credential", "JSON text or an object"));
    }
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    let not_plain = || {
        AuthError::new(
            Code::InvalidCredential,
            &["the credential is an object that is not plain JSON. Give the content of the key file."],
        )
    };
    Ok(Some(text.ok_or_else(not_plain)?.into()))
}

fn read_scopes(own: &Object) -> Result<Option<String>, AuthError> {
    let scopes: Option<Vec<String>> = read(own, "scopes", SCOPES)?;
    let Some(scopes) = scopes else { return Ok(None) };
    if scopes.is_empty() || scopes.iter().any(String::is_empty) {
        return Err(wrong("scopes", SCOPES));
    }
    Ok(Some(scopes.join(" ")))
}

/// A function, whose promise is awaited if it returns one.
fn read_store(value: &JsValue) -> Result<Option<Store>, AuthError> {
    if value.is_undefined() {
        return Ok(None);
    }
    let store: Function = value.clone().dyn_into().map_err(|_| wrong("onRefreshToken", "a function"))?;
    Ok(Some(Rc::new(move |token| {
        let called = store.call1(&JsValue::UNDEFINED, &token.expose_text().into());
        Box::pin(async move {
            let stored = called.map(|returned| JsFuture::from(Promise::resolve(&returned)));
            stored.map_err(|thrown| reason(&thrown))?.await.map(|_| ()).map_err(|thrown| reason(&thrown))
        })
    })))
}

fn read_timeout(value: &JsValue) -> Result<Timeout, AuthError> {
    if value.is_undefined() {
        return Ok(Timeout::default());
    }
    if value.as_bool() == Some(false) {
        return Ok(Timeout(None));
    }
    let ms = value.as_f64().map(|ms| if ms > 0.0 { ms.ceil() as u32 } else { 0 });
    ms.filter(|ms| is_duration(*ms)).map(|ms| Timeout(Some(ms))).ok_or_else(|| wrong("timeout", DURATION))
}

/// Of the three members each may be left out, and no others may be there.
fn read_retry(value: &JsValue) -> Result<Retry, AuthError> {
    if value.is_undefined() {
        return Ok(Retry::USUAL);
    }
    if value.as_bool() == Some(false) {
        return Ok(Retry::OFF);
    }
    let refuse = || wrong("retry", "false, or of { attempts, delay, maxDelay }, each a whole number");
    let given = value.dyn_ref::<Object>().ok_or_else(refuse)?;
    let mut retry = Retry::USUAL;
    for name in Object::keys(given).iter() {
        let member = Reflect::get(given, &name).map_err(|_| refuse())?;
        let number = member.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=2_147_483_647.0).contains(number));
        let number = number.ok_or_else(refuse)? as u32;
        match name.as_string().as_deref() {
            Some("attempts") if number > 0 => retry.attempts = number,
            Some("delay") => retry.delay_ms = number.into(),
            Some("maxDelay") => retry.longest_ms = number.into(),
            _ => return Err(refuse()),
        }
    }
    Ok(retry)
}

/// Whatever `Headers` can be made of.
fn read_headers(value: &JsValue) -> Result<Vec<(String, String)>, AuthError> {
    if value.is_undefined() {
        return Ok(Vec::new());
    }
    let refuse = || wrong("headers", "what Headers can be made of");
    let headers = value
        .dyn_ref::<Object>()
        .and_then(|value| Headers::new_with_record_from_str_to_str(value).ok())
        .ok_or_else(refuse)?;
    let pairs = headers
        .entries()
        .into_iter()
        .map(|pair| serde_wasm_bindgen::from_value(pair.map_err(|_| refuse())?).map_err(|_| refuse()));
    pairs.collect()
}

fn read_carrier(own: &Object) -> Result<Option<Carrier>, AuthError> {
    let name: Option<String> = read(own, "authorizationHeader", CARRIERS)?;
    let Some(name) = name else { return Ok(None) };
    let known =
        [Carrier::Authorization, Carrier::XServerlessAuthorization].into_iter().find(|carrier| carrier.name() == name);
    known.map(Some).ok_or_else(|| wrong("authorizationHeader", CARRIERS))
}

fn read_emulator(own: &Object) -> Result<Option<String>, AuthError> {
    match get(own, "endpoints").dyn_into::<Url>() {
        Ok(url) => Ok(Some(url.origin())),
        Err(_) => {
            read(own, "endpoints", "the origin of an emulator on this machine, such as \"http://127.0.0.1:8085\"")
        }
    }
}

const FLAG: &str = "true or false";
const SCOPES: &str = "an array of texts";
const CARRIERS: &str = "\"authorization\" or \"x-serverless-authorization\"";
