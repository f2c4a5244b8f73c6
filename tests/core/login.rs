//! The machine of logins, driven by hand: a provider and a store of one test, and a million places to go back to.

use cloud_run_auth::credential::Terms;
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::http::Response;
use cloud_run_auth::login::{Arrived, Asked, Login, Next, Provider, Purpose, Remembered, Visit};
use cloud_run_auth::secret::{Secret, Vault};
use cloud_run_auth::time::Now;
use cloud_run_auth::token::{Action, Event, Record};
use serde_json::json;
use std::collections::BTreeMap;

const NOW: Now = Now::new(1_800_000_000_000, 5_000);
const SECRET: &str = "ffffffffffffffffffffffffffffffffffffffffff1";

fn login() -> Login {
    Login::new("app", "GOCSPX-secret", "https://app.example/callback", &Terms::google()).unwrap()
}

fn state(letter: char) -> String {
    core::iter::repeat_n(letter, 43).collect()
}

/// What a provider says of a user who consented, for the one who asked with that URL.
fn answer(url: &str, claims: serde_json::Value) -> String {
    let url = url::Url::parse(url).unwrap();
    let asked: BTreeMap<_, _> = url.query_pairs().collect();
    let mut all = json!({"iss": "https://accounts.google.com", "aud": "app", "azp": "app", "sub": "1", "iat": 1_800_000_000_u64,
        "exp": 1_800_003_600_u64, "nonce": asked["nonce"], "email": "ada@example.com"});
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    let part = |value: &serde_json::Value| base64url(value.to_string().as_bytes());
    let token = format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&all));
    json!({"access_token": "a", "expires_in": 3600, "refresh_token": "R", "scope": "openid email profile", "id_token": token}).to_string()
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(all >> (18 - 6 * at) & 63) as usize]));
        }
    }
    out
}

/// A store, and what was sent.
#[derive(Default)]
struct World {
    records: BTreeMap<String, (u64, String)>,
    sent: Vec<(String, String)>,
    writes: u64,
}

impl World {
    /// Goes a visit's whole way; the provider answers with that.
    fn visit(
        &mut self,
        login: &Login,
        purpose: Purpose,
        came: &mut Remembered,
        said: &str,
    ) -> Result<Arrived, AuthError> {
        let mut visit = Visit::new(purpose, &format!("visit{}", self.writes), 7);
        let mut vault = Vault::new();
        let mut event = Event::Begun;
        for _ in 0..40 {
            let action = match visit.step(came, login, &event, &mut vault, NOW)? {
                Next::Done(arrived) => return Ok(arrived),
                Next::Act(action) => action,
            };
            event = match action {
                Action::Load { record } => Event::Loaded(self.records.get(&record).map(|(version, value)| Record {
                    value: Secret::new(value.as_str()),
                    version: version.to_string(),
                    written_at_ms: NOW.wall_ms,
                    now_ms: NOW.wall_ms,
                })),
                Action::Store { record, value, expected } => {
                    let there = self.records.get(&record).map(|(version, _)| version.to_string());
                    if there == expected {
                        self.writes += 1;
                        let value = vault.take(value).unwrap();
                        self.records.insert(record, (self.writes, value.expose_text().into()));
                        Event::Stored(Some(self.writes.to_string()))
                    } else {
                        Event::Stored(None)
                    }
                }
                Action::Send(request) => {
                    let body = request.body.and_then(|id| vault.take(id)).unwrap_or_default();
                    self.sent.push((request.url, body.expose_text().into()));
                    Event::Answered(Response {
                        status: 200,
                        date_ms: None,
                        retry_after_ms: None,
                        body: Secret::new(said),
                    })
                }
                Action::Wait { .. } => Event::Woken,
                action => panic!("{action:?}"),
            };
        }
        panic!("the visit has no end");
    }
}

/// A browser that has begun: the URL that it was sent to, and its cookie.
fn begun(login: &Login, letter: char) -> (String, String) {
    let begun = login.begin(&Asked::default(), &state(letter), NOW).unwrap();
    let cookie = begun.cookies.split(';').next().unwrap().to_owned();
    (begun.url.to_string(), cookie)
}

