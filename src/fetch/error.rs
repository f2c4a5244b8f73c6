//! Why a call has no answer.

use super::host::{reason, set};
use crate::error::{AuthError, shown};
use core::fmt;
use wasm_bindgen::JsValue;

/// Why a call has no answer, or why an answer could not be read.
///
/// An answer of the service's is none, whatever its status.
///
/// ```no_run
/// use cloud_run_auth::fetch::{Error, Session};
/// # async fn run(session: Session) {
/// match session.get("/items").send().await {
///     Ok(response) => assert!(response.status() >= 200),
///     Err(Error::Auth(error)) => assert!(!error.message.is_empty(), "{}", error.code.as_str()),
///     Err(other) => assert!(other.to_string().contains(": ")),
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The call was not allowed, or no token could be had for it.
    Auth(AuthError),
    /// The service could not be reached, or its answer broke off: what the host's fetch rejected with.
    Fetch(JsValue),
    /// A value that is not to be had as JSON, or not from it: what serde or the host said.
    Json(JsValue),
}

impl From<AuthError> for Error {
    fn from(error: AuthError) -> Error {
        Error::Auth(error)
    }
}

/// For handlers that return `Result<_, JsValue>`: an `Error` with `code` and `transient`.
impl From<AuthError> for JsValue {
    fn from(error: AuthError) -> JsValue {
        let thrown = js_sys::Error::new(&error.message);
        thrown.set_name("AuthError");
        set(&thrown, "code", &error.code.as_str().into());
        set(&thrown, "transient", &error.transient.into());
        thrown.into()
    }
}

/// What the host said, where it was the host.
impl From<Error> for JsValue {
    fn from(error: Error) -> JsValue {
        match error {
            Error::Auth(error) => error.into(),
            Error::Fetch(thrown) | Error::Json(thrown) => thrown,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Auth(error) => error.fmt(f),
            Error::Fetch(thrown) => write!(f, "the service could not be reached: {}", shown(&reason(thrown))),
            // What serde says of a value may hold the value.
            Error::Json(_) => {
                f.write_str("the value does not fit: it cannot be had as JSON, or from the JSON that came")
            }
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Error::Auth(error) => Some(error),
            _ => None,
        }
    }
}
