//! What the answer of a token endpoint means (RFC 6749, sections 5.1 and 5.2; AIP-4221).

use super::Target;
use crate::config::{LARGEST_ANSWER, LONGEST_LIFE_MS};
use crate::error::{AuthError, Code, ServerSaid, concat, shown};
use crate::http::Response;
use crate::jose::Claims;
use crate::json::Json;
use crate::secret::Secret;
use crate::time::{Now, http_date};
use alloc::string::{String, ToString};

/// A token, and when it ends by this machine's clock.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) token: Secret,
    pub(crate) expires_at_ms: u64,
}

/// Reads the answer to a token request that `who` sent.
pub(crate) fn read(answer: &Response, target: &Target, who: &str, now: Now) -> Result<Granted, AuthError> {
    let body = answer.body.expose();
    if body.len() > LARGEST_ANSWER {
        return Err(AuthError::transient(Code::InvalidAnswer, "the token endpoint's answer is over 1 MiB; it was not read."));
    }
    let json = Json::parse(body).filter(|json| matches!(json, Json::Object(_)));
    match (answer.status, json) {
        (200, Some(json)) => granted(&json, answer, target, now),
        (200, None) => Err(not_a_token("its body is not a JSON object (a proxy's page, or one that was cut off)")),
        (status, json) => Err(refusal(status, json.as_ref(), answer, who, now)),
    }
}

fn granted(json: &Json, answer: &Response, target: &Target, now: Now) -> Result<Granted, AuthError> {
    let field = match target {
        Target::IdToken(_) => "id_token",
        Target::AccessToken(_) => "access_token",
    };
    let token = json.get(field).and_then(Json::as_str).filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| not_a_token(&concat(&["it holds no ", field])))?;
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(not_a_token("its token holds a character that a header cannot"));
    }
    let life_ms = match target {
        Target::IdToken(audience) => {
            let claims = Claims::read(token.as_bytes()).ok_or_else(|| not_a_token("its id_token is not a JWT"))?;
            if !claims.is_for(audience.as_str()) {
                return Err(not_a_token("its id_token is for another audience than was asked for"));
            }
            let expires_s = claims.seconds("exp").ok_or_else(|| not_a_token("its id_token has no expiry (exp)"))?;
            jwt_life_ms(&claims, expires_s, answer.date.as_deref(), now)
        }
        // A missing expires_in leaves the life open (RFC 6749, section 5.1): Google's is an hour.
        Target::AccessToken(_) => json.get("expires_in").and_then(Json::as_seconds).unwrap_or(3600).saturating_mul(1000),
    };
    if life_ms == 0 {
        return Err(not_a_token("its token has already expired"));
    }
    let expires_at_ms = now.wall_ms.saturating_add(life_ms.min(LONGEST_LIFE_MS));
    Ok(Granted { token: Secret::new(token), expires_at_ms })
}

/// How long a JWT lives from now on. `exp` is by the server's clock, so it is held against the server's own
/// `Date`; without one, against ours, but never for longer than from `iat` to `exp`.
pub(crate) fn jwt_life_ms(claims: &Claims, expires_s: u64, date: Option<&str>, now: Now) -> u64 {
    let expires_ms = expires_s.saturating_mul(1000);
    match date.and_then(http_date) {
        Some(server_ms) => expires_ms.saturating_sub(server_ms),
        None => {
            let whole = claims.seconds("iat").map_or(u64::MAX, |issued| expires_s.saturating_sub(issued).saturating_mul(1000));
            expires_ms.saturating_sub(now.wall_ms).min(whole)
        }
    }
}

fn not_a_token(why: &str) -> AuthError {
    AuthError::transient(Code::InvalidAnswer, concat(&["the token endpoint's answer is not a token: ", why, "."]))
}

fn refusal(status: u16, json: Option<&Json>, answer: &Response, who: &str, now: Now) -> AuthError {
    let said = said(status, json);
    let error = said.error.as_deref().unwrap_or_default();
    let description = said.description.as_deref().unwrap_or_default();
    let words = concat(&[" (HTTP ", &status.to_string(), if error.is_empty() { "" } else { ", " }, error, if description.is_empty() { "" } else { ": " }, description, ")"]);

    let passing = matches!(error, "internal_failure" | "server_error" | "temporarily_unavailable");
    if passing || matches!(status, 408 | 429 | 500..=599) {
        let message = concat(&["the token endpoint could not answer", &words, ". Try again later."]);
        let retry_after_ms = answer.retry_after.as_deref().and_then(|text| retry_after(text, answer, now));
        return AuthError { retry_after_ms, ..AuthError::transient(Code::ExchangeUnavailable, message).with_server(said) };
    }
    if (300..400).contains(&status) {
        return AuthError::new(Code::InvalidAnswer, concat(&["the token endpoint redirects", &words, "; credentials do not follow redirects."])).with_server(said);
    }
    if let Some(skew) = skew(error, description, answer, now) {
        let message = concat(&["the token endpoint refused the assertion's time", &words, ". ", &skew, " Set this machine's clock."]);
        return AuthError::new(Code::ClockSkew, message).with_server(said);
    }
    let message = concat(&["the token endpoint refused to give ", who, " a token", &words, ". ", advice(error, description)]);
    AuthError::new(Code::ExchangeRefused, message).with_server(said)
}

