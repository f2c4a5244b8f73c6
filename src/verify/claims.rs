//! What a token says, held against what is wanted. The checks stand in the order in which a caller would want to hear of them.

use super::header::{malformed, only};
use super::verifier::{Verifier, among};
use crate::error::{AuthError, Code};
use crate::json::{Json, Text};
use crate::text::contains;
use crate::time::Now;

/// The last second of the year 9999: no date is later.
const LAST_S: u64 = 253_402_300_799;
/// The longest subject (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;

/// Until when the claims hold, in seconds since the Unix epoch, if they do.
pub(super) fn check(claims: &Json<'_>, wanted: &Verifier, now: Now) -> Result<u64, AuthError> {
    let issuer = text(claims, "iss")?;
    if !wanted.issuer.is(&issuer) {
        return Err(AuthError::about(
            Code::TokenInvalid,
            "the token's issuer is ~, which is not the one that is believed here. Look at the option issuer.",
            &issuer,
            "",
        ));
    }
    let (now_s, leeway_s) = (now.wall_s(), wanted.leeway_s);
    let begins = date(claims, "iat")?.ok_or_else(|| malformed("it does not say when it was issued (iat)"))?;
    let ends = date(claims, "exp")?.ok_or_else(|| malformed("it does not say when it ends (exp)"))?;
    let until_s = ends.saturating_add(leeway_s);
    if until_s <= now_s {
        return Err(AuthError::plain(Code::TokenExpired, "the token has ended (exp). Call with a new one."));
    }
    if begins > now_s.saturating_add(leeway_s) {
        return Err(malformed("it was issued in the future (iat); look at the clocks"));
    }
    if date(claims, "nbf")?.is_some_and(|from| from > now_s.saturating_add(leeway_s)) {
        return Err(malformed("it is not good yet (nbf); look at the clocks"));
    }
    if ends < begins || ends.saturating_sub(begins) > wanted.longest_s {
        return Err(malformed("it lives for longer than tokens may (iat, exp)"));
    }
    audience(claims, wanted)?;
    let subject = text(claims, "sub")?;
    if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
        return Err(malformed("it does not say whose it is (sub)"));
    }
    caller(claims, wanted)?;
    Ok(until_s)
}

/// RFC 7519, section 4.1.3: a text, or several of them.
fn audience(claims: &Json<'_>, wanted: &Verifier) -> Result<(), AuthError> {
    let aud = only(claims, "aud")?.ok_or_else(|| malformed("it does not say whom it is for (aud)"))?;
    if aud.as_str().is_some_and(|one| among(&wanted.audiences, &one)) {
        return Ok(());
    }
    let (mut parts, mut found) = (aud.parts(), false);
    if parts.named {
        return Err(malformed("its audience (aud) is no text"));
    }
    while let Some((one, _)) = parts.next() {
        let one = one.as_str().ok_or_else(|| malformed("its audience (aud) is no text"))?;
        found |= among(&wanted.audiences, &one);
    }
    if found {
        return Ok(());
    }
    Err(AuthError::about(
        Code::AudienceMismatch,
        "the token is for ~ (aud), and not for this service. Call with the audience that the service expects.",
        &aud.word(),
        "",
    ))
}

/// Whether this caller is one of those who may call.
fn caller(claims: &Json<'_>, wanted: &Verifier) -> Result<(), AuthError> {
    let (email, domain, party) = (text(claims, "email")?, text(claims, "hd")?, text(claims, "azp")?);
    let verified = only(claims, "email_verified")?;
    if !wanted.emails.is_empty() {
        // Anybody can have an account with an address that is not his, until it is verified.
        let sure = verified
            .map_or(wanted.issuer.vouches, |verified| verified.word().as_str() == "true" && verified.first() == b't');
        if !sure || !among(&wanted.emails, &email) {
            return Err(refused("its address (email) is not one of those who may, or is not verified"));
        }
    }
    let any = contains(&wanted.domains, " * ") && !domain.is_empty();
    if !wanted.domains.is_empty() && !any && !among(&wanted.domains, &domain) {
        return Err(refused("its domain (hd) is not one of those that may"));
    }
    if !wanted.parties.is_empty() && !among(&wanted.parties, &party) {
        return Err(refused("the client that asked for its token (azp) is not one of those that may"));
    }
    Ok(())
}

