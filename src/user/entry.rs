//! What a login and a logout make of a user's record.

use super::need::same_user;
use super::record::{RENEWED, Record};
use crate::error::AuthError;
use crate::facts::Facts;
use crate::http::Received;
use crate::jose::Claims;
use crate::json::Text;
use crate::template::fill;
use crate::text::concat;
use crate::time::Now;

/// Somebody who has just logged in, and with which client.
pub(crate) struct Entry<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) account: &'a str,
    /// What he was asked for: an answer that names no scopes grants all (RFC 6749, section 5.1).
    pub(crate) scopes: &'a str,
    /// How long the access token lives.
    pub(crate) life_ms: u64,
    /// Tells this write from every other.
    pub(crate) id: &'a str,
    /// The store's time.
    pub(crate) now_ms: u64,
}

/// What a login writes anew, beside what a refresh does.
const ENTERED: &str = " client_id client_secret sub account scopes scope needs_reauth ";

/// The record of somebody who has logged in, in place of the one that was there, if any; and whether it has a refresh token. One that
/// is there stays where the answer has none, if it is of the same client and not refused.
///
/// # Errors
/// `user_mismatch` where the record that is there is another user's.
pub(crate) fn entered(
    before: &str,
    entry: &Entry<'_>,
    answer: &Received<'_>,
    now: Now,
) -> Result<(Text, bool), AuthError> {
    // What cannot be read is no record: whoever says so sends the user here.
    let before = Record::read(before, 0, 0).or_else(|_| Record::read("{}", 0, 0))?;
    let id_token = before.text("id_token");
    let claimed = Claims::read(id_token.as_bytes()).map(|claims| claims.text("sub")).unwrap_or_default();
    same_user(&before.text("sub"), entry.subject)?;
    same_user(&claimed, entry.subject)?;
    let stays = before.text("client_id").as_str() == entry.client_id && before.text("needs_reauth").is_empty();
    let kept = before.but(&concat(&[ENTERED, if stays { "" } else { "refresh_token " }]));
    let mut facts = Facts::default();
    for (name, text) in [
        ("client_id", entry.client_id),
        ("client_secret", entry.client_secret),
        ("subject", entry.subject),
        ("account", entry.account),
        ("scopes", entry.scopes),
    ] {
        facts.put(name, text);
    }
    let own = fill(
        r##""client_id":"~client_id","client_secret":"~client_secret","sub":"~subject"`,"account":"~account"`,"scopes":["#scopes"]}"##,
        &facts,
    );
    let whole = Text::from(concat(&["{", &kept, &own]));
    let record = Record::read(&whole, 0, 0)?;
    let made = record.renewed(&Facts::default(), answer, entry.life_ms, entry.id, entry.now_ms, now);
    let refreshes = !Record::read(&made, 0, 0)?.text("refresh_token").is_empty();
    Ok((made, refreshes))
}

/// The first of the scopes that an answer or a record does not grant, where it says which it does.
pub(crate) fn lacks<'b>(text: &str, scopes: &'b str) -> &'b str {
    Record::read(text, 0, 0).map_or("", |record| record.lacks(scopes))
}

/// The record of somebody who has logged out: nothing of it is good for anything any more.
pub(crate) fn left(before: &str, id: &str) -> Result<Text, AuthError> {
    let record = Record::read(before, 0, 0)?;
    let mut facts = Facts::default();
    facts.put("id", id);
    let made = fill(r#""type":"authorized_user","needs_reauth":"logged out","write_id":"~id"}"#, &facts);
    Ok(concat(&["{", &record.but(RENEWED), &made]).into())
}
