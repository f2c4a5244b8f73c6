//! JWTs that were revoked before their time, by their `jti`: for whoever asks the service. They are kept until they would have ended.

use super::random::fingerprint;
use super::run::{Run, Step, store_failed};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

const TRIES: u32 = 8;
/// So many are kept in one of the records.
const MOST: usize = 1000;

/// When each of them would have ended.
type Record = BTreeMap<String, u64>;

/// Revokes one.
pub(super) fn deny(run: &mut Run<'_>, jti: &str, ends_s: u64) -> Step<()> {
    let (key, now_s) = (key(jti), run.now.wall_s());
    let mut why = String::from("others wrote to the record of revoked tokens each time");
    for tries in 0..TRIES {
        let (mut record, version) = loaded(run, &key)?;
        record.retain(|_, ends_s| now_s < *ends_s);
        if record.contains_key(jti) {
            return Ok(());
        }
        if record.len() >= MOST {
            return Err(store_failed("more tokens are revoked than it keeps track of"));
        }
        record.insert(jti.into(), ends_s);
        match run.store(&key, serde_json::to_string(&record).unwrap_or_default(), version)? {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(failed) => why = failed,
        }
        run.pause(tries)?;
    }
    Err(store_failed(&why))
}

/// Whether one was revoked.
pub(super) fn is_denied(run: &mut Run<'_>, jti: &str) -> Step<bool> {
    Ok(loaded(run, &key(jti))?.0.contains_key(jti))
}

fn loaded(run: &mut Run<'_>, key: &str) -> Step<(Record, Option<String>)> {
    match run.load(key)? {
        Ok(None) => Ok((Record::new(), None)),
        // What cannot be read must not let a revoked token pass.
        Ok(Some((text, version))) => match serde_json::from_str(&text) {
            Ok(record) => Ok((record, Some(version))),
            Err(_) => Err(store_failed("the record of revoked tokens does not hold what the service writes there")),
        },
        Err(why) => Err(store_failed(&why)),
    }
}

/// One of 64 records: none grows large, and there are no more.
fn key(jti: &str) -> String {
    format!("service/denied/{}", fingerprint(jti).get(..1).unwrap_or_default())
}
