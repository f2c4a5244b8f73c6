//! What a call gets.

use super::Error;
use alloc::string::String;
use alloc::vec::Vec;
use js_sys::{Promise, Uint8Array};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// The host's own `Response`, of any status, its body not read yet.
///
/// ```no_run
/// use cloud_run_auth::fetch::{Error, Session};
/// # async fn run(session: Session) -> Result<(), Error> {
/// let response = session.get("/items").send().await?;
/// assert!(response.ok(), "status {}", response.status());
/// let names: Vec<String> = response.json().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Response(web_sys::Response);

impl Response {
    pub(super) fn new(response: web_sys::Response) -> Response {
        Response(response)
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// Whether the status is one of success, 200 to 299.
    pub fn ok(&self) -> bool {
        self.0.ok()
    }

    /// A header, if it came and may be seen.
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name).ok().flatten()
    }

    /// The body as text.
    ///
    /// # Errors
    /// [`Error::Fetch`] where it breaks off or was read before.
    pub async fn text(&self) -> Result<String, Error> {
        let text = whole(self.0.text()).await?;
        Ok(text.as_string().unwrap_or_default())
    }

    /// The body as bytes.
    ///
    /// # Errors
    /// [`Error::Fetch`] where it breaks off or was read before.
    pub async fn bytes(&self) -> Result<Vec<u8>, Error> {
        let buffer = whole(self.0.array_buffer()).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }

    /// The body, parsed as JSON by the host and read as a value of that type.
    ///
    /// # Errors
    /// [`Error::Fetch`] where it breaks off or was read before, [`Error::Json`] where it is not JSON or not such a value.
    pub async fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = self.text().await?;
        let value = js_sys::JSON::parse(&text).map_err(Error::Json)?;
        serde_wasm_bindgen::from_value(value).map_err(|error| Error::Json(error.into()))
    }

    /// The host's response itself, for its body as a stream or for a Worker to hand on.
    pub fn into_inner(self) -> web_sys::Response {
        self.0
    }
}

impl AsRef<web_sys::Response> for Response {
    fn as_ref(&self) -> &web_sys::Response {
        &self.0
    }
}

async fn whole(body: Result<Promise, JsValue>) -> Result<JsValue, Error> {
    JsFuture::from(body.map_err(Error::Fetch)?).await.map_err(Error::Fetch)
}
