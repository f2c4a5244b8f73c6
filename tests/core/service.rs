//! Requests of the token service, gone through again at each step: that each comes to the same, whatever happens between its steps.

use crate::world::base64;
use cloud_run_auth::service::{Action, Answer, Event, Request, Seed, Service, Turn, Visit, hash_secret};
use cloud_run_auth::time::Now;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ISSUER: &str = "https://tokens.example";
const IDP: &str = "https://idp.example";
const ORDERS: &str = "https://orders.example";
const SVC: &str = "https://svc.example";
const SECRET: &str = "a-secret-of-many-letters";
const FORM: &str = "application/x-www-form-urlencoded";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TYPE: &str = "urn:ietf:params:oauth:token-type";
const ACCOUNT: &str = "/computeMetadata/v1/instance/service-accounts/default";
/// How often each request is disturbed, each time otherwise.
const TIMES: u64 = 4;

fn at(ms: u64) -> Now {
    Now::new(1_800_000_000_000 + ms, 5_000 + ms)
}

/// Chance that comes to the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }
}

/// What hosts have: records, an issuer, Google. What is signed is not looked at.
#[derive(Clone, Default)]
struct World {
    records: BTreeMap<String, (String, u64)>,
    writes: u64,
    /// So many writes find that somebody else was quicker, and after those so many fail, though they are done.
    conflicts: u32,
    lost: u32,
}

impl World {
    fn act(&mut self, action: &Action) -> Event {
        match action {
            Action::Load { key } => {
                Event::Loaded(self.records.get(key).map(|(value, version)| (value.clone(), version.to_string())))
            }
            Action::Store { key, value, expected } => {
                let now = self.records.get(key).map(|(_, version)| version.to_string());
                if self.conflicts > 0 || now != *expected {
                    self.conflicts = self.conflicts.saturating_sub(1);
                    return Event::Stored(false);
                }
                self.writes += 1;
                self.records.insert(key.clone(), (value.clone(), self.writes));
                if self.lost > 0 {
                    self.lost -= 1;
                    return Event::Failed("the answer was lost".into());
                }
                Event::Stored(true)
            }
            Action::Verify { .. } => Event::Verified(true),
            Action::Sign { .. } => Event::Made("c2ln".into()),
            Action::Generate => {
                let part = "A".repeat(43);
                Event::Made(json!({ "kty": "EC", "crv": "P-256", "x": part, "y": part, "d": part }).to_string())
            }
            Action::MintIdToken { audience } => Event::Made(token(&json!({ "aud": audience, "exp": 1_800_003_600 }))),
            Action::MintAccessToken { .. } => Event::Made("1800003600000 ya29.token".into()),
            Action::Get { url } if url.ends_with("/keys") => Event::Answered(
                200,
                "max-age=3600".into(),
                String::new(),
                json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "a",
                    "x": base64("a coordinate of thirty-two bytes"), "y": base64("a coordinate of thirty-two bytes") }] })
                .to_string(),
            ),
            Action::Get { .. } => Event::Answered(
                200,
                String::new(),
                String::new(),
                json!({ "issuer": IDP, "jwks_uri": format!("{IDP}/keys") }).to_string(),
            ),
            Action::Wait { .. } => Event::Waited,
        }
    }
}

