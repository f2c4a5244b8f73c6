//! The three parts of a token that may be looked at further, and what its header says of its signature.

use crate::error::{AuthError, Code};
use crate::jose::base64::decode_url;
use crate::jose::{Algorithm, LONGEST};
use crate::json::{Json, Text};
use crate::secret::Secret;
use crate::text::{before, cut, part};

/// Headers that would have the token say with which key, or after which change, it is to be believed (RFC 7515, section 4.1; RFC 8725,
/// section 3.10); and those of what is encrypted.
const REFUSED: &[&str] = &["crit", "jku", "jwk", "x5u", "zip", "enc", "b64"];

/// A token taken apart. Nothing of it is verified.
pub(super) struct Read<'a> {
    /// What the signature is over (RFC 7515, section 5.1).
    pub(super) input: &'a str,
    pub(super) signature: &'a str,
    pub(super) algorithm: Algorithm,
    /// Empty where it names none.
    pub(super) kid: Text,
    pub(super) claims: Secret,
}

/// Takes a token apart.
pub(super) fn read(token: &str) -> Result<Read<'_>, AuthError> {
    // Measured before anything is made of it.
    if token.len() > LONGEST {
        return Err(malformed("it is over 16,384 bytes long"));
    }
    let no_jws = || malformed("it is no JWT of three parts in base64url");
    let (header, rest) = cut(token, ".").ok_or_else(no_jws)?;
    let (claims, signature) = cut(rest, ".").ok_or_else(no_jws)?;
    if signature == "SIGNATURE_REMOVED_BY_GOOGLE" {
        return Err(AuthError::plain(
            Code::TokenUnsigned,
            "the token's signature was removed by Google, after Google checked it. It proves nothing here: let callers send Cloud Run's token in X-Serverless-Authorization, and one for the service in Authorization.",
        ));
    }
    let input = part(token, 0, token.len().saturating_sub(signature.len().saturating_add(1)));
    let decoded = |text: &str| decode_url(text.as_bytes()).filter(|bytes| !bytes.is_empty()).map(Secret::new);
    let (Some(head), Some(claims), Some(_)) = (decoded(header), decoded(claims), decoded(signature)) else {
        return Err(no_jws());
    };
    let head = Json::parse(head.expose()).filter(Json::is_object).ok_or_else(|| malformed("its header is no JSON"))?;
    for name in REFUSED {
        if head.get(name).is_some() {
            return Err(AuthError::about(Code::TokenInvalid, "the token is refused: its header has a `$`.", "", name));
        }
    }
    // Where the type is said it has to be this one: an access token, or a token of another kind, is no ID token (RFC 8725, section 3.11).
    let kind = only(&head, "typ")?;
    if kind.is_some_and(|kind| !kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("JWT"))) {
        return Err(malformed("its header names another type (typ) than JWT"));
    }
    let algorithm = match only(&head, "alg")?.and_then(|alg| alg.as_str()).unwrap_or_default().as_str() {
        "RS256" => Algorithm::Rs256,
        "ES256" => Algorithm::Es256,
        _ => return Err(malformed("it is signed with neither RS256 nor ES256 (alg)")),
    };
    let kid = match only(&head, "kid")? {
        None => Text::default(),
        Some(kid) => {
            kid.as_str().filter(|kid| !kid.is_empty()).ok_or_else(|| malformed("its key has no name (kid)"))?
        }
    };
    Ok(Read { input, signature, algorithm, kid, claims })
}

/// The claims alone, of a token that was taken apart before.
pub(super) fn claims_of(token: &str) -> Option<Secret> {
    let (_, rest) = cut(token, ".")?;
    decode_url(before(rest, ".").as_bytes()).map(Secret::new)
}

/// The member of that name. Two of one name may mean either to whoever reads them (RFC 8725, section 2.4), so there may be but one.
pub(super) fn only<'a>(json: &Json<'a>, name: &str) -> Result<Option<Json<'a>>, AuthError> {
    let (mut found, mut parts) = (None, json.parts());
    while let Some((key, value)) = parts.next() {
        if key.is(name) {
            if found.is_some() {
                return Err(AuthError::about(Code::TokenInvalid, "the token is refused: it has `$` twice.", "", name));
            }
            found = Some(value);
        }
    }
    Ok(found)
}

pub(super) fn malformed(why: &str) -> AuthError {
    AuthError::about(Code::TokenInvalid, "the token is not valid: $.", "", why)
}

/// The token behind `Bearer` in an `Authorization` header (RFC 6750, section 2.1; RFC 9110, section 11.1: the scheme in any case).
///
/// ```
/// use cloud_run_auth::verify::bearer;
/// assert_eq!(bearer("Bearer a.b.c"), Some("a.b.c"));
/// assert_eq!(bearer("Basic a.b.c"), None);
/// ```
pub fn bearer(header: &str) -> Option<&str> {
    let scheme = before(header, " ");
    let token = part(header, scheme.len(), header.len()).trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::signing_input;
    use alloc::string::String;

    fn token(header: &str) -> String {
        signing_input(header, "{}") + ".c2ln"
    }

    #[test]
    fn a_header_says_how_a_token_is_signed_and_nothing_more() {
        let good = token(r#"{"alg":"RS256","kid":"a","typ":"jwt"}"#);
        let read = super::read(&good).unwrap();
        assert_eq!((read.algorithm, read.kid.as_str(), read.signature), (Algorithm::Rs256, "a", "c2ln"));
        assert!(good.starts_with(read.input) && read.input.len() + 5 == good.len());
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":"RS256","alg":"RS256"}"#,
            r#"{"alg":"none","alg":"RS256"}"#,
            r#"{"alg":"RS256","kid":1}"#,
            r#"{"alg":"RS256","kid":""}"#,
            r#"{"alg":"RS256","typ":"at+jwt"}"#,
            r#"{"alg":"RS256","crit":["exp"]}"#,
            r#"{"alg":"RS256","jwk":{}}"#,
            r#"{"alg":"RS256","jk\u0075":"https://evil.example"}"#,
            r#"{"alg":"RS256","zip":"DEF"}"#,
            r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#,
            "[]",
            "{}",
        ] {
            assert!(super::read(&token(header)).is_err(), "{header}");
        }
    }

    #[test]
    fn what_is_no_token_costs_nothing() {
        for text in ["", ".", "..", "a.b", "a.b.c.d", &".".repeat(1_000_000), &"a".repeat(17_000), "é.é.é"] {
            assert!(super::read(text).is_err());
        }
        let error = super::read("e30.e30.SIGNATURE_REMOVED_BY_GOOGLE").err().unwrap();
        assert_eq!(error.code, Code::TokenUnsigned);
    }

    #[test]
    fn a_bearer_is_what_the_scheme_says() {
        assert_eq!((bearer("Bearer a.b.c"), bearer("bearer  x")), (Some("a.b.c"), Some("x")));
        assert_eq!((bearer("Basic x"), bearer("Bearer"), bearer("Bearer "), bearer("")), (None, None, None, None));
    }
}
