//! What is asked for: an ID token for an audience, or an access token for scopes.

use crate::error::{AuthError, Code};
use alloc::collections::BTreeSet;
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

    /// As [`Audience::parse`], or as [`Scopes::parse`] of scopes that are sorted already.
    // Two callers, of which one is never in a small module: 16 bytes less.
    #[inline(always)]
    pub(crate) fn parse(access: bool, text: &str) -> Result<Target, AuthError> {
        let (longest, code, why) = if access {
            (
                8192,
                Code::InvalidScope,
                "the scopes are missing, over 8192 bytes, or hold what no scope does. Give them as https://www.googleapis.com/auth/…",
            )
        } else {
            (
                2048,
                Code::InvalidAudience,
                "the audience is empty, over 2048 bytes, or not visible ASCII. Give the service's URL.",
            )
        };
        let fits = |byte| matches!(byte, b' '..=b'~') && !(access && matches!(byte, b'"' | b'\\'));
        if text.len() > longest || !text.bytes().all(fits) || matches!(text.as_bytes(), [] | [b' ', ..] | [.., b' ']) {
            return Err(AuthError::plain(code, why));
        }
        Ok(if access { Target::AccessToken(Scopes(text.into())) } else { Target::IdToken(Audience(text.into())) })
    }

    /// The audience or the scopes, as text.
    pub fn as_str(&self) -> &str {
        match self {
            Target::IdToken(audience) => audience.as_str(),
            Target::AccessToken(scopes) => scopes.as_str(),
        }
    }

    /// Whether it is an access token.
    pub fn is_access(&self) -> bool {
        matches!(self, Target::AccessToken(_))
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
        Target::parse(false, text)?;
        Ok(Audience(text.into()))
    }

    /// The audience as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an access token is good for (RFC 6749, section 3.3): sorted, each once, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(String);

impl Scopes {
    /// Reads scopes, with spaces between them.
    ///
    /// ```
    /// use cloud_run_auth::grant::Scopes;
    /// assert_eq!(Scopes::parse("b a b").unwrap().as_str(), "a b");
    /// ```
    ///
    /// # Errors
    /// `invalid_scope` where there is none, or one holds what RFC 6749 does not allow.
    pub fn parse(text: &str) -> Result<Scopes, AuthError> {
        let words: BTreeSet<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let words: Vec<&str> = words.into_iter().collect();
        let sorted = words.join(" ");
        Target::parse(true, &sorted)?;
        Ok(Scopes(sorted))
    }

    /// The scopes with spaces between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
