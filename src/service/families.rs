//! Logins: families of refresh tokens (RFC 9700, section 4.14). Each token is good once; one that comes again ends its family.
//!
//! All logins of a subject lie in one record, so that there are no more records than subjects. What is not in it has ended: to revoke
//! is to take out.

use super::answer::{Failure, Kind};
use super::policy::Policy;
use super::random::fingerprint;
use super::run::{Run, Step, store_failed};
use crate::grant::hmac;
use crate::jose::base64::encode_url;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// So many logins a subject may have; of more, the one that was used the longest ago ends.
const MOST: usize = 100;
const TRIES: u32 = 8;

#[derive(Default, Serialize, Deserialize)]
struct Record {
    families: Vec<Family>,
}

/// One login.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Family {
    id: String,
    /// Names of the callers that the subject was, each with the fingerprint of what that meant.
    callers: Vec<(String, String)>,
    pub(super) subject: String,
    ends_s: u64,
    used_s: u64,
    /// What its refresh tokens are made with, so that each that was ever good is known from what somebody has made up.
    key: String,
    /// Which of them is good now, counted from 0.
    number: u64,
    /// The request that came to that number.
    by: String,
}

impl Family {
    /// The callers that it still is: those whose policy says the same as when it began.
    pub(super) fn callers(&self, policy: &Policy) -> Vec<String> {
        let same = |(name, fingerprint): &&(String, String)| {
            policy.caller(name).is_some_and(|caller| caller.fingerprint == *fingerprint)
        };
        self.callers.iter().filter(same).map(|(name, _)| name.clone()).collect()
    }
}

/// A login and its tokens.
pub(super) struct Login {
    pub(super) family: Family,
    /// As access tokens name it.
    pub(super) sid: String,
    pub(super) refresh_token: String,
    pub(super) ends_in_s: u64,
}

/// Begins one.
pub(super) fn begin(run: &mut Run<'_>, subject: &str, callers: &[String]) -> Step<Login> {
    let (now_s, home) = (run.now.wall_s(), fingerprint(subject));
    let (id, by) = (run.seed.id("family"), run.seed.id("request"));
    let callers = callers.iter().filter_map(|name| {
        let fingerprint = run.policy.caller(name)?.fingerprint.clone();
        Some((name.clone(), fingerprint))
    });
    let family = Family {
        id: id.clone(),
        callers: callers.collect(),
        subject: subject.into(),
        ends_s: now_s.saturating_add(run.service.settings.refresh_ttl_s),
        used_s: now_s,
        key: run.seed.secret("family"),
        number: 0,
        by,
    };
    changed(run, &home, |record| {
        if record.families.iter().any(|other| other.id == family.id) {
            return Ok(false);
        }
        while record.families.len() >= MOST {
            let oldest = record.families.iter().map(|family| family.used_s).min();
            let at = record.families.iter().position(|family| Some(family.used_s) == oldest).unwrap_or_default();
            record.families.remove(at);
        }
        record.families.push(family.clone());
        Ok(true)
    })?;
    Ok(told(family, &home, now_s))
}

/// Gives a new refresh token for one that is good. One that was good before ends its family: whoever has it, or whoever had the new
/// one, has stolen it. One that never was is nobody's.
pub(super) fn refresh(run: &mut Run<'_>, token: &str) -> Step<Login> {
    let Some(came) = Presented::read(token) else { return Err(over().into()) };
    let (now_s, by) = (run.now.wall_s(), run.seed.id("request"));
    let (mut found, mut stolen) = (None, false);
    changed(run, came.home, |record| {
        (found, stolen) = (None, false);
        let at = record.families.iter().position(|family| came.is_of(family)).ok_or_else(over)?;
        let Some(family) = record.families.get_mut(at) else { return Err(over()) };
        if family.by == by {
            // Written before, by a try whose answer was lost.
            found = Some(family.clone());
            return Ok(false);
        }
        if family.number != came.number {
            stolen = true;
            record.families.remove(at);
            return Ok(true);
        }
        (family.number, family.used_s, family.by) = (came.number.saturating_add(1), now_s, by.clone());
        found = Some(family.clone());
        Ok(true)
    })?;
    match found {
        Some(family) if !stolen => Ok(told(family, came.home, now_s)),
        _ => {
            let message = "the refresh token was used before, so that its login has ended: somebody may have stolen it. Log in again.";
            Err(Failure::new(Kind::Grant, message.to_string()).because("reused").into())
        }
    }
}

/// The login that a token names, if it has not ended.
pub(super) fn look(run: &mut Run<'_>, sid: &str) -> Step<Option<Family>> {
    let Some((home, id)) = sid.split_once('.').filter(|(home, _)| is_name(home)) else { return Ok(None) };
    let now_s = run.now.wall_s();
    match run.load(&key(home))? {
        Ok(record) => {
            let record = record.map(|(text, _)| read(&text)).transpose()?.unwrap_or_default();
            Ok(record.families.into_iter().find(|family| family.id == id && now_s < family.ends_s))
        }
        Err(why) => Err(store_failed(&why)),
    }
}