fn token(claims: &Value) -> String {
    format!("{}.{}.c2ln", base64(r#"{"alg":"ES256","kid":"a"}"#), base64(&claims.to_string()))
}

fn id_token(sub: &str) -> String {
    let (iat, exp) = (1_800_000_000, 1_800_080_000);
    token(&json!({ "iss": IDP, "aud": ISSUER, "sub": sub, "iat": iat, "exp": exp }))
}

fn policy(hash: &str) -> String {
    format!(
        r#"
        [callers.ada]
        issuer = "{IDP}"
        claims.sub = "ada"
        rate = "1000000/second"
        [callers.worker]
        client_id = "worker"
        secret_hash = "{hash}"
        rate = "1000000/second"
        [metadata]
        caller = "worker"
        email = "worker@p.iam.gserviceaccount.com"
        project_id = "p"
        [[grants]]
        to = ["ada", "worker"]
        jwt_for = ["{ORDERS}"]
        scopes = ["a", "b"]
        [[grants]]
        to = ["worker", "ada"]
        id_token_for = ["{SVC}"]
        outlives_caller = true
        [[grants]]
        to = ["worker"]
        access_token_for = ["scope"]
        "#
    )
}

struct Stand {
    service: Service,
    world: World,
    /// That under which everything is asked, and others that come in its place meanwhile.
    policy: String,
    others: Vec<String>,
    requests: Vec<(String, Request)>,
}

fn ask(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    Request {
        method: method.into(),
        target: target.into(),
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: body.to_string().into(),
        peer: "127.0.0.1".into(),
        ..Request::default()
    }
}

fn form(target: &str, parts: &[(&str, &str)]) -> Request {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish();
    ask("POST", target, &[("content-type", FORM)], &body)
}

fn posted(target: &str, body: &Value) -> Request {
    ask("POST", target, &[("content-type", "application/json")], &body.to_string())
}

/// Goes a request's whole way with nobody else there.
fn alone(service: &mut Service, world: &mut World, request: Request, seed: &str) -> Answer {
    walk(service, world, request, seed, |_, _| 0).1
}

/// Goes its way, and gives what it asked for; between two steps others have their turn, which takes so many milliseconds.
fn walk(
    service: &mut Service,
    world: &mut World,
    request: Request,
    seed: &str,
    mut between: impl FnMut(&mut Service, u64) -> u64,
) -> (Vec<Action>, Answer) {
    let mut visit = Visit::new(service, request, Seed::new(seed));
    let (mut actions, mut event, mut ms) = (Vec::new(), Event::Begun, 0);
    loop {
        match visit.step(service, event, at(ms)) {
            Turn::Done(answer) => return (actions, answer),
            Turn::Act(action) => {
                event = world.act(&action);
                actions.push(action);
                ms += between(service, ms);
            }
        }
        assert!(actions.len() < 200, "it goes round in circles");
    }
}

fn stand() -> Stand {
    let hash = hash_secret(SECRET, b"a salt of sixteen bytes").unwrap();
    let policy = policy(&hash);
    let settings = json!({ "issuer": ISSUER, "metadata": "loopback" });
    let mut service =
        Service::new(serde_json::from_value(settings).unwrap(), &policy, "random bits of the service").unwrap();
    let mut world = World::default();
    let login = posted("/api/auth/login", &json!({ "client_id": "worker", "client_secret": SECRET }));
    let answer = alone(&mut service, &mut world, copy(&login), "login");
    let tokens: Value = serde_json::from_str(&answer.body).unwrap();
    let (access, first) = (text(&tokens["data"]["access_token"]), text(&tokens["data"]["refresh_token"]));
    let refresh = |token: &str| posted("/api/auth/refresh", &json!({ "refresh_token": token }));
    let answer = alone(&mut service, &mut world, refresh(&first), "refresh");
    let second = text(&serde_json::from_str::<Value>(&answer.body).unwrap()["data"]["refresh_token"]);
    let client = [("client_id", "worker"), ("client_secret", SECRET)];
    let credentials = |more: &[(&str, &str)]| {
        form("/api/token", &[&[("grant_type", "client_credentials")], &client[..], more].concat())
    };
    let exchange = |token: &str, kind: &str, more: &[(&str, &str)]| {
        let kind = format!("{TYPE}:{kind}");
        let all = [&[("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", &kind)], more].concat();
        form("/api/token", &all)
    };
    let answer = alone(&mut service, &mut world, exchange(&access, "access_token", &[("audience", ORDERS)]), "jwt");
    let jwt = text(&serde_json::from_str::<Value>(&answer.body).unwrap()["access_token"]);
    // The issuer's keys are at hand from now on.
    let ada = id_token("ada");
    alone(&mut service, &mut world, exchange(&ada, "id_token", &[("audience", ORDERS)]), "ada");
    let bearer = format!("Bearer {access}");
    let by_ada = format!("Bearer {ada}");
    let door = |path: &str| {
        let headers = [("host", "localhost"), ("metadata-flavor", "Google")];
        ask("GET", &format!("{ACCOUNT}{path}"), &headers, "")
    };
    let mut requests = vec![
        ("login by a secret", login),
        ("login by an ID token", posted("/api/auth/login", &json!({ "id_token": id_token("ada") }))),
        ("login of nobody", posted("/api/auth/login", &json!({ "id_token": id_token("eve") }))),
        ("refresh", refresh(&second)),
        ("refresh of what was used", refresh(&first)),
        ("refresh of what never was", refresh("cra_rt.a.b.0.c")),
        ("leave", ask("DELETE", "/api/auth/revoke", &[("authorization", &bearer)], "")),
        ("revoke an access token", form("/api/auth/revoke", &[("token", &access)])),
        ("revoke a refresh token", form("/api/auth/revoke", &[("token", &second)])),
        ("revoke a JWT", form("/api/auth/revoke", &[("token", &jwt)])),
        ("introspect an access token", form("/api/auth/introspect", &[&[("token", &*access)], &client[..]].concat())),
        ("introspect a refresh token", form("/api/auth/introspect", &[&[("token", &*second)], &client[..]].concat())),
        ("introspect a JWT", form("/api/auth/introspect", &[&[("token", &*jwt)], &client[..]].concat())),
        ("user by an access token", ask("GET", "/api/user", &[("authorization", &bearer)], "")),
        ("user by an ID token", ask("GET", "/api/user", &[("authorization", &by_ada)], "")),
        ("echo", ask("POST", "/api/echo", &[("authorization", &bearer), ("content-type", "application/json")], "{}")),
        ("a JWT by a secret", credentials(&[("audience", ORDERS), ("scope", "a b"), ("expires_in", "60")])),
        ("an ID token by a secret", credentials(&[("audience", SVC)])),
        ("an access token by a secret", credentials(&[("scope", "scope")])),
        ("what is not granted", credentials(&[("audience", "https://other.example")])),
        ("a JWT for an ID token", exchange(&id_token("ada"), "id_token", &[("audience", ORDERS)])),
        ("an ID token for an ID token", exchange(&id_token("ada"), "id_token", &[("audience", SVC)])),
        ("a JWT for an access token", exchange(&access, "access_token", &[("audience", ORDERS)])),
        ("the door's ID token", door(&format!("/identity?audience={SVC}"))),
        ("the door's access token", door("/token")),
        ("the door's account", door("/?recursive=true")),
        ("nothing", ask("GET", "/nowhere", &[], "")),
        ("another method", ask("PUT", "/api/token", &[], "")),
    ];
    for path in ["/api/health", "/api/ready", "/api/docs", "/api/redoc", "/api/openapi.json", "/api/status"] {
        requests.push((path, ask("GET", path, &[], "")));
    }
    for path in ["openid-configuration", "oauth-authorization-server", "jwks.json"] {
        requests.push((path, ask("GET", &format!("/.well-known/{path}"), &[], "")));
    }
    let requests = requests.into_iter().map(|(name, request)| (name.to_string(), request)).collect();
    let nobody = policy.replace("\"ada\"", "\"eve\"").replace("callers.ada", "callers.eve");
    let other = policy
        .replace(ORDERS, "https://elsewhere.example")
        .replace("[metadata]", "[callers.x]\nissuer = \"https://x.example\"\nclaims.sub = \"x\"\n[metadata]");
    let others = vec![String::new(), nobody, other, policy.clone()];
    Stand { service, world, policy, others, requests }
}

/// The same request again: it may hold secrets, and is no `Clone`.
fn copy(request: &Request) -> Request {
    Request {
        method: request.method.clone(),
        target: request.target.clone(),
        headers: request.headers.clone(),
        body: String::from_utf8(request.body.expose().to_vec()).unwrap().into(),
        peer: request.peer.clone(),
        unreadable: request.unreadable,
        session: request.session.clone(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_string()
}

/// Other visits under way: their host's records are their own, so that what they do to the service is all that they do.
struct Others {
    chance: Chance,
    visits: Vec<(Visit, Option<Event>, World)>,
}

impl Others {
    fn turn(&mut self, service: &mut Service, ms: u64, stand: &(World, Vec<String>, Vec<(String, Request)>)) {
        let (world, policies, requests) = stand;
        for _ in 0..=self.chance.below(3) {
            if self.chance.below(2) == 0 {
                let policy = &policies[self.chance.below(policies.len())];
                service.reload(policy).unwrap();
            }
            if self.visits.len() < 4 {
                let (_, request) = &requests[self.chance.below(requests.len())];
                let seed = format!("other {}", self.chance.below(1 << 30));
                self.visits.push((
                    Visit::new(service, copy(request), Seed::new(&seed)),
                    Some(Event::Begun),
                    world.clone(),
                ));
            }
            let at_once = self.chance.below(self.visits.len());
            for _ in 0..=self.chance.below(8) {
                let (visit, event, world) = &mut self.visits[at_once];
                let Some(happened) = event.take() else { break };
                if let Turn::Act(action) = visit.step(service, happened, at(ms)) {
                    *event = Some(world.act(&action));
                }
            }
            self.visits.retain(|(_, event, _)| event.is_some());
        }
    }
}

/// Each request, with so much trouble at the store, told by whoever looks at it: what it asked for and what it was answered, alone and
/// among others; `longest` is the most that the clock moves between two steps.
fn among_others(longest: usize, mut look: impl FnMut(&str, (&[Action], &Answer), (&[Action], &Answer))) -> usize {
    let Stand { mut service, world, policy, others, requests } = stand();
    let told = (world.clone(), others, requests);
    let mut steps = 0;
    for (n, (name, request)) in told.2.iter().enumerate() {
        for (conflicts, lost) in [(0, 0), (2, 0), (0, 1), (1, 1)] {
            let seed = format!("seed {n}");
            let troubled = World { conflicts, lost, ..world.clone() };
            service.reload(&policy).unwrap();
            let (actions, answer) = walk(&mut service, &mut troubled.clone(), copy(request), &seed, |_, _| 0);
            assert!(!answer.body.contains("lost track"), "{name}");
            for time in 1..=TIMES {
                service.reload(&policy).unwrap();
                let chance = Chance(time * 7919 + n as u64 * 104_729 + 1);
                let mut others = Others { chance, visits: Vec::new() };
                let (seen, came) = walk(&mut service, &mut troubled.clone(), copy(request), &seed, |service, ms| {
                    others.turn(service, ms, &told);
                    others.chance.below(longest) as u64
                });
                steps += seen.len();
                look(
                    &format!("{name}, {conflicts} conflicts, {lost} lost, {time}"),
                    (&actions, &answer),
                    (&seen, &came),
                );
            }
        }
    }
    steps
}

#[test]
fn a_request_comes_to_the_same_whatever_others_do_between_its_steps() {
    let mut with_steps = 0;
    let steps = among_others(300, |name, (actions, answer), (seen, came)| {
        assert_eq!(seen, actions, "{name}");
        assert_eq!(came, answer, "{name}");
        with_steps += usize::from(actions.len() > 1);
    });
    assert!(steps > 900 && with_steps > 180, "{steps} steps, {with_steps} visits of several");
}

/// Hours between two steps: what is only kept for a while is had anew, and nothing else changes.
#[test]
fn a_request_comes_to_the_same_however_long_its_steps_take() {
    among_others(3_600_000, |name, (actions, answer), (seen, came)| {
        let anew = |action: &&Action| match action {
            Action::Load { key } => key == "service/keys",
            Action::Get { .. } => true,
            _ => false,
        };
        let rest = |all: &[Action]| all.iter().filter(|action| !anew(action)).cloned().collect::<Vec<_>>();
        assert!(!came.body.contains("lost track"), "{name}");
        assert_eq!(rest(seen), rest(actions), "{name}");
        assert_eq!(came, answer, "{name}");
    });
}
