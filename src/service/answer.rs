//! What is answered: envelopes, errors, and the rest of the service's answers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An answer, whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its headers, names in small letters.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: String,
    /// What goes to the log, a JSON object each: who got or was refused what, and never a token.
    pub log: Vec<Value>,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &str, body: String) -> Answer {
        let headers = Vec::from([
            ("content-type", content_type.to_string()),
            // RFC 6749, section 5.1; and no answer of this service is good for anybody but whoever asked.
            ("cache-control", "no-store".to_string()),
            ("x-content-type-options", "nosniff".to_string()),
        ]);
        Answer { status, headers, body, log: Vec::new() }
    }

    pub(super) fn json<T: Serialize + ?Sized>(status: u16, body: &T) -> Answer {
        // What is made of strings, numbers and maps with strings for keys always is JSON.
        Answer::new(status, "application/json", serde_json::to_string(body).unwrap_or_default())
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Answer {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }
}

/// What every JSON answer is wrapped in, but those whose form a standard has.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Envelope<T> {
    /// Whether it is what was asked for.
    pub(super) success: bool,
    /// What was asked for; null where something went wrong.
    pub(super) data: T,
    /// What happened, and what to do next.
    pub(super) message: String,
    pub(super) meta: Meta,
}

/// About the answer itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Meta {
    /// Names this request in the log.
    pub(super) request_id: String,
    /// What went wrong, as a stable code; absent where nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
}

/// An error as RFC 6749, section 5.2 has it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OAuthError {
    /// What went wrong, as a stable code.
    pub(super) error: String,
    /// What happened, and what to do next.
    pub(super) error_description: String,
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    /// The token that was to be exchanged is none (RFC 8693, section 2.2.2).
    Subject,
    /// A refresh token that is none, or no more.
    Grant,
    GrantType,
    Scope,
    /// An audience that is not granted (RFC 8693, section 2.2.2).
    Target,
    /// A client that is none, or whose secret is another.
    Client,
    /// Nobody, or a token that is none.
    Caller,
    /// Somebody, who may not.
    Forbidden,
    NotFound,
    Method,
    TooLarge,
    MediaType,
    TooMany,
    Unavailable,
}

impl Kind {
    /// The status; the code of our own; that of RFC 6749 and RFC 8693.
    fn told(self) -> (u16, &'static str, &'static str) {
        match self {
            Kind::Request => (400, "invalid_request", "invalid_request"),
            Kind::Subject => (400, "invalid_subject_token", "invalid_request"),
            Kind::Grant => (400, "invalid_grant", "invalid_grant"),
            Kind::GrantType => (400, "unsupported_grant_type", "unsupported_grant_type"),
            Kind::Scope => (400, "invalid_scope", "invalid_scope"),
            Kind::Target => (400, "invalid_target", "invalid_target"),
            Kind::Client => (401, "invalid_client", "invalid_client"),
            Kind::Caller => (401, "unauthorized", "invalid_token"),
            Kind::Forbidden => (403, "forbidden", "unauthorized_client"),
            Kind::NotFound => (404, "not_found", "invalid_request"),
            Kind::Method => (405, "method_not_allowed", "invalid_request"),
            Kind::TooLarge => (413, "too_large", "invalid_request"),
            Kind::MediaType => (415, "unsupported_media_type", "invalid_request"),
            Kind::TooMany => (429, "too_many_requests", "temporarily_unavailable"),
            Kind::Unavailable => (503, "unavailable", "temporarily_unavailable"),
        }
    }

    pub(super) fn status(self) -> u16 {
        self.told().0
    }

    pub(super) fn code(self) -> &'static str {
        self.told().1
    }
}

/// How a route's errors are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Envelope,
    /// RFC 6749.
    OAuth,
    /// Google's metadata server: text.
    Text,
}

/// Why a request is not answered with what it asks for.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) message: String,
    /// After how many seconds it may be asked again.
    pub(super) retry_after_s: u64,
    /// A header that goes with it, and its value.
    pub(super) header: Option<(&'static str, String)>,
    /// Why, as metrics and logs have it.
    pub(super) reason: &'static str,
}

impl Failure {
    pub(super) fn new(kind: Kind, message: String) -> Failure {
        let retry_after_s = if kind == Kind::Unavailable { 5 } else { 0 };
        Failure { kind, message, retry_after_s, header: None, reason: kind.code() }
    }

    pub(super) fn because(self, reason: &'static str) -> Failure {
        Failure { reason, ..self }
    }

    pub(super) fn answer(&self, style: Style, request_id: &str) -> Answer {
        let (status, code, oauth) = self.kind.told();
        let message = self.message.clone();
        let answer = match style {
            Style::Envelope => {
                let meta = Meta { request_id: request_id.into(), code: Some(code.into()) };
                Answer::json(status, &Envelope { success: false, data: Value::Null, message, meta })
            }
            Style::OAuth => Answer::json(status, &OAuthError { error: oauth.into(), error_description: message }),
            Style::Text => Answer::new(status, "text/plain; charset=utf-8", format!("{message}\n")),
        };
        let answer = match self.kind {
            // RFC 7617 and RFC 6750, section 3.
            Kind::Client => {
                answer.with("www-authenticate", "Basic realm=\"cloud-run-auth\", charset=\"UTF-8\"".to_string())
            }
            Kind::Caller => answer.with("www-authenticate", "Bearer realm=\"cloud-run-auth\"".to_string()),
            _ => answer,
        };
        let answer = match &self.header {
            Some((name, value)) => answer.with(name, value.clone()),
            None => answer,
        };
        if self.retry_after_s > 0 { answer.with("retry-after", self.retry_after_s.to_string()) } else { answer }
    }
}