/// The login of a refresh token that is the one that is good now.
pub(super) fn look_refresh(run: &mut Run<'_>, token: &str) -> Step<Option<Family>> {
    let Some(came) = Presented::read(token) else { return Ok(None) };
    let family = look(run, &came.sid())?;
    Ok(family.filter(|family| came.is_of(family) && family.number == came.number))
}

/// Ends the login of a refresh token, good now or before; of one that never was, nothing.
pub(super) fn end_refresh(run: &mut Run<'_>, token: &str) -> Step<()> {
    let Some(came) = Presented::read(token) else { return Ok(()) };
    match look(run, &came.sid())?.filter(|family| came.is_of(family)) {
        Some(_) => end(run, &came.sid()),
        None => Ok(()),
    }
}

/// Whether a token is a refresh token, by its looks.
pub(super) fn is_refresh(token: &str) -> bool {
    Presented::read(token).is_some()
}

/// Ends one; also one that has ended.
pub(super) fn end(run: &mut Run<'_>, sid: &str) -> Step<()> {
    let Some((home, id)) = sid.split_once('.').filter(|(home, _)| is_name(home)) else { return Ok(()) };
    changed(run, home, |record| {
        let before = record.families.len();
        record.families.retain(|family| family.id != id);
        Ok(record.families.len() < before)
    })
}

impl Family {
    pub(super) fn ends_s(&self) -> u64 {
        self.ends_s
    }

    fn mac(&self, number: u64) -> String {
        encode_url(&hmac(self.key.as_bytes(), format!("{} {number}", self.id).as_bytes()))
    }
}

fn told(family: Family, home: &str, now_s: u64) -> Login {
    Login {
        sid: format!("{home}.{}", family.id),
        refresh_token: format!("cra_rt.{home}.{}.{}.{}", family.id, family.number, family.mac(family.number)),
        ends_in_s: family.ends_s.saturating_sub(now_s),
        family,
    }
}

/// A refresh token that somebody came with.
struct Presented<'a> {
    home: &'a str,
    id: &'a str,
    number: u64,
    mac: &'a str,
}

impl<'a> Presented<'a> {
    fn read(token: &'a str) -> Option<Presented<'a>> {
        let mut parts = token.strip_prefix("cra_rt.")?.split('.');
        let (home, id, number, mac) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let good = parts.next().is_none() && [home, id, mac].into_iter().all(is_name);
        // Only as it is written: no sign, no zeros before it.
        let read = number.parse::<u64>().ok().filter(|read| read.to_string() == number)?;
        good.then_some(Presented { home, id, number: read, mac })
    }

    fn sid(&self) -> String {
        format!("{}.{}", self.home, self.id)
    }

    /// Whether that family made it, now or before.
    fn is_of(&self, family: &Family) -> bool {
        let made = family.mac(self.number);
        // Over all of it, so that the time it takes tells nothing.
        let differs = made.bytes().zip(self.mac.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
        family.id == self.id && self.number <= family.number && made.len() == self.mac.len() && differs == 0
    }
}

/// It becomes part of a record's name: nothing but what we make ourselves.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn key(home: &str) -> String {
    format!("service/logins/{home}")
}

fn read(text: &str) -> Result<Record, Failure> {
    let message =
        "a record of the store does not hold what the service writes there. Remove what is below service/logins.";
    serde_json::from_str(text).map_err(|_| Failure::new(Kind::Unavailable, message.to_string()).because("store"))
}

/// Reads, changes and writes, until nobody else was quicker. A change that says `false` is none.
fn changed(run: &mut Run<'_>, home: &str, mut change: impl FnMut(&mut Record) -> Result<bool, Failure>) -> Step<()> {
    let (key, now_s) = (key(home), run.now.wall_s());
    let mut why = String::from("others wrote to the record of the login each time");
    for tries in 0..TRIES {
        let record = match run.load(&key)? {
            Ok(record) => record,
            Err(failed) => return Err(store_failed(&failed)),
        };
        let (mut record, version) = match record {
            None => (Record::default(), None),
            Some((text, version)) => (read(&text)?, Some(version)),
        };
        record.families.retain(|family| now_s < family.ends_s);
        if !change(&mut record)? {
            return Ok(());
        }
        let text = serde_json::to_string(&record).unwrap_or_default();
        match run.store(&key, text, version)? {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            // Whether it was written, the next look tells: each change knows its own.
            Err(failed) => why = failed,
        }
        run.pause(tries)?;
    }
    Err(store_failed(&why))
}

fn over() -> Failure {
    let message = "the refresh token is none of this service's, or its login has ended. Log in again.";
    Failure::new(Kind::Grant, message.to_string())
}
