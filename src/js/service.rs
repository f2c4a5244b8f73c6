//! What the token service's host asks the core.

use crate::error::{AuthError, Code};
use crate::record::{Fields, Record};
use crate::service::{Action, Answer, Event, Fault, Request, Seed, Service, Settings, Turn, Visit, Want, hash_secret};
use crate::time::Now;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::Deserialize;
use serde_json::{Value, json};

/// So many requests may be under way at once; of those that nobody came back for, none is kept for longer than this.
const MOST: usize = 10_000;
const LONGEST_MS: u64 = 120_000;

pub(super) type Kept = Services;

/// No service yet.
pub(super) const KEPT: Kept = Services { all: Vec::new(), visits: BTreeMap::new(), next: 0 };

pub(super) struct Services {
    all: Vec<Service>,
    /// By their number: of which service, until when by the monotonic clock.
    visits: BTreeMap<u64, (usize, u64, Visit)>,
    next: u64,
}

/// What there is to be asked, by its letter; clocks come next, as everywhere, and then a text of JSON.
///
/// `b` begins a service: `settings`, `policy`, `random`; its number. `p` gives it (`service`) another `policy`. `r` is a request of it:
/// `service`, `request`, `seed`; and `n` what happened to one (`visit`, `event`): both are answered by the visit's number and what comes next.
/// `a` forgets a visit. `x` explains: `service`, `claims` or `callers`, `want`. `h` hashes a `secret`, given a `salt`.
/// Faults of a policy are an answer, `faults`.
pub(super) fn answer(kept: &mut Kept, mut fields: Fields<'_>, out: &mut Record) -> Result<(), AuthError> {
    let letter = fields.text();
    let now = Now::new(fields.number(), fields.number());
    let question = fields.rest();
    let told = match letter {
        "b" => begin(kept, read(question)?),
        "p" => reload(kept, &read(question)?)?,
        "r" => request(kept, read(question)?, now)?,
        "n" => next(kept, read(question)?, now)?,
        "a" => {
            kept.visits.remove(&read::<u64>(question)?);
            Value::Null
        }
        "x" => explain(kept, &read(question)?)?,
        "h" => hash(&read(question)?)?,
        _ => return Err(unasked()),
    };
    out.text("0");
    out.text(&told.to_string());
    Ok(())
}

#[derive(Deserialize)]
struct Begin {
    settings: Settings,
    policy: String,
    random: String,
}

fn begin(kept: &mut Kept, Begin { settings, policy, random }: Begin) -> Value {
    match Service::new(settings, &policy, &random) {
        Ok(service) => {
            kept.all.push(service);
            json!({ "service": kept.all.len().saturating_sub(1) })
        }
        Err(faults) => faulty(&faults),
    }
}

#[derive(Deserialize)]
struct Reload {
    service: usize,
    policy: String,
}

fn reload(kept: &mut Kept, Reload { service, policy }: &Reload) -> Result<Value, AuthError> {
    let service = kept.all.get_mut(*service).ok_or_else(unknown)?;
    Ok(match service.reload(policy) {
        Ok(()) => json!({}),
        Err(faults) => faulty(&faults),
    })
}

#[derive(Deserialize)]
struct Came {
    service: usize,
    request: Request,
    seed: String,
}

fn request(kept: &mut Kept, Came { service: at, request, seed }: Came, now: Now) -> Result<Value, AuthError> {
    let service = kept.all.get_mut(at).ok_or_else(unknown)?;
    kept.visits.retain(|_, (_, until_ms, _)| now.mono_ms < *until_ms);
    if kept.visits.len() >= MOST {
        return Err(AuthError::passing(Code::TooManyOperations, "too many requests are under way.", "", ""));
    }
    let mut visit = Visit::new(service, request, Seed::new(&seed));
    let turn = visit.step(service, Event::Begun, now);
    let number = kept.next;
    if matches!(turn, Turn::Act(_)) {
        kept.next = number.wrapping_add(1);
        kept.visits.insert(number, (at, now.mono_ms.saturating_add(LONGEST_MS), visit));
    }
    Ok(turned(number, turn))
}

#[derive(Deserialize)]
struct Happened {
    visit: u64,
    event: Told,
}

/// What happened, as JSON has it.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Loaded(Option<(String, String)>),
    Stored(bool),
    Verified(bool),
    Made(String),
    Answered(u16, String, String, String),
    Waited(()),
    Failed(String),
}

