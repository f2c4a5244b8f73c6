//! Requests and answers as values; sending them is the driver's work.

use crate::secret::{Secret, SecretId};
use crate::text::number;
use crate::time::http_date;
use alloc::string::String;
use alloc::vec::Vec;

/// A request of the core's own, for the driver to send.
///
/// What is secret in it is named, not held, so that it may be shown, hashed and compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The absolute URL, of a host that may be trusted with the request.
    pub url: String,
    /// Header names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, in the vault.
    pub body: Option<SecretId>,
    /// The file of the client certificate that the transport must show, and that of its key, with a line break between; empty
    /// where none is to be shown.
    pub client_certificate: String,
    /// How long the driver may take until the whole body is read, in milliseconds.
    pub timeout_ms: u64,
}

/// The answer to a [`Request`], read to its end.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// What the server's clock said: its `date` header, in milliseconds since the Unix epoch ([`http_date`]).
    pub date_ms: Option<u64>,
    /// How long the server asks to be left alone: its `retry-after` header, in milliseconds ([`retry_after_ms`]).
    pub retry_after_ms: Option<u64>,
    /// The body: secret, because tokens arrive in it.
    pub body: Secret,
}

/// A [`Response`] as the machines read it, and whatever else was received. Borrowed: what is told is looked at, not kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received<'a> {
    pub(crate) status: u16,
    /// 0: it did not say.
    pub(crate) date_ms: u64,
    /// 0: it did not say.
    pub(crate) retry_after_ms: u64,
    pub(crate) body: &'a str,
}

impl<'a> From<&'a Response> for Received<'a> {
    fn from(response: &'a Response) -> Received<'a> {
        let Response { status, date_ms, retry_after_ms, body } = response;
        let (date_ms, retry_after_ms) = (date_ms.unwrap_or_default(), retry_after_ms.unwrap_or_default());
        Received { status: *status, date_ms, retry_after_ms, body: body.expose_text() }
    }
}

/// What a `retry-after` header means, seconds or a date (RFC 9110, section 10.2.3), in milliseconds.
///
/// ```
/// use cloud_run_auth::http::retry_after_ms;
/// assert_eq!(retry_after_ms("7", None), Some(7000));
/// assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_770_000)), Some(7000));
/// assert_eq!(retry_after_ms("soon", None), None);
/// ```
pub fn retry_after_ms(value: &str, date_ms: Option<u64>) -> Option<u64> {
    match number(value.trim()) {
        Some(seconds) => Some(seconds.saturating_mul(1000)),
        None => Some(http_date(value)?.saturating_sub(date_ms?)),
    }
}
