//! One call, as it is put together.

use super::headers::{carrier, merged};
use super::options::{is_duration, wrong};
use super::send::{Draft, deliver};
use super::session::Config;
use super::{Body, Error, Response, host, options};
use crate::error::{AuthError, Code};
use crate::text::{concat, contains};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use js_sys::Object;
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

/// One call, not sent yet.
///
/// ```no_run
/// use cloud_run_auth::fetch::{Error, Session};
/// # async fn run(session: Session) -> Result<(), Error> {
/// let call = session.put("/items/7").header("if-match", "\"3\"").query("notify", "no").timeout_ms(5_000);
/// let response = call.body("seven").send().await?;
/// # Ok(()) }
/// ```
#[must_use = "nothing is sent before send() is awaited"]
pub struct Call {
    config: Rc<Config>,
    url: Result<String, AuthError>,
    method: String,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Option<Body>,
    json: bool,
    init: Vec<(String, JsValue)>,
    timeout: Option<u32>,
    idempotent: bool,
}

impl Call {
    pub(super) fn new(config: &Rc<Config>, method: &str, url: Result<String, AuthError>) -> Call {
        Call {
            config: config.clone(),
            url,
            method: method.into(),
            headers: Vec::new(),
            query: Vec::new(),
            body: None,
            json: false,
            init: Vec::new(),
            timeout: config.timeout,
            idempotent: false,
        }
    }

    /// Another method than the one it began with.
    pub fn method(mut self, method: &str) -> Call {
        self.method = method.to_ascii_uppercase();
        self
    }

    /// A header, in place of the session's of the same name.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Call {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A name and a value more for the query.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Call {
        self.query.push((name.into(), value.into()));
        self
    }

    /// To send it twice is no more than to send it once, though its method does not say so: it may be [tried
    /// again](super::Options::retry).
    pub fn idempotent(mut self) -> Call {
        self.idempotent = true;
        self
    }

    /// What to send, in place of what was to be sent before.
    pub fn body(mut self, body: impl Into<Body>) -> Call {
        self.body = Some(body.into());
        self.json = false;
        self
    }

    /// A value to send as JSON, with its content type unless there is another.
    ///
    /// # Errors
    /// [`Error::Json`] where it has no form in JSON.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Result<Call, Error> {
        let value = value
            .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
            .map_err(|error| Error::Json(error.into()))?;
        let text = js_sys::JSON::stringify(&value).map_err(Error::Json)?;
        self.body = Some(Body(text.into()));
        self.json = true;
        Ok(self)
    }

    /// How long it may take until its headers are there, in place of the session's timeout.
    pub fn timeout_ms(mut self, ms: u32) -> Call {
        self.timeout = Some(ms);
        self
    }

    /// Another member of fetch's init, whatever the host knows: `redirect`, `cache`, `cf`. Of `redirect`, "follow" is the default
    /// and means our rule.
    pub fn init(mut self, name: &str, value: impl Into<JsValue>) -> Call {
        self.init.push((name.into(), value.into()));
        self
    }

    /// Sends it. Any answer of the service's is an answer, also one of 400 and above.
    ///
    /// # Errors
    /// [`Error::Auth`] where it may not be sent or there is no token, [`Error::Fetch`] where the service cannot be reached.
    pub async fn send(self) -> Result<Response, Error> {
        let (config, timeout) = (self.config.clone(), self.timeout);
        if !timeout.is_none_or(is_duration) {
            return Err(wrong("timeout", options::DURATION).into());
        }
        deliver(&config, self.draft()?, timeout).await.map(Response::new)
    }

    fn draft(self) -> Result<Draft, Error> {
        let mut all = self.config.headers.clone();
        all.extend(self.headers);
        let headers = merged(&all, self.config.carrier)?;
        if self.json && !headers.has("content-type").unwrap_or_default() {
            headers.set("content-type", "application/json").map_err(Error::Fetch)?;
        }
        let carrier = carrier(&headers, self.config.carrier).name();
        let init = init(&self.init)?;
        let redirect =
            self.init.iter().rev().find(|(name, _)| name == "redirect").and_then(|(_, value)| value.as_string());
        let replayable = self.body.as_ref().is_none_or(Body::is_replayable);
        if let Some(body) = &self.body {
            host::set(&init, "body", &body.0);
        }
        if !replayable {
            // Node asks for it in so many words, and no other value is defined.
            host::set(&init, "duplex", &"half".into());
        }
        Ok(Draft {
            url: with_query(self.url?, &self.query)?,
            method: self.method,
            headers,
            init,
            replayable,
            idempotent: self.idempotent,
            follows: redirect.is_none_or(|redirect| redirect == "follow"),
            carrier,
        })
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Everything else may hold a secret.
        f.debug_struct("Call").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What fetch gets beside what is ours to say.
fn init(members: &[(String, JsValue)]) -> Result<Object, AuthError> {
    let init = host::object(&[]);
    for (name, value) in members {
        if matches!(name.as_str(), "method" | "headers" | "body" | "signal") {
            return Err(AuthError::new(
                Code::InvalidOption,
                &["the init of a call has no ", name, ": there is a method for it; and to end a call, drop it."],
            ));
        }
        host::set(&init, name, value);
    }
    Ok(init)
}

fn with_query(url: String, query: &[(String, String)]) -> Result<String, Error> {
    if query.is_empty() {
        return Ok(url);
    }
    let params = UrlSearchParams::new().map_err(Error::Fetch)?;
    for (name, value) in query {
        params.append(name, value);
    }
    let params = String::from(params.to_string());
    Ok(concat(&[&url, if contains(&url, "?") { "&" } else { "?" }, &params]))
}
