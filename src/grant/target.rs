//! What is asked for: an ID token for an audience, or an access token for scopes.

use crate::error::{AuthError, Code, concat};
use alloc::string::String;
use alloc::vec::Vec;

/// What a token is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// An ID token that says who calls, for one receiver (OpenID Connect Core, section 2).
    IdToken(Audience),
    /// An access token for Google's APIs (RFC 6749, section 1.4).
    AccessToken(Scopes),
}

impl Target {
    /// An ID token for that audience.
    pub fn id_token(audience: Audience) -> Target {
        Target::IdToken(audience)
    }

    /// An access token for those scopes.
    pub fn access_token(scopes: Scopes) -> Target {
        Target::AccessToken(scopes)
    }
}

/// Whom an ID token is for: `aud`. Never empty; visible ASCII and inner spaces only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience(String);

impl Audience {
    /// Reads an audience as it is: Google compares it byte by byte.
    ///
    /// ```
    /// use cloud_run_auth::grant::Audience;
    /// assert!(Audience::parse("https://svc-abc.a.run.app").is_ok());
    /// assert!(Audience::parse("https://svc\r\nX-Evil: 1").is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_audience` where it is empty, over 2048 bytes, or holds anything but visible ASCII.
    pub fn parse(text: &str) -> Result<Audience, AuthError> {
        if text.is_empty() || text.len() > 2048 || text.trim() != text || !text.bytes().all(is_visible) {
            let why = "the audience is empty, too long, or holds a control character, an outer space or a letter beyond ASCII. Give the service's URL or its custom audience.";
            return Err(AuthError::new(Code::InvalidAudience, why));
        }
        Ok(Audience(text.into()))
    }

    /// The audience as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an access token is good for (RFC 6749, section 3.3): sorted, each once, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads scopes, given one by one or with spaces between them.
    ///
    /// ```
    /// use cloud_run_auth::grant::Scopes;
    /// assert_eq!(Scopes::parse("b a b").unwrap().joined(), "a b");
    /// ```
    ///
    /// # Errors
    /// `invalid_scope` where there is none, or one holds what RFC 6749 does not allow.
    pub fn parse(text: &str) -> Result<Scopes, AuthError> {
        let mut scopes: Vec<String> = text.split(' ').filter(|scope| !scope.is_empty()).map(String::from).collect();
        let allowed = |scope: &String| scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
        if scopes.is_empty() || text.len() > 8192 || !scopes.iter().all(allowed) {
            let why = concat(&["the scopes are empty, too long, or hold a character that a scope cannot have. Give them as https://www.googleapis.com/auth/…"]);
            return Err(AuthError::new(Code::InvalidScope, why));
        }
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Scopes(scopes))
    }

    /// The scopes with spaces between them.
    pub fn joined(&self) -> String {
        self.0.join(" ")
    }
}

fn is_visible(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_that_could_split_a_header_or_a_claim_are_refused() {
        for text in ["", " a", "a ", "a\r\nb", "a\0b", "é", "a\u{7f}", &"a".repeat(2049)] {
            assert_eq!(Audience::parse(text).unwrap_err().code, Code::InvalidAudience, "{text:?}");
        }
        assert_eq!(Audience::parse("/projects/1/apps/x y").unwrap().as_str(), "/projects/1/apps/x y");
    }

    #[test]
    fn scopes_that_no_server_would_read_are_refused() {
        for text in ["", "  ", "a\nb", "a\tb", "a\"", "a\\", "é"] {
            assert_eq!(Scopes::parse(text).unwrap_err().code, Code::InvalidScope, "{text:?}");
        }
    }
}