fn back(letter: char) -> String {
    format!("https://app.example/callback?state={}&code=c", state(letter))
}

#[test]
fn a_browser_comes_back_is_let_in_is_known_and_leaves() {
    let (login, mut world) = (login(), World::default());
    let (url, cookie) = begun(&login, 's');
    let came = &mut Remembered::new(&back('s'), &cookie, "", SECRET, "");
    let arrived = world.visit(&login, Purpose::Arrive, came, &answer(&url, json!({}))).unwrap();
    assert_eq!((arrived.subject.as_str(), arrived.location.as_str()), ("1", "/"));
    assert_eq!(world.records.keys().filter(|name| name.starts_with("users/")).count(), 2);
    let (_, sent) = &world.sent[0];
    assert!(sent.contains("grant_type=authorization_code") && sent.contains("&code_verifier="), "{sent}");

    let session = arrived.cookies.lines().last().unwrap().split(';').next().unwrap().to_owned();
    let look = |world: &mut World, cookie: &str| {
        let came = &mut Remembered::new("https://app.example/", cookie, "", SECRET, "");
        world.visit(&login, Purpose::Look, came, "{}").unwrap().subject
    };
    assert_eq!(look(&mut world, &session), "1");
    // Its last characters are the signature's.
    for stranger in ["", &format!("{session}x"), &session.replace('~', "~x")] {
        assert_eq!(look(&mut world, stranger), "", "{stranger}");
    }
    let came = &mut Remembered::new("https://app.example/", &session, "", SECRET, "/bye");
    let left = world.visit(&login, Purpose::Revoke, came, "{}").unwrap();
    assert_eq!(left.location.as_str(), "/bye");
    assert_eq!(look(&mut world, &session), "", "the session has ended");
    assert_eq!(world.sent.last().unwrap().0, "https://oauth2.googleapis.com/revoke");
    let (_, record) = &world.records["users/1"];
    assert!(record.contains("logged out") && !record.contains("\"R\""), "{record}");
}

#[test]
fn every_claim_that_is_not_as_it_has_to_be_is_an_error() {
    let login = login();
    for (claims, code) in [
        (json!({"iss": "https://evil.example"}), Code::InvalidAnswer),
        (json!({"iss": null}), Code::InvalidAnswer),
        (json!({"aud": "other"}), Code::InvalidAnswer),
        (json!({"aud": ["app", "other"], "azp": null}), Code::InvalidAnswer),
        (json!({"azp": "other"}), Code::InvalidAnswer),
        (json!({"sub": ""}), Code::InvalidAnswer),
        (json!({"sub": 1}), Code::InvalidAnswer),
        (json!({"sub": "a b"}), Code::InvalidAnswer),
        (json!({"sub": "x".repeat(256)}), Code::InvalidAnswer),
        (json!({"nonce": "other"}), Code::InvalidAnswer),
        (json!({"nonce": null}), Code::InvalidAnswer),
        (json!({"exp": 1_799_999_969_u64}), Code::InvalidAnswer),
        (json!({"exp": "1800003600"}), Code::InvalidAnswer),
        (json!({"exp": null}), Code::InvalidAnswer),
        (json!({"iat": 1_800_000_031_u64}), Code::InvalidAnswer),
        (json!({"iat": 1_799_900_000_u64}), Code::InvalidAnswer),
        (json!({"iat": null}), Code::InvalidAnswer),
        (json!({"at_hash": "wrong"}), Code::InvalidAnswer),
    ] {
        let mut world = World::default();
        let (url, cookie) = begun(&login, 's');
        let came = &mut Remembered::new(&back('s'), &cookie, "", SECRET, "");
        let error = world.visit(&login, Purpose::Arrive, came, &answer(&url, claims.clone())).unwrap_err();
        assert_eq!(error.code, code, "{claims}");
        assert!(
            !error.message.contains("eyJ") && !world.records.contains_key("users/1"),
            "{claims}: {}",
            error.message
        );
    }
    for good in [json!({"iss": "accounts.google.com"}), json!({"aud": ["app", "other"]}), json!({"at_hash": null})] {
        let (url, cookie) = begun(&login, 's');
        let came = &mut Remembered::new(&back('s'), &cookie, "", SECRET, "");
        World::default().visit(&login, Purpose::Arrive, came, &answer(&url, good)).unwrap();
    }
}