/// OAuth's `{error, error_description}` or Google's `{error: {status, message}}`.
fn said(status: u16, json: Option<&Json>) -> ServerSaid {
    let text = |value: Option<&Json>| value.and_then(Json::as_str).map(shown).filter(|text| !text.is_empty());
    let error = json.and_then(|json| json.get("error"));
    match error {
        Some(Json::Object(_)) => {
            ServerSaid { status, error: text(error.and_then(|e| e.get("status"))), description: text(error.and_then(|e| e.get("message"))) }
        }
        _ => ServerSaid { status, error: text(error), description: text(json.and_then(|json| json.get("error_description"))) },
    }
}

/// Says how far the clocks are apart, where that is what the server refuses.
fn skew(error: &str, description: &str, answer: &Response, now: Now) -> Option<String> {
    const NOTABLE_MS: u64 = 5 * 60 * 1000;
    let complained = description.contains("iat and exp") || description.contains("reasonable timeframe");
    let Some(server_ms) = answer.date.as_deref().and_then(http_date) else {
        return complained.then(|| "The clocks here and there are apart.".into());
    };
    let apart = server_ms.abs_diff(now.wall_ms);
    // A server that gives no reason may still mean the time; one that names another reason does not.
    if !complained && (apart < NOTABLE_MS || error != "invalid_grant" || !description.is_empty()) {
        return None;
    }
    let side = if server_ms > now.wall_ms { " s behind" } else { " s ahead of" };
    Some(concat(&["The clock here is ", &(apart / 1000).to_string(), side, " the server's."]))
}

/// Seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(text: &str, answer: &Response, now: Now) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let server = answer.date.as_deref().and_then(http_date).unwrap_or(now.wall_ms);
    Some(http_date(text)?.saturating_sub(server))
}

