//! Requests and answers as values; sending them is the driver's work.

use crate::secret::{Secret, SecretId};
use alloc::string::String;
use alloc::vec::Vec;

/// A request of the core's own, for the driver to send.
///
/// What is secret in it is named, not held, so that it may be shown, hashed and compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The absolute URL, of a host that may be trusted with the request.
    pub url: String,
    /// Header names, in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in the credential's vault.
    pub body: Option<SecretId>,
    /// Whether the transport must show a client certificate.
    pub client_certificate: bool,
    /// How long the driver may take until the whole body is read, in milliseconds.
    pub timeout_ms: u64,
}

/// The answer to a [`Request`], read to its end.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The `date` header, where there was one.
    pub date: Option<String>,
    /// The `retry-after` header, where there was one.
    pub retry_after: Option<String>,
    /// The body: secret, because tokens arrive in it.
    pub body: Secret,
}

/// `application/x-www-form-urlencoded` (RFC 6749, appendix B), as a secret.
pub(crate) fn form(fields: &[(&str, &str)]) -> Secret {
    let length: usize = fields.iter().map(|(k, v)| k.len().saturating_add(v.len().saturating_mul(3)).saturating_add(2)).sum();
    // With all the room it can need from the start, the text is never moved and leaves no copy behind.
    let mut out = Vec::with_capacity(length);
    for (name, value) in fields {
        if !out.is_empty() {
            out.push(b'&');
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        percent_encode(&mut out, value);
    }
    Secret::new(out)
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
pub(crate) fn percent_encode(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.push(b'%');
            out.extend([byte >> 4, byte & 15].iter().filter_map(|half| HEX.get(usize::from(*half))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn forms_are_encoded() {
        let body = form(&[("grant_type", "urn:a:b"), ("scope", "a b+c/é")]);
        assert_eq!(body.expose_text(), "grant_type=urn%3Aa%3Ab&scope=a%20b%2Bc%2F%C3%A9");
    }
}
