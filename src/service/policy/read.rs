//! A policy as it is read: what its tables may hold.

use super::source::{Fault, Item, Source, kind, meant};
use super::{Caller, Claim, GOOGLES_TTL_S, Grant, Granted, LONGEST_TTL_S, Metadata, Policy, Proof, Wanted};
use crate::service::clients;
use crate::service::random::fingerprint;
use crate::verify::{Issuer, Verifier};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;
use toml::de::{DeTable, DeValue};

const TOP: &[&str] = &["callers", "grants", "metadata"];
const CALLER: &[&str] = &["issuer", "jwks_uri", "claims", "client_id", "secret_hash", "rate"];
const GRANT: &[&str] = &["to", "id_token_for", "access_token_for", "jwt_for", "scopes", "ttl", "outlives_caller"];
const METADATA: &[&str] = &["caller", "email", "project_id", "numeric_project_id"];
/// What a caller may ask for in a minute, where his policy does not say.
const USUAL_RATE: (u32, u32) = (600, 60);
/// What a JWT of the service's lives, where its grant does not say.
const USUAL_TTL_S: u64 = 600;

pub(super) fn read(text: &str, audiences: &str, emulator: &str) -> Result<Policy, Vec<Fault>> {
    let mut source = Source { text, faults: Vec::new() };
    let mut policy = Policy { callers: Vec::new(), grants: Vec::new(), metadata: None };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        source.fault(error.span().unwrap_or(0..0), format!("this is no TOML: {}.", error.message()));
    }
    if source.faults.is_empty() {
        let root = toml::Spanned::new(root.span(), DeValue::Table(root.into_inner()));
        top(&mut source, &root, &mut policy, &Trust { audiences, emulator });
    }
    if source.faults.is_empty() { Ok(policy) } else { Err(source.faults) }
}

/// What tokens of callers are held to.
struct Trust<'a> {
    audiences: &'a str,
    emulator: &'a str,
}

fn top<'a>(source: &mut Source<'a>, root: &Item<'a>, policy: &mut Policy, trust: &Trust<'_>) {
    let Some(table) = source.table("the policy", root, TOP) else { return };
    if let Some(callers) = table.get("callers").and_then(|callers| source.any_table("callers", callers)) {
        for (name, value) in callers {
            if let Some(caller) = caller(source, name.get_ref(), value, trust) {
                let twice = match &caller.proof {
                    Proof::Client { id, .. } => policy.client(id),
                    Proof::IdToken { .. } => None,
                };
                if let Some(other) = twice {
                    source.fault(value.span(), format!("callers.{name} has the client_id of callers.{}.", other.name));
                }
                policy.callers.push(caller);
            }
        }
    }
    if let Some(grants) = table.get("grants") {
        match grants.get_ref().as_array() {
            Some(items) => {
                for item in items.iter() {
                    let grant = grant(source, item, &policy.callers);
                    policy.grants.extend(grant);
                }
            }
            None => source.fault(
                grants.span(),
                format!("grants is no list of tables but {}. Begin each with [[grants]].", kind(grants)),
            ),
        }
    }
    if let Some(metadata) = table.get("metadata") {
        policy.metadata = door(source, metadata, &policy.callers);
    }
}

fn caller<'a>(source: &mut Source<'a>, name: &str, value: &Item<'a>, trust: &Trust<'_>) -> Option<Caller> {
    let what = format!("callers.{name}");
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        source.fault(
            value.span(),
            format!("the name {name:?} of a caller has other characters than letters, digits, - _ and dots."),
        );
    }
    let table = source.table(&what, value, CALLER)?;
    let rate = match table.get("rate") {
        Some(rate) => self::rate(source, &format!("{what}.rate"), rate)?,
        None => USUAL_RATE,
    };
    let (proof, fingerprint) = match (table.get("issuer"), table.get("client_id")) {
        (Some(issuer), None) => by_token(source, &what, table, issuer, value, trust)?,
        (None, Some(id)) => by_secret(source, &what, table, id, value)?,
        _ => {
            let help = "A caller has either issuer and claims, or client_id and secret_hash";
            source.fault(value.span(), format!("{what} does not say how he is known. {help}."));
            return None;
        }
    };
    Some(Caller { name: name.into(), proof, rate, fingerprint })
}