fn advice(error: &str, description: &str) -> &'static str {
    match error {
        "invalid_grant" if description.contains("Signature") => "The key does not belong to the account, or was deleted: create a new key.",
        "invalid_grant" => "The account or its key may have been disabled or deleted: look at the account's keys, and create a new one.",
        "invalid_client" | "unauthorized_client" => "The account may not ask for this: look at its delegation and at what was asked for.",
        "invalid_scope" => "Look at the scopes.",
        _ => "Look at the credential and at what was asked for.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Audience;
    use crate::jose::signing_input;

    const NOW: Now = Now::new(1_800_000_000_000, 0);
    const DATE: &str = "Fri, 15 Jan 2027 08:00:00 GMT";

    fn target() -> Target {
        Target::id_token(Audience::parse("https://a.example").unwrap())
    }

    fn answer(status: u16, body: &str) -> Response {
        Response { status, date: None, retry_after: None, body: Secret::new(body) }
    }

    fn id_token(claims: &str) -> String {
        signing_input(r#"{"alg":"RS256"}"#, claims) + ".c2ln"
    }

    fn id_answer(claims: &str) -> Response {
        answer(200, &concat(&[r#"{"id_token":""#, &id_token(claims), r#""}"#]))
    }

    #[test]
    fn the_life_of_a_token_is_by_the_servers_clock() {
        assert_eq!(http_date(DATE), Some(NOW.wall_ms));
        let hour = r#"{"aud":"https://a.example","iat":1800000000,"exp":1800003600}"#;
        for (date, here_s, life_s) in [
            (Some(DATE), 1_800_000_000, 3600),
            (Some(DATE), 1_800_000_600, 3600),
            (Some(DATE), 0, 3600),
            (None, 1_800_000_000, 3600),
            (None, 1_799_999_400, 3600),
            (None, 1_800_000_600, 3000),
            (Some("Fri, 15 Jan 2027 08:50:00 GMT"), 1_800_000_000, 600),
        ] {
            let here = Now::new(here_s * 1000, 0);
            let answer = Response { date: date.map(String::from), ..id_answer(hour) };
            let granted = read(&answer, &target(), "x", here).unwrap();
            assert_eq!(granted.expires_at_ms - here.wall_ms, life_s * 1000, "{date:?} {here_s}");
        }
    }

    #[test]
    fn what_is_not_a_token_is_refused_and_may_pass() {
        let bodies = [
            "", "<html>sign in</html>", "{\"id_token\":", "[]", "{}", r#"{"id_token":null}"#, r#"{"id_token":""}"#, r#"{"id_token":"opaque"}"#, r#"{"id_token":7}"#, r#"{"access_token":"x"}"#,
            &concat(&[r#"{"id_token":""#, &id_token(r#"{"aud":"https://b.example","exp":1800003600}"#), r#""}"#]),
            &concat(&[r#"{"id_token":""#, &id_token(r#"{"aud":"https://a.example"}"#), r#""}"#]),
            &concat(&[r#"{"id_token":""#, &id_token(r#"{"aud":"https://a.example","exp":"1800003600"}"#), r#""}"#]),
            &concat(&[r#"{"id_token":""#, &id_token(r#"{"aud":"https://a.example","exp":1799999999}"#), r#""}"#]),
            &" ".repeat(LARGEST_ANSWER + 1),
        ];
        for body in bodies {
            let error = read(&answer(200, body), &target(), "x", NOW).unwrap_err();
            assert!(error.code == Code::InvalidAnswer && error.transient, "{:.80}", body);
            assert!(!error.message.contains("eyJ") && error.message.len() < 200);
        }
    }

    #[test]
    fn expires_in_comes_in_many_shapes() {
        let target = Target::access_token(crate::grant::Scopes::parse("s").unwrap());
        for (member, life_ms) in [("", Some(3_600_000)), (",\"expires_in\":10", Some(10_000)), (",\"expires_in\":\"10\"", Some(10_000)), (",\"expires_in\":1e18", Some(LONGEST_LIFE_MS)), (",\"expires_in\":-1", None), (",\"expires_in\":0", None)] {
            let body = concat(&["{\"access_token\":\"t\"", member, "}"]);
            let granted = read(&answer(200, &body), &target, "x", NOW);
            assert_eq!(granted.ok().map(|granted| granted.expires_at_ms - NOW.wall_ms), life_ms, "{member}");
        }
    }

    #[test]
    fn a_refusal_keeps_the_servers_words_and_says_whether_it_may_pass() {
        for (status, body, code, transient) in [
            (400, r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#, Code::ExchangeRefused, false),
            (401, r#"{"error":"invalid_client"}"#, Code::ExchangeRefused, false),
            (403, "<html>", Code::ExchangeRefused, false),
            (400, r#"{"error":{"status":"PERMISSION_DENIED","message":"no"}}"#, Code::ExchangeRefused, false),
            (400, r#"{"error":"temporarily_unavailable"}"#, Code::ExchangeUnavailable, true),
            (429, "", Code::ExchangeUnavailable, true),
            (503, "<html>", Code::ExchangeUnavailable, true),
            (302, "", Code::InvalidAnswer, false),
            (204, "", Code::ExchangeRefused, false),
        ] {
            let error = read(&answer(status, body), &target(), "a@b", NOW).unwrap_err();
            assert_eq!((error.code, error.transient), (code, transient), "{status} {body}");
            assert_eq!(error.server.unwrap().status, status);
        }
        let error = read(&answer(400, r#"{"error":{"status":"PERMISSION_DENIED","message":"no\r\nway"}}"#), &target(), "a@b", NOW).unwrap_err();
        assert!(error.message.contains("a@b") && error.message.contains("PERMISSION_DENIED: no way"), "{}", error.message);
    }

    #[test]
    fn a_wrong_clock_is_named() {
        let body = r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#;
        let answer = Response { date: Some(DATE.into()), ..answer(400, body) };
        let error = read(&answer, &target(), "x", Now::new(NOW.wall_ms - 600_000, 0)).unwrap_err();
        assert_eq!(error.code, Code::ClockSkew);
        assert!(error.message.contains("600 s behind"), "{}", error.message);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        for (text, ms) in [("7", Some(7000)), ("Fri, 15 Jan 2027 08:00:30 GMT", Some(30_000)), ("soon", None), ("-1", None)] {
            let answer = Response { date: Some(DATE.into()), retry_after: Some(text.into()), ..answer(429, "") };
            assert_eq!(read(&answer, &target(), "x", NOW).unwrap_err().retry_after_ms, ms, "{text}");
        }
    }
}
