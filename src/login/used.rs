//! Which logins have come back already: a state is good for once (RFC 9700, section 4.2.4).
//!
//! A handful of states share a record, so that their number stays what it is: each is written anew without those that are over.

use super::flow::{Flow, KEPT_S};
use crate::credential::sha256;
use crate::facts::Facts;
use crate::grant::hex;
use crate::json::{Json, Text};
use crate::template::fill;
use crate::text::{append, concat, decimal, part};
use crate::time::Now;
use alloc::string::String;

/// The name of the record that a state belongs to, one of 4,096.
pub(super) fn record(flow: &Flow) -> String {
    concat(&["logins/", part(&hash(flow), 0, 3)])
}

/// By whom the state was used; nobody, where that is empty.
pub(super) fn user(text: &str, flow: &Flow) -> Text {
    let hash = hash(flow);
    let json = Json::parse(text.as_bytes()).and_then(|json| json.get("used"));
    let Some(mut parts) = json.as_ref().map(Json::parts) else { return Text::default() };
    while let Some((_, used)) = parts.next() {
        if used.get("state").is_some_and(|state| state.is(&hash)) {
            return used.text("by").unwrap_or_default();
        }
    }
    Text::default()
}

/// The record with this state, and without those that are over.
pub(super) fn with(text: &str, flow: &Flow, by: &str, now: Now) -> Text {
    let mut facts = Facts::default();
    let until_s = flow.began_s.saturating_add(KEPT_S).saturating_add(60);
    for (name, text) in [("state", hash(flow).as_str()), ("by", by), ("until", &decimal(until_s))] {
        facts.put(name, text);
    }
    let mut out = Text::from(concat(&["{\"used\":["]));
    append(&mut out, &[&fill(r#"{"state":"$state","by":"~by","until":$until}"#, &facts)]);
    let json = Json::parse(text.as_bytes()).and_then(|json| json.get("used"));
    if let Some(mut parts) = json.as_ref().map(Json::parts) {
        while let Some((_, used)) = parts.next() {
            if used.get("until").and_then(|until| until.as_seconds()).is_some_and(|until_s| until_s > now.wall_s()) {
                append(&mut out, &[",", &used.written()]);
            }
        }
    }
    append(&mut out, &["]}"]);
    out
}

fn hash(flow: &Flow) -> Text {
    hex(&sha256(flow.state.as_bytes()))
}