fn by_token<'a>(
    source: &mut Source<'a>,
    what: &str,
    table: &DeTable<'a>,
    issuer: &Item<'a>,
    value: &Item<'a>,
    trust: &Trust<'_>,
) -> Option<(Proof, String)> {
    for key in ["secret_hash"] {
        if let Some(stray) = table.get(key) {
            source.fault(stray.span(), format!("{what}.{key} is for callers with a client_id."));
        }
    }
    let name = source.word(&format!("{what}.issuer"), issuer)?;
    let keys_at = match table.get("jwks_uri") {
        Some(uri) => Some(source.word(&format!("{what}.jwks_uri"), uri)?),
        None => None,
    };
    let verifier = verifier(&name, keys_at.as_deref(), trust);
    let verifier = match verifier {
        Ok(verifier) => verifier,
        Err(message) => {
            source.fault(issuer.span(), format!("{what}: {message}"));
            return None;
        }
    };
    let Some(claims) = table.get("claims") else {
        let help = "Say what his tokens claim, as claims.sub = \"…\"";
        source.fault(value.span(), format!("{what} would be whoever has a token of the issuer. {help}."));
        return None;
    };
    let claims_at = claims.span();
    let mut found: Vec<Claim> = Vec::new();
    for (name, wanted) in source.any_table(&format!("{what}.claims"), claims)? {
        let wanted = self::wanted(source, &format!("{what}.claims.{name}"), wanted)?;
        found.push(Claim { name: name.get_ref().to_string(), wanted });
    }
    if found.is_empty() {
        source.fault(
            claims_at,
            format!("{what}.claims is empty, and {what} would be whoever has a token of the issuer."),
        );
        return None;
    }
    // An address that nobody has verified is what its owner typed in.
    if found.iter().any(|claim| claim.name == "email") && !found.iter().any(|claim| claim.name == "email_verified") {
        found.push(Claim { name: "email_verified".to_owned(), wanted: [Wanted::Is(Value::Bool(true))].into() });
    }
    let fingerprint = fingerprint(&format!("{name} {found:?}"));
    Some((Proof::IdToken { issuer: name, verifier, claims: found }, fingerprint))
}

fn verifier(name: &str, keys_at: Option<&str>, trust: &Trust<'_>) -> Result<Verifier, String> {
    let google = name == "https://accounts.google.com";
    let issuer = if google { Ok(Issuer::google()) } else { Issuer::discovered(name) };
    let issuer = issuer.and_then(|issuer| match keys_at {
        Some(uri) => issuer.keys_at(uri),
        None if google && !trust.emulator.is_empty() => issuer.emulator(trust.emulator),
        None => Ok(issuer),
    });
    issuer.and_then(|issuer| Verifier::new(issuer, trust.audiences)).map_err(|failure| failure.message.clone())
}

fn by_secret<'a>(
    source: &mut Source<'a>,
    what: &str,
    table: &DeTable<'a>,
    id: &Item<'a>,
    value: &Item<'a>,
) -> Option<(Proof, String)> {
    for key in ["claims", "jwks_uri"] {
        if let Some(stray) = table.get(key) {
            source.fault(stray.span(), format!("{what}.{key} is for callers with an issuer."));
        }
    }
    let id = source.word(&format!("{what}.client_id"), id)?;
    let Some(given) = table.get("secret_hash") else {
        source.fault(value.span(), format!("{what} has no secret_hash. Make one: cloud-run-auth policy secret"));
        return None;
    };
    let what = format!("{what}.secret_hash");
    let hashes = match given.get_ref() {
        DeValue::Array(_) => source.words(&what, given)?,
        _ => [(source.word(&what, given)?, given.span())].into(),
    };
    for (hash, at) in &hashes {
        if let Err(why) = clients::check_hash(hash) {
            source.fault(at.clone(), format!("{what} {why}. Make one: cloud-run-auth policy secret"));
        }
    }
    let fingerprint = fingerprint(&format!("client {id}"));
    Some((Proof::Client { id, hashes: hashes.into_iter().map(|(hash, _)| hash).collect() }, fingerprint))
}

