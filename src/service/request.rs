//! What came: a request as the service reads it.

use super::answer::{Failure, Kind};
use crate::jose::LONGEST;
use crate::secret::Secret;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;

/// A request, read to its end.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// Path and query, as they were sent.
    pub target: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body; at most [`LARGEST_BODY`] and a byte of it.
    #[serde(with = "hidden")]
    pub body: Secret,
    /// The address of whoever is at the other end of the connection, where the host knows it. Headers say nothing of that.
    #[serde(default)]
    pub peer: String,
    /// Who is logged in with this browser: the claims of his ID token, with its issuer, as the host has looked after it.
    #[serde(default)]
    pub session: Option<Value>,
    /// That the body is no text, or did not come to its end: then `body` is empty.
    #[serde(default)]
    pub unreadable: bool,
}

impl Request {
    /// The path alone.
    pub(super) fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    /// A header's value; of one that came more than once, nothing is believed.
    pub(super) fn header(&self, wanted: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(name, _)| name == wanted);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value.as_str())
    }

    /// Whether the connection is from this machine.
    pub(super) fn is_local(&self) -> bool {
        let address = self.peer.strip_prefix("::ffff:").unwrap_or(&self.peer);
        let is_v4 = address.split('.').count() == 4 && address.split('.').all(|part| part.parse::<u8>().is_ok());
        self.peer == "::1" || is_v4 && address.starts_with("127.")
    }

    pub(super) fn query(&self) -> Form {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        Form(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The members of a form (RFC 6749, appendix B).
    pub(super) fn form(&self) -> Result<Form, Failure> {
        self.has_type("application/x-www-form-urlencoded")?;
        Ok(Form(form_urlencoded::parse(self.body.expose()).into_owned().collect()))
    }

    /// A body of JSON, of that type and with no member that it does not have.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.has_type("application/json")?;
        serde_json::from_slice(self.body.expose()).map_err(|error| {
            // What is wrong is told by its place, for a message might show a secret.
            let what = match error.classify() {
                serde_json::error::Category::Data => "does not have the members that it has to have",
                _ => "is no JSON",
            };
            Failure::new(
                Kind::Request,
                format!("the body {what} (line {}, column {}). See api/openapi.json.", error.line(), error.column()),
            )
        })
    }

    fn has_type(&self, wanted: &str) -> Result<(), Failure> {
        let given = self.header("content-type").unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(wanted) {
            return Err(Failure::new(
                Kind::MediaType,
                format!("the body has to be {wanted}, and its content-type has to say so."),
            ));
        }
        if self.unreadable {
            let message = "the body is not UTF-8, or did not come to its end.";
            return Err(Failure::new(Kind::Request, message.to_string()));
        }
        if self.body.expose().len() > LARGEST_BODY {
            return Err(Failure::new(Kind::TooLarge, format!("the body is larger than {LARGEST_BODY} bytes.")));
        }
        Ok(())
    }
}

/// The members of a query or a form.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// A member's value. One without a value counts as left out, and none may come twice (RFC 6749, section 3.2).
    pub(super) fn one(&self, wanted: &str) -> Result<Option<&str>, Failure> {
        let mut found = self.0.iter().filter(|(name, value)| name == wanted && !value.is_empty());
        let first = found.next().map(|(_, value)| value.as_str());
        if found.next().is_some() {
            return Err(Failure::new(Kind::Request, format!("{wanted} came more than once.")));
        }
        if first.is_some_and(|value| value.len() > LONGEST) {
            return Err(Failure::new(Kind::Request, format!("{wanted} is longer than {LONGEST} bytes.")));
        }
        Ok(first)
    }

    pub(super) fn needed(&self, wanted: &str) -> Result<&str, Failure> {
        self.one(wanted)?.ok_or_else(|| Failure::new(Kind::Request, format!("{wanted} is missing.")))
    }

    /// The names of what came.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// The words of a scope (RFC 6749, section 3.3), each once, in their order.
pub(super) fn scopes(text: &str) -> Result<Vec<String>, Failure> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let good = word.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if !good {
            return Err(Failure::new(Kind::Scope, "scope has characters that it cannot have.".to_string()));
        }
        if !found.iter().any(|known| known == word) {
            found.push(word.to_string());
        }
    }
    Ok(found)
}

/// A text that becomes a secret at once.
mod hidden {
    use super::Secret;
    use alloc::string::String;
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::from)
    }
}