#[test]
fn a_login_is_of_one_browser_one_provider_one_time_and_ten_minutes() {
    let login = login();
    let (url, cookie) = begun(&login, 's');
    let (_, other) = begun(&login, 't');
    // The cookie of another login, by the name of this one's.
    let name = cookie.split('=').next().unwrap();
    let swapped = format!("{name}={}", other.split_once('=').unwrap().1);
    let forged = format!("{}x", cookie);
    for (back, cookies) in [
        (back('s'), ""),
        (back('s'), other.as_str()),
        (back('s'), &swapped),
        (back('s'), &forged),
        (back('t'), &cookie),
        (back('s') + "&iss=https://evil.example", &cookie),
        (back('s') + "&code=d", &cookie),
        (back('s') + "&state=t", &cookie),
        (back('s').replace("code=c", "code="), &cookie),
        ("https://app.example/callback?code=c".into(), &cookie),
    ] {
        let mut world = World::default();
        let came = &mut Remembered::new(&back, cookies, "", SECRET, "");
        let error = world.visit(&login, Purpose::Arrive, came, "{}").unwrap_err();
        assert_eq!((error.code, world.sent.len()), (Code::LoginInvalid, 0), "{back} {cookies}");
    }
    for (then_s, code) in [(601, Code::LoginInvalid), (600, Code::InvalidAnswer)] {
        let began = Now::new(NOW.wall_ms - then_s * 1000, 0);
        let begun = login.begin(&Asked::default(), &state('o'), began).unwrap();
        let came = &mut Remembered::new(&back('o'), begun.cookies.split(';').next().unwrap(), "", SECRET, "");
        let error = World::default().visit(&login, Purpose::Arrive, came, "{}").unwrap_err();
        assert_eq!(error.code, code, "{then_s} s");
    }
    let mut world = World::default();
    let mut arrive = || {
        let came = &mut Remembered::new(&back('s'), &cookie, "", SECRET, "");
        world.visit(&login, Purpose::Arrive, came, &answer(&url, json!({})))
    };
    assert_eq!(arrive().unwrap().subject, "1");
    assert_eq!(arrive().unwrap_err().code, Code::LoginInvalid);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn another_user_or_domain_than_was_asked_for_is_not_let_in_and_overwrites_nobody() {
    let login = login().records("user.json");
    let asked = |asked: &Asked<'_>, claims, world: &mut World| {
        let begun = login.begin(asked, &state('s'), NOW).unwrap();
        let came = &mut Remembered::new(&back('s'), begun.cookies.split(';').next().unwrap(), "", SECRET, "");
        world.visit(&login, Purpose::Arrive, came, &answer(&begun.url, claims)).map(|arrived| arrived.subject)
    };
    let mut world = World::default();
    assert_eq!(asked(&Asked::default(), json!({}), &mut world).unwrap(), "1");
    let before = world.records["user.json"].clone();
    for (ask, claims) in [
        (Asked::default(), json!({"sub": "2"})),
        (Asked { subject: "2", ..Asked::default() }, json!({})),
        (Asked { hd: "corp.example", ..Asked::default() }, json!({})),
        (Asked { hd: "corp.example", ..Asked::default() }, json!({"hd": "evil.example"})),
        (Asked { hd: "*", ..Asked::default() }, json!({})),
    ] {
        assert_eq!(asked(&ask, claims, &mut world).unwrap_err().code, Code::UserMismatch, "{ask:?}");
    }
    assert_eq!(world.records["user.json"], before);
    assert!(asked(&Asked { hd: "*", ..Asked::default() }, json!({"hd": "a.example"}), &mut world).is_ok());
}