/// A text, number or truth value; `{ starts_with = "…" }`; or a list of these.
fn wanted<'a>(source: &mut Source<'a>, what: &str, value: &Item<'a>) -> Option<Vec<Wanted>> {
    match value.get_ref() {
        DeValue::Array(items) if !items.is_empty() => {
            let mut all = Vec::new();
            for item in items.iter() {
                all.push(one(source, what, item)?);
            }
            Some(all)
        }
        _ => Some([one(source, what, value)?].into()),
    }
}

fn one<'a>(source: &mut Source<'a>, what: &str, value: &Item<'a>) -> Option<Wanted> {
    match value.get_ref() {
        DeValue::String(text) if !text.is_empty() => return Some(Wanted::Is(Value::String(text.to_string()))),
        DeValue::Boolean(truth) => return Some(Wanted::Is(Value::Bool(*truth))),
        DeValue::Integer(number) => {
            if let Ok(number) = number.to_string().parse::<i64>() {
                return Some(Wanted::Is(Value::from(number)));
            }
        }
        DeValue::Table(table) if table.len() == 1 => {
            // A begin of no letters is any text.
            let begin = table.get("starts_with").and_then(|begin| begin.get_ref().as_str());
            if let Some(begin) = begin.filter(|begin| !begin.is_empty()) {
                return Some(Wanted::StartsWith(begin.into()));
            }
        }
        _ => {}
    }
    let help = "A claim is a text, a whole number, true or false, { starts_with = \"…\" }, or a list of these";
    source.fault(value.span(), format!("{what} is nothing that a claim can be held to. {help}."));
    None
}

fn rate<'a>(source: &mut Source<'a>, what: &str, value: &Item<'a>) -> Option<(u32, u32)> {
    let text = value.get_ref().as_str().unwrap_or_default();
    let read = text.split_once('/').and_then(|(count, unit)| {
        let seconds = match unit {
            "second" => 1,
            "minute" => 60,
            "hour" => 3600,
            _ => return None,
        };
        count.parse().ok().filter(|count| *count > 0).map(|count| (count, seconds))
    });
    if read.is_none() {
        source.fault(
            value.span(),
            format!("{what} is no rate. Give it as \"600/minute\", \"10/second\" or \"100/hour\"."),
        );
    }
    read
}

fn grant<'a>(source: &mut Source<'a>, value: &Item<'a>, callers: &[Caller]) -> Option<Grant> {
    let table = source.table("a grant", value, GRANT)?;
    let (line, _) = source.place(value.span().start);
    let Some(to) = table.get("to") else {
        source.fault(value.span(), "the grant names no callers. Say to whom: to = [\"…\"].".into());
        return None;
    };
    let mut names = Vec::new();
    let mut tokens = false;
    for (name, at) in source.words("to", to)? {
        match callers.iter().find(|caller| caller.name == name) {
            Some(caller) => tokens |= matches!(caller.proof, Proof::IdToken { .. }),
            None => {
                let known: Vec<&str> = callers.iter().map(|caller| caller.name.as_str()).collect();
                source.fault(
                    at,
                    format!("there is no caller {name:?}. {}Each has a table [callers.NAME].", meant(&name, &known)),
                );
            }
        }
        names.push(name);
    }
    let list = |source: &mut Source<'a>, key: &str| match table.get(key) {
        Some(value) => {
            source.words(key, value).map(|words| Some(words.into_iter().map(|(word, _)| word).collect::<Vec<_>>()))
        }
        None => Some(None),
    };
    let scopes = list(source, "scopes")?;
    let what = match (list(source, "id_token_for")?, list(source, "access_token_for")?, list(source, "jwt_for")?) {
        (Some(audiences), None, None) => Granted::IdToken { audiences },
        (None, Some(scopes), None) => Granted::AccessToken { scopes },
        (None, None, Some(audiences)) => Granted::Jwt { audiences, scopes: scopes.clone().unwrap_or_default() },
        _ => {
            let help = "Give one of id_token_for = [audiences], access_token_for = [scopes] and jwt_for = [audiences]";
            source.fault(value.span(), format!("the grant does not say what it grants, or says it twice. {help}."));
            return None;
        }
    };
    let own = matches!(what, Granted::Jwt { .. });
    if let (Some(scopes), false) = (table.get("scopes"), own) {
        source
            .fault(scopes.span(), "scopes are for jwt_for; those of an access token stand in access_token_for.".into());
    }
    let ttl_s = match table.get("ttl") {
        Some(ttl) => ttl_of(source, ttl, own)?,
        None if own => USUAL_TTL_S,
        None => GOOGLES_TTL_S,
    };
    outlives(source, table, value, own, tokens);
    Some(Grant { line, to: names, what, ttl_s })
}

