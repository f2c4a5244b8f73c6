//! What the answer of a token endpoint means (RFC 6749, sections 5.1 and 5.2; AIP-4221).

use crate::config::{LARGEST_ANSWER, LONGEST_LIFE_MS};
use crate::error::{AuthError, Code, Details, ServerSaid, shown};
use crate::http::Received;
use crate::jose::Claims;
use crate::json::{Json, Text};
use crate::text::{concat, contains, decimal, filled};
use crate::time::{Now, seconds_until};
use alloc::string::String;

/// A token, and how long it lives.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) token: Text,
    pub(crate) life_ms: u64,
}

/// What an answer is to hold.
pub(crate) struct Wanted<'a> {
    /// Whether it is an access token.
    pub(crate) access: bool,
    /// Whom an ID token is for; empty where the endpoint has a say in that.
    pub(crate) audience: &'a str,
    /// The members of an ID token, of an access token, and of how many seconds that one lives, or when it ends. An ID token without
    /// a name is the whole answer.
    pub(crate) names: [&'a str; 3],
    /// What the whole answer is, as a line of text.
    pub(crate) whole: &'a str,
}

/// Reads the answer to a token request that `who` sent.
pub(crate) fn read(answer: &Received, wanted: &Wanted<'_>, who: &str, now: Now) -> Result<Granted, AuthError> {
    if answer.status != 200 {
        return Err(refusal(answer, object(answer), who, now));
    }
    granted(answer, wanted, now).map_err(|why| {
        AuthError::passing(Code::InvalidAnswer, "the token endpoint's answer is no token: $. Try again later.", "", why)
    })
}

/// What an answer holds that should be JSON.
pub(crate) fn object<'a>(answer: &Received<'a>) -> Option<Json<'a>> {
    let body = answer.body.as_bytes();
    if body.len() > LARGEST_ANSWER { None } else { Json::parse(body).filter(Json::is_object) }
}

/// How long a JWT lives from now on. `exp` is by the server's clock, so it is held against the server's own
/// `Date`; without one, or with one by which it has ended before it was given, against ours. Never for longer than from `iat`
/// to `exp`: either clock may be far behind.
pub(crate) fn jwt_life_ms(claims: &Claims, date_ms: u64, now: Now) -> Option<u64> {
    let expires_s = claims.seconds("exp")?;
    let expires_ms = in_ms(expires_s);
    let there = date_ms > 0 && date_ms < expires_ms;
    let life_ms = expires_ms.saturating_sub(if there { date_ms } else { now.wall_ms });
    let whole_s = expires_s.saturating_sub(claims.seconds("iat").unwrap_or_default());
    Some(life_ms.min(in_ms(whole_s)))
}

/// A saturating multiplication would be one of 128 bits.
fn in_ms(seconds: u64) -> u64 {
    seconds.min(u64::MAX / 1000).wrapping_mul(1000)
}

/// What a function of the caller's or a program gave. A token with an expiry is kept until then, a JWT until its `exp`, any other for
/// as long as is said.
pub(crate) fn given(token: &str, expires_at_ms: u64, usual_ms: u64, now: Now) -> Result<Granted, &'static str> {
    let token = sendable(token).ok_or("it returned none, or one that no header can hold")?;
    let life_ms = match expires_at_ms {
        0 => Claims::read(token.as_bytes()).and_then(|claims| jwt_life_ms(&claims, 0, now)),
        _ => Some(expires_at_ms.saturating_sub(now.wall_ms)),
    };
    if life_ms == Some(0) {
        return Err(EXPIRED);
    }
    Ok(Granted { token: Text::from(String::from(token)), life_ms: life_ms.unwrap_or(usual_ms) })
}

const EXPIRED: &str = "its token has expired already";

/// A token that a header can hold.
fn sendable(token: &str) -> Option<&str> {
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then_some(token)
}

