//! JSON Web Tokens (RFC 7519): what is signed, and what the claims of a token say.

use super::base64;
use crate::json::{Json, Text};
use crate::secret::Secret;
#[cfg(test)]
use crate::text::concat;
#[cfg(test)]
use alloc::string::String;

/// How a JWS is signed (RFC 7518, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

/// The JWS Signing Input (RFC 7515, section 5.1): both parts in base64url, a dot between them.
#[cfg(test)]
pub(crate) fn signing_input(header: &str, claims: &str) -> String {
    concat(&[&base64::encode_url(header.as_bytes()), ".", &base64::encode_url(claims.as_bytes())])
}

/// What a token says of itself. Reading claims verifies nothing.
#[derive(Debug)]
pub struct Claims(Secret);

/// The largest token that is looked at, in bytes.
pub(crate) const LONGEST: usize = 16 * 1024;

impl Claims {
    /// The claims of a compact JWS, or `None` where the text is none.
    ///
    /// ```
    /// use cloud_run_auth::jose::Claims;
    /// let claims = Claims::read(b"eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjEyMzR9.c2ln").unwrap();
    /// assert_eq!(claims.seconds("exp"), Some(1234));
    /// assert!(Claims::read(b"opaque").is_none());
    /// ```
    pub fn read(token: &[u8]) -> Option<Claims> {
        let mut claims = Claims(Secret::default());
        claims.fill(token).map(|()| claims)
    }

    /// Apart from [`read`](Claims::read), because there each way out would drop what was decoded by itself.
    fn fill(&mut self, token: &[u8]) -> Option<()> {
        let (header, rest) = part(token)?;
        let (claims, signature) = part(rest)?;
        (token.len() <= LONGEST && !signature.is_empty()).then_some(())?;
        // Each is decoded into the same place, the claims last, where they stay.
        self.decode(signature)?;
        self.decode(header)?;
        self.json()?.get("alg")?;
        self.decode(claims)?;
        self.json().filter(Json::is_object).map(|_| ())
    }

    fn decode(&mut self, part: &[u8]) -> Option<()> {
        self.0 = Secret::new(base64::decode_url(part)?);
        Some(())
    }

    /// A claim that is a NumericDate, as a number and nothing else (RFC 7519, section 2).
    pub fn seconds(&self, name: &str) -> Option<u64> {
        self.json()?.get(name).filter(Json::is_number)?.as_seconds()
    }

    /// Whether the token is meant for this audience (RFC 7519, section 4.1.3).
    pub fn is_for(&self, audience: &str) -> bool {
        self.json().and_then(|claims| claims.get("aud")).is_some_and(|aud| aud.names(audience))
    }

    /// A claim that is a text; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> Text {
        self.json().and_then(|claims| claims.text(name)).unwrap_or_default()
    }

    /// All of them.
    pub(crate) fn json(&self) -> Option<Json<'_>> {
        Json::parse(self.0.expose())
    }
}

/// What stands before the first dot and behind it.
fn part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (part, rest) = text.split_at_checked(text.iter().position(|byte| *byte == b'.')?)?;
    Some((part, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        signing_input(header, claims) + ".c2ln"
    }

    #[test]
    fn claims_are_read() {
        let claims = Claims::read(token(r#"{"alg":"RS256"}"#, r#"{"exp":2,"aud":"a","iat":"1"}"#).as_bytes()).unwrap();
        assert_eq!((claims.seconds("exp"), claims.seconds("iat")), (Some(2), None));
        assert!(claims.is_for("a") && !claims.is_for("A"));
        let claims = Claims::read(token(r#"{"alg":"RS256"}"#, r#"{"aud":["b","a"]}"#).as_bytes()).unwrap();
        assert!(claims.is_for("a") && !claims.is_for("c"));
    }

    #[test]
    fn what_is_no_jwt_is_refused() {
        let good = token(r#"{"alg":"RS256"}"#, "{}");
        assert!(Claims::read(good.as_bytes()).is_some());
        let bad = [
            String::new(),
            "a.b.c".into(),
            "..".into(),
            ".".repeat(1_000_000),
            good.clone() + ".more",
            good.trim_end_matches(".c2ln").into(),
            good.clone() + "=",
            token("{}", "{}"),
            token(r#"{"alg":"RS256"}"#, "[]"),
            token(r#"{"alg":"RS256"}"#, &alloc::format!("{{\"a\":\"{}\"}}", "x".repeat(20_000))),
            good.replace("c2ln", ""),
        ];
        for text in bad {
            assert!(Claims::read(text.as_bytes()).is_none(), "{:.60}", text);
        }
    }
}