fn ttl_of<'a>(source: &mut Source<'a>, ttl: &Item<'a>, own: bool) -> Option<u64> {
    let ttl_s = source.duration("ttl", ttl)?;
    if own && ttl_s > LONGEST_TTL_S {
        source.fault(
            ttl.span(),
            "ttl is more than an hour, and there is no revoking at backends that look at the signature alone.".into(),
        );
    }
    if !own && ttl_s < GOOGLES_TTL_S {
        source.fault(
            ttl.span(),
            "ttl cannot be kept: a token of Google's lives for an hour. Leave it out, or grant jwt_for.".into(),
        );
    }
    Some(ttl_s)
}

/// A token of Google's lives for an hour, whoever asks for it: that it may live longer than what it was had for has to be said.
fn outlives<'a>(source: &mut Source<'a>, table: &DeTable<'a>, value: &Item<'a>, own: bool, tokens: bool) {
    let said = table.get("outlives_caller");
    if let Some(said) = said {
        let message = match said.get_ref().as_bool() {
            None => Some("outlives_caller is neither true nor false."),
            Some(_) if own => {
                Some("outlives_caller is not for jwt_for: what the service signs ends with its caller's token.")
            }
            Some(_) => None,
        };
        if let Some(message) = message {
            source.fault(said.span(), message.into());
        }
    }
    let is = said.and_then(|said| said.get_ref().as_bool()).unwrap_or_default();
    if !own && tokens && !is {
        let help = "Say outlives_caller = true if that may be, or grant jwt_for";
        let why = "a token of Google's lives for an hour, and so longer than the ID token that a caller gets it for";
        source.fault(value.span(), format!("{why}. {help}."));
    }
}

fn door<'a>(source: &mut Source<'a>, value: &Item<'a>, callers: &[Caller]) -> Option<Metadata> {
    let table = source.table("metadata", value, METADATA)?;
    let text = |source: &mut Source<'a>, key: &str| match table.get(key) {
        Some(value) => source.word(&format!("metadata.{key}"), value),
        None => {
            source.fault(value.span(), format!("metadata has no {key}."));
            None
        }
    };
    let caller = text(source, "caller")?;
    if !callers.iter().any(|known| known.name == caller) {
        let at = table.get("caller").map_or(0..0, |caller| caller.span());
        source.fault(at, format!("there is no caller {caller:?}."));
    }
    let (email, project_id) = (text(source, "email")?, text(source, "project_id")?);
    let numeric = table.get("numeric_project_id");
    let numeric_project_id = match numeric {
        Some(number) => source.word("metadata.numeric_project_id", number)?,
        None => "0".into(),
    };
    if let Some(number) = numeric.filter(|_| !numeric_project_id.bytes().all(|byte| byte.is_ascii_digit())) {
        source.fault(number.span(), "metadata.numeric_project_id has other characters than digits.".into());
    }
    Some(Metadata { caller, email, project_id, numeric_project_id })
}