fn refused(why: &str) -> AuthError {
    AuthError::about(Code::CallerRefused, "the caller may not call: $.", "", why)
}

/// A claim that is a text; empty where there is none. One that is something else is no token of anybody's.
fn text(claims: &Json<'_>, name: &str) -> Result<Text, AuthError> {
    match only(claims, name)? {
        None => Ok(Text::default()),
        Some(claim) => claim.as_str().ok_or_else(|| unlike(name)),
    }
}

/// A claim that is a NumericDate (RFC 7519, section 2), in whole seconds: a number from 1970 to 9999, written without an exponent.
fn date(claims: &Json<'_>, name: &str) -> Result<Option<u64>, AuthError> {
    let Some(claim) = only(claims, name)? else { return Ok(None) };
    let seconds = claim.as_seconds().filter(|seconds| claim.is_number() && claim.first() != b'-' && *seconds <= LAST_S);
    seconds.map(Some).ok_or_else(|| unlike(name))
}

fn unlike(name: &str) -> AuthError {
    AuthError::about(
        Code::TokenInvalid,
        "the token is not valid: its `$` is not of the kind that it has to be.",
        "",
        name,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{Issuer, Verifier};
    use alloc::format;
    use alloc::string::String;

    const GOOD: &str = r#"{"iss":"https://accounts.google.com","aud":"https://a.example","sub":"1","iat":1000,"exp":4600,"email":"a@b.example","email_verified":true,"hd":"b.example","azp":"c"}"#;

    fn verifier() -> Verifier {
        Verifier::new(Issuer::google(), "https://a.example https://b.example").unwrap()
    }

    fn code(text: &str, verifier: &Verifier, now_s: u64) -> Option<Code> {
        let json = Json::parse(text.as_bytes()).unwrap();
        check(&json, verifier, Now::new(now_s * 1000, 0)).err().map(|error| error.code)
    }

    fn with(part: &str, other: &str) -> String {
        assert!(GOOD.contains(part), "{part}");
        GOOD.replace(part, other)
    }

    #[test]
    fn a_token_holds_from_its_begin_to_its_end() {
        for (now_s, expected) in
            [(989, Some(Code::TokenInvalid)), (990, None), (1000, None), (4609, None), (4610, Some(Code::TokenExpired))]
        {
            assert_eq!(code(GOOD, &verifier(), now_s), expected, "{now_s}");
        }
        assert_eq!(code(&with("4600", "87400"), &verifier(), 2000), None);
        assert_eq!(code(&with("4600", "87401"), &verifier(), 2000), Some(Code::TokenInvalid));
        assert_eq!(code(&with("4600", "999"), &verifier(), 995), Some(Code::TokenInvalid));
        assert_eq!(code(&with(r#""sub""#, r#""nbf":2011,"sub""#), &verifier(), 2000), Some(Code::TokenInvalid));
        assert_eq!(code(&with(r#""sub""#, r#""nbf":2010,"sub""#), &verifier(), 2000), None);
    }

    #[test]
    fn claims_are_what_they_have_to_be_or_the_token_is_none() {
        let kinds = ["null", "\"1000\"", "-1", "1e309", "1e3", "[]", "{}", "true", "99999999999999999999", "[1000]"];
        for (name, value) in [("iat", "1000"), ("exp", "4600")] {
            for kind in kinds {
                let text = with(&format!("\"{name}\":{value}"), &format!("\"{name}\":{kind}"));
                assert_eq!(code(&text, &verifier(), 2000), Some(Code::TokenInvalid), "{name} {kind}");
            }
            let twice = with(&format!("\"{name}\":{value}"), &format!("\"{name}\":{value},\"{name}\":{value}"));
            assert_eq!(code(&twice, &verifier(), 2000), Some(Code::TokenInvalid), "{name} twice");
            assert!(code(&with(&format!("\"{name}\":{value},"), ""), &verifier(), 2000).is_some(), "{name} missing");
        }
        assert_eq!(code(&with("4600", "4600.9"), &verifier(), 2000), None);
        for name in ["iss", "aud", "sub", "email", "hd", "azp"] {
            let begin = format!("\"{name}\":");
            for kind in ["null", "1", "-1.5", "true", "{}", "[1]", "[[]]", "\"\""] {
                let text = with(&begin, &format!("{begin}{kind},\"other\":"));
                // Where nobody asks, an address may be empty.
                let expected = if kind == "\"\"" && ["email", "hd", "azp"].contains(&name) { None } else { Some(()) };
                assert_eq!(code(&text, &verifier(), 2000).map(|_| ()), expected, "{name} {kind}");
            }
            let twice = with(&begin, &format!("{begin}\"x\",{begin}"));
            assert_eq!(code(&twice, &verifier(), 2000), Some(Code::TokenInvalid), "{name} twice");
        }
    }

    #[test]
    fn issuer_and_audience_are_exact() {
        assert_eq!(code(&with("https://accounts.google.com", "accounts.google.com"), &verifier(), 2000), None);
        for issuer in [
            "https://accounts.google.com/",
            "https://accounts.google.com.evil.example",
            "https://",
            "google",
            " ",
            "https://accounts.google.com accounts.google.com",
        ] {
            let text = with("https://accounts.google.com", issuer);
            assert_eq!(code(&text, &verifier(), 2000), Some(Code::TokenInvalid), "{issuer}");
        }
        for (audience, expected) in [
            (r#""https://b.example""#, None),
            (r#"["x","https://a.example"]"#, None),
            (r#""https://a.example/""#, Some(Code::AudienceMismatch)),
            (r#""https://A.example""#, Some(Code::AudienceMismatch)),
            (r#""https://a.example https://b.example""#, Some(Code::AudienceMismatch)),
            (r#"[]"#, Some(Code::AudienceMismatch)),
            (r#"["https://a.example",1]"#, Some(Code::TokenInvalid)),
            (r#"{"https://a.example":"https://a.example"}"#, Some(Code::TokenInvalid)),
        ] {
            assert_eq!(code(&with(r#""https://a.example""#, audience), &verifier(), 2000), expected, "{audience}");
        }
    }

    #[test]
    fn only_those_may_call_who_were_named() {
        let only = verifier().emails("a@b.example x@y.example").unwrap();
        assert_eq!(code(GOOD, &only, 2000), None);
        for (part, other) in [
            ("a@b.example", "A@b.example"),
            (r#""email_verified":true"#, r#""email_verified":false"#),
            (r#""email_verified":true"#, r#""email_verified":"true""#),
            (r#""email_verified":true"#, r#""email_verified":1"#),
            (r#","email_verified":true"#, ""),
            (r#""email":"a@b.example","#, ""),
        ] {
            assert_eq!(code(&with(part, other), &only, 2000), Some(Code::CallerRefused), "{part} -> {other}");
        }
        let iap = Verifier::new(Issuer::iap(), "https://a.example").unwrap().emails("a@b.example").unwrap();
        let said = with("https://accounts.google.com", "https://cloud.google.com/iap");
        assert_eq!(code(&said.replace(r#","email_verified":true"#, ""), &iap, 2000), None);
        for (domains, expected) in [("b.example", None), ("*", None), ("c.example", Some(Code::CallerRefused))] {
            assert_eq!(code(GOOD, &verifier().domains(domains).unwrap(), 2000), expected, "{domains}");
        }
        let bare = with(r#","hd":"b.example""#, "");
        assert_eq!(code(&bare, &verifier().domains("*").unwrap(), 2000), Some(Code::CallerRefused));
        assert_eq!(code(GOOD, &verifier().parties("d").unwrap(), 2000), Some(Code::CallerRefused));
        assert_eq!(code(GOOD, &verifier().parties("d c").unwrap(), 2000), None);
    }
}