// For its one caller, of which the compiler makes a function of its own, with 21 bytes more.
#[inline(always)]
fn granted(answer: &Received, wanted: &Wanted<'_>, now: Now) -> Result<Granted, &'static str> {
    let [id, access, life] = wanted.names;
    let name = if wanted.access { access } else { id };
    let json = object(answer);
    let mut whole = Text::default();
    let token = if name.is_empty() {
        wanted.whole
    } else {
        let json = json.ok_or("it is over 1 MiB, cut off, or no JSON object")?;
        whole = json.text(name).unwrap_or(whole);
        &whole
    };
    let token = sendable(token).ok_or("it holds none of the kind that was asked for")?;
    let life_ms = if wanted.access {
        let said = json.and_then(|json| json.get(life));
        let now_ms = if answer.date_ms > 0 { answer.date_ms } else { now.wall_ms };
        let until = |life: Json<'_>| life.as_seconds().or_else(|| seconds_until(&life.word(), now_ms / 1000));
        // A missing expires_in leaves the life open (RFC 6749, section 5.1): Google's is an hour.
        in_ms(said.and_then(until).unwrap_or(3600))
    } else {
        let claims = Claims::read(token.as_bytes()).ok_or("its id_token is not a JWT")?;
        if !wanted.audience.is_empty() && !claims.is_for(wanted.audience) {
            return Err("its id_token is for another audience");
        }
        jwt_life_ms(&claims, answer.date_ms, now).ok_or("its id_token has no expiry (exp)")?
    };
    if life_ms == 0 {
        return Err(EXPIRED);
    }
    Ok(Granted { token: Text::from(String::from(token)), life_ms: life_ms.min(LONGEST_LIFE_MS) })
}

/// What an answer that is no success means. In each message `~` stands for what the server said, `$` for who asked, or for
/// how far the clocks are apart.
fn refusal(answer: &Received, json: Option<Json<'_>>, who: &str, now: Now) -> AuthError {
    let said = said(answer.status, json);
    let server_ms = if answer.date_ms > 0 { answer.date_ms } else { now.wall_ms };
    let apart_s = server_ms.abs_diff(now.wall_ms) / 1000;
    let apart = concat(&[&decimal(apart_s), if server_ms > now.wall_ms { " s behind" } else { " s ahead" }]);
    let transient = matches!(answer.status, 408 | 429 | 500..=599)
        || matches!(said.error.as_str(), "internal_failure" | "server_error" | "temporarily_unavailable");
    let (code, message, own) = if transient {
        (Code::ExchangeUnavailable, "the token endpoint could not answer $ (~). Try again later.", who)
    } else if matches!(answer.status, 300..=399) {
        (Code::InvalidAnswer, "the token endpoint redirects $ (~). Credentials do not follow.", who)
    } else if is_skew(&said, apart_s) {
        (Code::ClockSkew, "the token endpoint refused the time (~). Set the clock ($).", apart.as_str())
    } else {
        let message =
            "the token endpoint refused $ a token (~). Look at the account, its key, and what it was asked for.";
        (Code::ExchangeRefused, message, who)
    };
    let words = concat(&["HTTP ", &decimal(answer.status.into()), " ", &said.error, " ", &said.description]);
    let message = filled(message, &words, own);
    let retry_after_ms = Some(answer.retry_after_ms).filter(|ms| *ms > 0);
    AuthError::whole(Details { code, message, transient, retry_after_ms, server: Some(said) })
}

/// OAuth's `{error, error_description}` or Google's `{error: {status, message}}`.
// For its one caller: 16 bytes less.
#[inline(always)]
fn said(status: u16, json: Option<Json<'_>>) -> ServerSaid {
    let error = json.and_then(|json| json.get("error"));
    let (object, words, description) = match error {
        Some(error) if error.is_object() => (Some(error), "status", "message"),
        _ => (json, "error", "error_description"),
    };
    let text = |name| object.and_then(|object| object.text(name)).map_or_else(String::new, |text| shown(&text));
    ServerSaid { status, error: text(words), description: text(description) }
}

/// Whether the clock is what the server refuses. One that gives no reason may still mean it; one that names another
/// reason does not.
fn is_skew(said: &ServerSaid, apart_s: u64) -> bool {
    contains(&said.description, "iat and exp")
        || contains(&said.description, "reasonable timeframe")
        || apart_s >= 5 * 60 && said.error == "invalid_grant" && said.description.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::signing_input;

    const NOW: Now = Now::new(1_800_000_000_000, 0);
    const NAMES: [&str; 3] = ["id_token", "access_token", "expires_in"];

    fn target() -> Wanted<'static> {
        Wanted { access: false, audience: "https://a.example", names: NAMES, whole: "" }
    }

    fn answer(status: u16, body: &str) -> Received<'_> {
        Received { status, date_ms: 0, retry_after_ms: 0, body }
    }

    fn id_token(claims: &str) -> String {
        signing_input(r#"{"alg":"RS256"}"#, claims) + ".c2ln"
    }

    fn id_answer(claims: &str) -> String {
        concat(&[r#"{"id_token":""#, &id_token(claims), r#""}"#])
    }

    #[test]
    fn the_life_of_a_token_is_by_the_servers_clock() {
        let hour = id_answer(r#"{"aud":"https://a.example","iat":1800000000,"exp":1800003600}"#);
        for (server_s, here_s, life_s) in [
            (Some(1_800_000_000), 1_800_000_000, 3600),
            (Some(1_800_000_000), 1_800_000_600, 3600),
            (Some(1_800_000_000), 0, 3600),
            (Some(1_800_003_000), 1_800_000_000, 600),
            (Some(1_400_000_000), 1_800_000_000, 3600),
            (None, 1_800_000_000, 3600),
            (None, 1_799_999_400, 3600),
            (None, 1_800_000_600, 3000),
        ] {
            let answer = Received { date_ms: server_s.map_or(0, |s: u64| s * 1000), ..answer(200, &hour) };
            let granted = read(&answer, &target(), "x", Now::new(here_s * 1000, 0)).unwrap();
            assert_eq!(granted.life_ms, life_s * 1000, "{server_s:?} {here_s}");
        }
    }

    #[test]
    fn what_is_not_a_token_is_refused_and_may_pass() {
        let bodies = [
            "",
            "<html>sign in</html>",
            "{\"id_token\":",
            "[]",
            "{}",
            r#"{"id_token":null}"#,
            r#"{"id_token":""}"#,
            r#"{"id_token":"opaque"}"#,
            r#"{"id_token":7}"#,
            r#"{"access_token":"x"}"#,
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
        let target = Wanted { access: true, audience: "", names: NAMES, whole: "" };
        for (member, life_ms) in [
            ("", Some(3_600_000)),
            (",\"expires_in\":10", Some(10_000)),
            (",\"expires_in\":\"10\"", Some(10_000)),
            (",\"expires_in\":1e18", Some(LONGEST_LIFE_MS)),
            (",\"expires_in\":-1", None),
            (",\"expires_in\":0", None),
        ] {
            let body = concat(&["{\"access_token\":\"t\"", member, "}"]);
            let granted = read(&answer(200, &body), &target, "x", NOW);
            assert_eq!(granted.ok().map(|granted| granted.life_ms), life_ms, "{member}");
        }
    }

    #[test]
    fn other_endpoints_have_other_names() {
        let access = Wanted { access: true, audience: "", names: ["token", "accessToken", "expireTime"], whole: "" };
        let body = "{\"accessToken\":\"t\",\"expireTime\":\"2027-01-15T08:10:00Z\"}";
        assert_eq!(read(&answer(200, body), &access, "x", NOW).unwrap().life_ms, 600_000);
        let whole = |whole| Wanted { names: ["", "", ""], whole, ..target() };
        let token = id_token(r#"{"aud":"https://a.example","iat":1800000000,"exp":1800003600}"#);
        assert_eq!(read(&answer(200, ""), &whole(&token), "x", NOW).unwrap().life_ms, 3_600_000);
        for body in ["", "<html>", "a b", token.strip_prefix("e").unwrap()] {
            assert_eq!(read(&answer(200, ""), &whole(body), "x", NOW).unwrap_err().code, Code::InvalidAnswer, "{body}");
        }
        let any = Wanted { audience: "", ..target() };
        let other = id_answer(r#"{"aud":"other","iat":1800000000,"exp":1800003600}"#);
        assert!(
            read(&answer(200, &other), &any, "x", NOW).is_ok()
                && read(&answer(200, &other), &target(), "x", NOW).is_err()
        );
    }

    #[test]
    fn a_refusal_keeps_the_servers_words_and_says_whether_it_may_pass() {
        for (status, body, code, transient) in [
            (
                400,
                r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
                Code::ExchangeRefused,
                false,
            ),
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
            assert_eq!(error.server.as_ref().unwrap().status, status);
        }
        let error = read(
            &answer(400, r#"{"error":{"status":"PERMISSION_DENIED","message":"no\r\nway"}}"#),
            &target(),
            "a@b",
            NOW,
        )
        .unwrap_err();
        assert!(
            error.message.contains("a@b") && error.message.contains("PERMISSION_DENIED no way"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_wrong_clock_is_named() {
        let body = r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#;
        let answer = Received { date_ms: NOW.wall_ms, ..answer(400, body) };
        let error = read(&answer, &target(), "x", Now::new(NOW.wall_ms - 600_000, 0)).unwrap_err();
        assert_eq!(error.code, Code::ClockSkew);
        assert!(error.message.contains("600 s behind"), "{}", error.message);
    }
}