#[test]
fn of_many_logins_that_nobody_came_back_from_the_oldest_go() {
    let login = login();
    let all: Vec<String> = "abcdefgh".chars().map(|letter| begun(&login, letter).1).collect();
    let cookies = format!("{}; login-other=1; __Host-login-broken=1", all.join("; "));
    let asked = Asked { cookies: &cookies, ..Asked::default() };
    let told = login.begin(&asked, &state('n'), NOW).unwrap().cookies;
    let gone = |cookie: &String| told.contains(&format!("{}=; Path=/; Max-Age=0;", cookie.split('=').next().unwrap()));
    assert_eq!(all.iter().map(gone).collect::<Vec<_>>(), [true, true, true, false, false, false, false, false]);
    assert!(told.contains("__Host-login-broken=; ") && !told.contains("login-other"), "{}", told.as_str());
}

#[test]
fn a_new_secret_signs_and_the_one_before_is_still_believed() {
    let (one, two) = ("1".repeat(32), "2".repeat(32));
    let old = login().secrets(&one).unwrap();
    let new = login().secrets(&format!("{two} {one}")).unwrap();
    let (url, cookie) = begun(&old, 's');
    let came = &mut Remembered::new(&back('s'), &cookie, "", SECRET, "");
    World::default().visit(&new, Purpose::Arrive, came, &answer(&url, json!({}))).unwrap();
    let (_, cookie) = begun(&new, 's');
    let came = &mut Remembered::new(&back('s'), &cookie, "", SECRET, "");
    let error = World::default().visit(&old, Purpose::Arrive, came, "{}").unwrap_err();
    assert_eq!(error.code, Code::LoginInvalid);
}

#[test]
fn endpoints_and_redirect_uris_are_https_or_of_this_machine() {
    for uri in ["http://app.example/callback", "app.example", "https://u@app.example/", "https://app.example/#x", ""] {
        assert_eq!(Login::new("a", "b", uri, &Terms::google()).unwrap_err().code, Code::InvalidOption, "{uri}");
    }
    let provider = Provider {
        issuer: "https://idp.example",
        authorization_endpoint: "https://idp.example/auth",
        token_endpoint: "http://idp.example/token",
        revocation_endpoint: "",
        device_authorization_endpoint: "",
    };
    assert!(login().provider(&provider).is_err());
    assert!(login().provider(&Provider { token_endpoint: "http://127.0.0.1:9/token", ..provider }).is_ok());
}

#[test]
fn of_a_million_places_to_go_back_to_none_is_off_the_origin() {
    const PIECES: &[&str] = &[
        "/",
        "/",
        "/",
        "\\",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "\t",
        "\n",
        "\r",
        " ",
        "?",
        "#",
        "@",
        ":",
        "%",
        "a",
        "b",
        "ä",
        "\u{2028}",
        "evil.example",
        "https:",
        "http:",
        "javascript:",
        "data:",
        "https://app.example",
        "app.example",
        "//",
        "///",
        ";",
        "&",
        "=",
        "\u{0}",
        "%00",
        "%09",
        "[::1]",
        "\u{ff0f}",
        "\u{3002}",
        "*",
        "~",
        "login",
    ]; // rustfmt: as many as there are
    let login = login();
    let base = url::Url::parse("https://app.example/callback").unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |most: usize| {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (random >> 33) as usize % most
    };
    let mut taken = 0_u32;
    for at in 0..1_000_000 {
        let mut text = String::new();
        for _ in 0..next(8) {
            text.push_str(PIECES[next(PIECES.len())]);
        }
        if at % 2 == 0 {
            text.insert(0, '/');
        }
        let Some(path) = login.returns_to(&text) else { continue };
        taken += 1;
        let to = base.join(&path).unwrap_or_else(|_| panic!("{text:?} became {path:?}"));
        assert_eq!(to.origin(), base.origin(), "{text:?} became {path:?}");
        assert!(path.starts_with('/') && !to.path().starts_with("//") && path.is_ascii(), "{text:?} became {path:?}");
    }
    assert!(taken > 100_000, "{taken} of them led somewhere");
}
