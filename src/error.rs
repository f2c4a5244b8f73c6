//! The one error type, and the one place where its codes are written down.
//!
//! A code is stable: callers branch on it, the TypeScript union and the
//! documentation are held against this list by tests.

use crate::record::nth;
#[cfg(any(feature = "crypto", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
use crate::text::concat;
use crate::text::{filled, push};
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::ops::Deref;

macro_rules! codes {
    (
        $( $(#[$doc:meta])* $name:ident = $text:literal, )* ;
        $( $(#[$users_doc:meta])* $users:ident = $users_text:literal, )* ;
        $( $(#[$callers_doc:meta])* $callers:ident = $callers_text:literal, )*
    ) => {
        /// What went wrong, as a stable code that callers branch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code { $( $(#[$doc])* $name, )* $( $(#[$users_doc])* $users, )* $( $(#[$callers_doc])* $callers, )* }

        impl Code {
            /// Every code, in the order in which they are documented.
            pub const ALL: &'static [Code] = &[$( Code::$name, )* $( Code::$users, )* $( Code::$callers, )*];

            /// The code as callers in every language see it.
            ///
            /// ```
            /// assert_eq!(cloud_run_auth::error::Code::InvalidPath.as_str(), "invalid_path");
            /// ```
            pub fn as_str(self) -> &'static str {
                // A table of them, or a `match`, would be 100 bytes more of the module, gzipped.
                nth(TEXTS, self as u8)
            }
        }

        #[cfg(not(any(cloud_run_auth_without_users, cloud_run_auth_without_callers)))]
        const TEXTS: &str = concat!($( $text, "\0", )* $( $users_text, "\0", )* $( $callers_text, "\0", )*);
        /// No user's token and no login comes to those about callers.
        #[cfg(all(cloud_run_auth_without_callers, not(cloud_run_auth_without_users)))]
        const TEXTS: &str = concat!($( $text, "\0", )* $( $users_text, "\0", )*);
        /// No session comes to the others.
        #[cfg(cloud_run_auth_without_users)]
        const TEXTS: &str = concat!($( $text, "\0", )*);
    };
}

codes! {
    /// An option of a session or a call has a value that it cannot have.
    InvalidOption = "invalid_option",
    /// The base URL of a session is not one that credentials may be sent to.
    InvalidBaseUrl = "invalid_base_url",
    /// The path of a call leaves the base URL, or cannot be told to stay below it.
    InvalidPath = "invalid_path",
    /// The audience of an ID token is empty or holds characters that it cannot have.
    InvalidAudience = "invalid_audience",
    /// The scopes of an access token are missing, or hold characters that they cannot have.
    InvalidScope = "invalid_scope",
    /// No credential was given and none was found where one is looked for.
    CredentialNotFound = "credential_not_found",
    /// A credential file was named but could not be read.
    CredentialUnreadable = "credential_unreadable",
    /// The credential is not what its type asks for.
    InvalidCredential = "invalid_credential",
    /// The credential is of a type, or asks for something, that is not supported.
    UnsupportedCredential = "unsupported_credential",
    /// The credential names a host that credentials are not sent to.
    UntrustedHost = "untrusted_host",
    /// The host could not sign with the credential's key.
    SigningFailed = "signing_failed",
    /// The caller's own credential function failed, or returned no token.
    CredentialFunctionFailed = "credential_function_failed",
    /// The token endpoint refused the exchange; trying again will not help.
    ExchangeRefused = "exchange_refused",
    /// The token endpoint could not be reached or could not answer; trying again may help.
    ExchangeUnavailable = "exchange_unavailable",
    /// The token endpoint answered with something that is not a token.
    InvalidAnswer = "invalid_answer",
    /// The clock of this machine is too far from the token endpoint's.
    ClockSkew = "clock_skew",
    /// The call did not get its headers within its timeout, token exchange included.
    Timeout = "timeout",
    /// A redirect could not be followed without knowing where it leads.
    RedirectRefused = "redirect_refused",
    /// The session was disposed of before the call.
    SessionDisposed = "session_disposed",
    /// More calls wait for a token than this module keeps track of.
    TooManyOperations = "too_many_operations",
    /// The host cannot do what the credential needs.
    UnsupportedByHost = "unsupported_by_host",
    /// The WebAssembly module failed; it is started anew for the next call.
    CoreFailed = "core_failed",
    ;
    /// The login cannot go on: it is not of this browser, too long ago, was used before, or is not what the provider answered to.
    LoginInvalid = "login_invalid",
    /// The user did not want to log in, or to grant what was asked for.
    LoginCancelled = "login_cancelled",
    /// The user has to log in: nobody did, or the provider no longer accepts what was granted.
    LoginRequired = "login_required",
    /// The token is another user's.
    UserMismatch = "user_mismatch",
    /// The user granted less than is asked for.
    ScopesMissing = "scopes_missing",
    /// The store does not take the read or write; trying again will not help.
    StoreRefused = "store_refused",
    /// The store could not be reached or did not answer; whether a write took place is not known.
    StoreUnavailable = "store_unavailable",
    ;
    /// A request came without a token.
    TokenMissing = "token_missing",
    /// The token is no ID token of that issuer: its form, its signature or its claims are not what they have to be.
    TokenInvalid = "token_invalid",
    /// The token's signature was taken off by Google, so that it proves nothing.
    TokenUnsigned = "token_unsigned",
    /// The token was good, and has ended.
    TokenExpired = "token_expired",
    /// The token is for another service.
    AudienceMismatch = "audience_mismatch",
    /// The token may be good, but is not of a caller who may call.
    CallerRefused = "caller_refused",
    /// The keys of the token's issuer cannot be had; trying again may help.
    KeysUnavailable = "keys_unavailable",
    /// The policy of a token service is none, or grants what cannot be.
    InvalidPolicy = "invalid_policy",
}

/// What a server said in its answer, cut to what may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerSaid {
    /// The HTTP status.
    pub status: u16,
    /// The OAuth `error` or Google's `status`; empty where the answer held none.
    pub error: String,
    /// The server's own words; empty where the answer held none.
    pub description: String,
}

/// The one error: a stable code, what happened to which input, and what to do next.
///
/// No message holds a token, an assertion or a key. It is one pointer wide, because every
/// function that can fail hands it on, and shared, because all who follow a flight are told the same.
///
/// ```
/// use cloud_run_auth::{error::Code, grant::Audience};
/// let error = Audience::parse("").unwrap_err();
/// assert_eq!(error.code, Code::InvalidAudience);
/// assert!(!error.transient);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuthError(Arc<Details>);

/// What an [`AuthError`] says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Details {
    /// What went wrong.
    pub code: Code,
    /// What happened, in words, and what to do next.
    pub message: String,
    /// Whether the same call may succeed later without anything being changed.
    pub transient: bool,
    /// How long the server asked to be left alone, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// What the server said, where a server was asked.
    pub server: Option<ServerSaid>,
}

impl AuthError {
    /// An error that will come again until something is changed.
    pub(crate) fn plain(code: Code, message: &str) -> Self {
        AuthError::about(code, message, "", "")
    }

    /// As [`plain`](AuthError::plain), with a message that has a `~` for a stranger's words, made fit to be [`shown`], and
    /// a `$` for our own. One text with two places is less code than a list of pieces, for every message there is.
    pub(crate) fn about(code: Code, message: &str, strangers: &str, own: &str) -> Self {
        AuthError::of(code, filled(message, strangers, own), false)
    }

    /// As [`about`](AuthError::about), for what may be gone when the same thing is tried later.
    pub(crate) fn passing(code: Code, message: &str, strangers: &str, own: &str) -> Self {
        AuthError::of(code, filled(message, strangers, own), true)
    }

    pub(crate) fn of(code: Code, message: String, transient: bool) -> Self {
        AuthError::whole(Details { code, message, transient, retry_after_ms: None, server: None })
    }

    /// An error that says all that an error can say.
    pub(crate) fn whole(details: Details) -> Self {
        AuthError(Arc::new(details))
    }

    /// As [`plain`](AuthError::plain), from pieces.
    #[cfg(any(feature = "crypto", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
    pub(crate) fn new(code: Code, pieces: &[&str]) -> Self {
        AuthError::about(code, "$", "", &concat(pieces))
    }

    /// As [`passing`](AuthError::passing), from pieces.
    #[cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn transient(code: Code, pieces: &[&str]) -> Self {
        AuthError::passing(code, "$", "", &concat(pieces))
    }
}

impl Deref for AuthError {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for AuthError {}

/// A stranger's words made fit for a message: one line, cut to 300 characters,
/// and every run that could be a token, an assertion or a key replaced.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 300;
    const TOKEN_LIKE: usize = 40;
    let mut out = String::new();
    // Characters that tokens are made of, until the end of their run shows whether it could be one.
    let mut run = String::new();
    let mut chars = text.trim_ascii_end().chars();
    loop {
        let next = chars.next();
        let c = next.unwrap_or(' ');
        if matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '+' | '/' | '=') {
            push(&mut run, c);
            continue;
        }
        // A URL's host may be long; what stands in its path is looked at by itself.
        let url = run.as_bytes().starts_with(b"//")
            && (out.as_bytes().ends_with(b"http:") || out.as_bytes().ends_with(b"https:"));
        // Slashes up to the path, and characters since the last.
        let (mut slashes, mut length) = (if url { 3_u32 } else { 0 }, 0_usize);
        let mut hidden = run.len() > LONGEST;
        for byte in run.bytes() {
            length = length.wrapping_add(1);
            if url && byte == b'/' {
                (slashes, length) = (slashes.saturating_sub(1), 0);
            }
            hidden |= slashes == 0 && length >= TOKEN_LIKE;
        }
        out.push_str(if hidden { "[redacted]" } else { &run });
        run.clear();
        if next.is_none() {
            return out;
        }
        if out.len() > LONGEST {
            out.push_str("…");
            return out;
        }
        // A space at the begin, or after another, says nothing.
        if c > ' ' && c != '\u{7f}' {
            push(&mut out, c);
        } else if !matches!(out.as_bytes(), [] | [.., b' ']) {
            out.push_str(" ");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn codes_are_distinct_and_snake_case() {
        let all: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(all.len(), Code::ALL.len());
        assert!(all.iter().all(|text| text.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }

    #[test]
    fn what_is_shown_holds_no_token_and_no_control_character() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL3guZXhhbXBsZSJ9.c2lnbmF0dXJl";
        let text = alloc::format!("bad\r\n\x1b[31m assertion={token}; try again");
        assert_eq!(shown(&text), "bad [31m [redacted]; try again");
        assert!(shown(&"word ".repeat(1000)).len() < 320);
    }

    #[test]
    fn a_run_that_reaches_the_end_is_redacted_too() {
        assert_eq!(shown(&"A".repeat(64)), "[redacted]");
        assert_eq!(shown("plain"), "plain");
    }
}