fn next(kept: &mut Kept, Happened { visit: number, event }: Happened, now: Now) -> Result<Value, AuthError> {
    let alive = !kept.all.is_empty();
    let over = || AuthError::passing(Code::Timeout, "the request was under way for too long.", "", "");
    let (at, _, visit) = kept.visits.get_mut(&number).ok_or_else(|| if alive { over() } else { unknown() })?;
    let service = kept.all.get_mut(*at).ok_or_else(unknown)?;
    let event = match event {
        Told::Loaded(record) => Event::Loaded(record),
        Told::Stored(written) => Event::Stored(written),
        Told::Verified(good) => Event::Verified(good),
        Told::Made(text) => Event::Made(text),
        Told::Answered(status, cache_control, age, body) => Event::Answered(status, cache_control, age, body),
        Told::Waited(()) => Event::Waited,
        Told::Failed(why) => Event::Failed(why),
    };
    let turn = visit.step(service, event, now);
    if matches!(turn, Turn::Done(_)) {
        kept.visits.remove(&number);
    }
    Ok(turned(number, turn))
}

fn turned(visit: u64, turn: Turn) -> Value {
    match turn {
        Turn::Done(Answer { status, headers, body, log }) => {
            json!({ "done": { "status": status, "headers": headers, "body": body, "log": log } })
        }
        Turn::Act(action) => {
            let (task, what) = match action {
                Action::Load { key } => ("load", json!([key])),
                Action::Store { key, value, expected } => ("store", json!([key, value, expected])),
                Action::Verify { algorithm, jwk, input, signature } => {
                    ("verify", json!([algorithm, jwk, input, signature]))
                }
                Action::Sign { jwk, input } => ("sign", json!([jwk, input])),
                Action::Generate => ("generate", json!([])),
                Action::MintIdToken { audience } => ("mintIdToken", json!([audience])),
                Action::MintAccessToken { scopes } => ("mintAccessToken", json!([scopes])),
                Action::Get { url } => ("get", json!([url])),
                Action::Wait { ms } => ("wait", json!([ms])),
            };
            json!({ "visit": visit, "task": task, "what": what })
        }
    }
}

#[derive(Deserialize)]
struct Explain {
    service: usize,
    #[serde(default)]
    claims: Option<Value>,
    #[serde(default)]
    callers: Vec<String>,
    #[serde(default)]
    want: Option<Wanted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    IdToken { audience: String },
    AccessToken { scopes: Vec<String> },
    Jwt { audience: String, scopes: Vec<String> },
}

fn explain(kept: &Kept, Explain { service, claims, callers, want }: &Explain) -> Result<Value, AuthError> {
    let policy = kept.all.get(*service).ok_or_else(unknown)?.policy();
    let strangers: Vec<&String> = callers.iter().filter(|name| !policy.has(name)).collect();
    let (names, who) = match claims {
        Some(claims) => policy.explain_claims(claims),
        None => (callers.clone(), Vec::new()),
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let want = match want {
        Some(Wanted::IdToken { audience }) => Some(Want::IdToken { audience: audience.clone() }),
        Some(Wanted::AccessToken { scopes }) => Some(Want::AccessToken { scopes: scopes.clone() }),
        Some(Wanted::Jwt { audience, scopes }) => {
            Some(Want::Jwt { audience: audience.clone(), scopes: scopes.clone() })
        }
        None => None,
    };
    let (may, why) = want.map_or((false, Vec::new()), |want| policy.explain_want(&names, &want));
    let known: Vec<&str> = policy.names().collect();
    Ok(json!({ "names": names, "who": who, "may": may, "why": why, "strangers": strangers, "known": known }))
}

#[derive(Deserialize)]
struct Hash {
    secret: String,
    salt: String,
}

fn hash(Hash { secret, salt }: &Hash) -> Result<Value, AuthError> {
    let hash = hash_secret(secret, salt.as_bytes());
    hash.map(Value::String).map_err(|why| AuthError::plain(Code::InvalidOption, &format!("{why}.")))
}

fn read<'a, T: Deserialize<'a>>(question: &'a str) -> Result<T, AuthError> {
    serde_json::from_str(question).map_err(|error| {
        let why = error.to_string();
        AuthError::about(Code::CoreFailed, "the driver asked what cannot be read: ~.", &why, "")
    })
}

fn faulty(faults: &[Fault]) -> Value {
    let all: Vec<Value> = faults.iter().map(|Fault { line, column, message }| json!([line, column, message])).collect();
    json!({ "faults": all })
}

/// The module was started anew since.
fn unknown() -> AuthError {
    AuthError::passing(Code::CoreFailed, "the service was begun anew. Call again.", "", "")
}

fn unasked() -> AuthError {
    AuthError::plain(Code::CoreFailed, "the driver asked what there is no answer to.")
}
