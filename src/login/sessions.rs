//! Which browsers a user is logged in with: a record of the user's own beside his token, and a cookie that names one line of it.

use super::application::Login;
use super::flow::{mac, same};
use crate::credential::sha256;
use crate::facts::Facts;
use crate::grant::hex;
use crate::jose::base64::{decode_url, encode_url};
use crate::json::{Json, Text};
use crate::template::fill;
use crate::text::{append, concat, cut, decimal};
use crate::time::Now;
use alloc::string::String;

/// The name of its cookie.
pub(super) const NAME: &str = "session";
/// How many browsers one user may be logged in with; the oldest goes first.
const MOST: usize = 32;

/// What a cookie says: who, and with which session. Believed only for having been signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Browser {
    pub(super) subject: String,
    /// A hash of what the cookie holds, so that whoever reads the record cannot be that browser.
    pub(super) id: String,
}

impl Browser {
    /// Of a cookie's text.
    pub(super) fn read(text: &str, login: &Login) -> Option<Browser> {
        let (said, signature) = cut(text, "~")?;
        login.keys().find(|key| same(&mac(key, "session", said), signature))?;
        let (subject, secret) = cut(said, ".")?;
        let subject = String::from_utf8(decode_url(subject.as_bytes())?).ok()?;
        Some(Browser { subject, id: id_of(secret) })
    }
}

/// The cookie's text. `secret` is random, 256 bits in base64url.
pub(super) fn cookie_text(login: &Login, subject: &str, secret: &str) -> Text {
    let said = concat(&[&encode_url(subject.as_bytes()), ".", secret]);
    concat(&[&said, "~", &mac(&login.key(), "session", &said)]).into()
}

pub(super) fn id_of(secret: &str) -> String {
    let hash = hex(&sha256(secret.as_bytes()));
    concat(&[&hash])
}

/// The name of the record of a user's sessions.
pub(super) fn record(login: &Login, subject: &str) -> String {
    concat(&[&login.record(subject), ".sessions"])
}

/// What is known of the user, if that session of his goes on.
pub(super) fn user(text: &str, id: &str, now: Now) -> Option<Text> {
    let json = Json::parse(text.as_bytes())?;
    let sessions = json.get("sessions")?;
    let mut parts = sessions.parts();
    while let Some((_, session)) = parts.next() {
        if session.get("id")?.is(id) && goes_on(&session, now) {
            return Some(json.get("user")?.written());
        }
    }
    None
}

/// The record with a new session, or without one. `user` is what is known of the user, as JSON; empty: as it is.
pub(super) fn changed(text: &str, user: &str, enters: &str, leaves: &str, until_s: u64, now: Now) -> Text {
    let json = Json::parse(text.as_bytes());
    let mut out = Text::from(concat(&["{\"user\":"]));
    let known = json.and_then(|json| json.get("user")).map(|user| user.written()).unwrap_or_default();
    append(
        &mut out,
        &[
            if !user.is_empty() {
                user
            } else if known.is_empty() {
                "{}"
            } else {
                &known
            },
            ",\"sessions\":[",
        ],
    );
    let mut count = 0_usize;
    if !enters.is_empty() {
        let mut facts = Facts::default();
        facts.put("id", enters);
        facts.put("until", &decimal(until_s));
        append(&mut out, &[&fill(r#"{"id":"$id","until":$until}"#, &facts)]);
        count = 1;
    }
    let sessions = json.and_then(|json| json.get("sessions"));
    if let Some(mut parts) = sessions.as_ref().map(Json::parts) {
        while let Some((_, session)) = parts.next() {
            let id = session.text("id").unwrap_or_default();
            if count < MOST && id.as_str() != enters && id.as_str() != leaves && goes_on(&session, now) {
                append(&mut out, &[if count > 0 { "," } else { "" }, &session.written()]);
                count = count.saturating_add(1);
            }
        }
    }
    append(&mut out, &["]}"]);
    out
}

fn goes_on(session: &Json<'_>, now: Now) -> bool {
    session.get("until").and_then(|until| until.as_seconds()).is_some_and(|until_s| until_s > now.wall_s())
}
