//! The record of a user's token: JSON, as `authorized_user` files are, with the token beside what it is refreshed by.

use crate::error::{AuthError, Code};
use crate::facts::Facts;
use crate::grant::{jwt_life_ms, object};
use crate::http::Received;
use crate::jose::Claims;
use crate::json::{Json, Text};
use crate::record::Fields;
use crate::template::fill;
use crate::text::{append, before, concat, contains, cut, decimal, part};
use crate::time::{Now, calendar, seconds_until};

/// What a record holds, and by the store's clock, when it was read and when it was written.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) json: Json<'a>,
    pub(super) now_ms: u64,
    pub(super) written_ms: u64,
}

/// A token as a record has it.
#[derive(Default)]
pub(super) struct Had {
    pub(super) token: Text,
    /// How long it lives from now on.
    pub(super) left_ms: u64,
    /// How long it lived when the record was written.
    pub(super) life_ms: u64,
}

/// What the long names of `email` and `profile` begin with.
const LONG: &str = "https://www.googleapis.com/auth/userinfo.";

/// What a refresh writes anew.
pub(super) const RENEWED: &str =
    " type token expiry access_token token_expiry id_token id_token_expiry refresh_token write_id needs_reauth ";
/// The same where an answer says what was granted.
const GRANTED: &str = " type token expiry access_token token_expiry id_token id_token_expiry refresh_token write_id needs_reauth scopes scope ";

impl<'a> Record<'a> {
    pub(super) fn read(text: &'a str, written_ms: u64, now_ms: u64) -> Result<Record<'a>, AuthError> {
        let json = Json::parse(text.as_bytes()).filter(Json::is_object).ok_or_else(|| {
            AuthError::plain(Code::InvalidCredential, "the user's record is not a JSON object. Log the user in again.")
        })?;
        Ok(Record { json, now_ms, written_ms })
    }

    /// The text of that member; empty where there is none.
    pub(super) fn text(&self, name: &str) -> Text {
        self.json.text(name).unwrap_or_default()
    }

    /// The user's ID token, or the access token by Google's name or by another that is about.
    pub(super) fn token(&self, access: bool) -> Had {
        let (token, until) = if !access {
            (self.text("id_token"), self.text("id_token_expiry"))
        } else if let Some(token) = self.json.text("token") {
            (token, self.text("expiry"))
        } else {
            (self.text("access_token"), self.text("token_expiry"))
        };
        let left_s = match seconds_until(&until, self.now_ms / 1000) {
            None if !access => Claims::read(token.as_bytes())
                .and_then(|claims| claims.seconds("exp"))
                .map(|exp| exp.saturating_sub(self.now_ms / 1000)),
            left_s => left_s,
        };
        if token.is_empty() {
            return Had::default();
        }
        let left_ms = left_s.unwrap_or_default().min(65_535).wrapping_mul(1000);
        Had { token, left_ms, life_ms: left_ms.saturating_add(self.now_ms.saturating_sub(self.written_ms)) }
    }

    /// The first scope that was not granted, where the record says which were.
    pub(super) fn lacks<'b>(&self, scopes: &'b str) -> &'b str {
        let mut granted = Text::from(concat(&[" "]));
        if let Some(said) = self.json.get("scopes").or_else(|| self.json.get("scope")) {
            append(&mut granted, &[&said.word(), " "]);
            let mut items = said.parts();
            while let Some((item, _)) = items.next() {
                append(&mut granted, &[&item.word(), " "]);
            }
        } else {
            return "";
        }
        let mut rest = scopes;
        while !rest.is_empty() {
            let scope = before(rest, " ");
            rest = part(rest, scope.len().wrapping_add(1), rest.len());
            // Google has long names for two of OpenID Connect's, and answers with those.
            let short = cut(scope, LONG).unwrap_or(("", scope)).1;
            let has = |long| contains(&granted, &concat(&[" ", long, short, " "]));
            if !scope.is_empty() && !has("") && !has(LONG) {
                return scope;
            }
        }
        ""
    }

    /// The file of `authorized_user` by which it is refreshed.
    pub(super) fn file(&self, shared: &Facts) -> Text {
        let mut facts = shared.clone();
        let mut names = Fields::new("client_id\0client_secret\0refresh_token\0universe_domain");
        while !names.rest().is_empty() {
            let name = names.text();
            if facts.get(name).is_empty() {
                facts.put(name, &self.text(name));
            }
        }
        fill(
            r#"{"type":"authorized_user","client_id":"~client_id","client_secret":"~client_secret"`,"token_uri":"~token_uri"``,"universe_domain":"~universe_domain"`,"refresh_token":"~refresh_token"}"#,
            &facts,
        )
    }

    /// The record with what an answer brought. `life_ms` is the access token's; `now_ms` is the store's time.
    pub(super) fn renewed(
        &self,
        shared: &Facts,
        answer: &Received,
        life_ms: u64,
        id: &str,
        now_ms: u64,
        now: Now,
    ) -> Text {
        let json = object(answer).unwrap_or(self.json);
        let mut facts = shared.clone();
        let id_token = json.text("id_token").unwrap_or_default();
        facts.put("expiry", &moment(now_ms.wrapping_add(life_ms)));
        facts.put("access", &json.text("access_token").unwrap_or_default());
        if let Some(claims) = Claims::read(id_token.as_bytes()) {
            facts.put("id_token", &id_token);
            let life_ms = jwt_life_ms(&claims, answer.date_ms, now).unwrap_or_default();
            facts.put("id_expiry", &moment(now_ms.wrapping_add(life_ms)));
        }
        let rotated = json.text("refresh_token").unwrap_or_default();
        let held = self.text("refresh_token");
        facts.put("rotated", if rotated.is_empty() { &held } else { &rotated });
        facts.put("granted", &json.text("scope").unwrap_or_default());
        facts.put("id", id);
        let kept = self.but(if facts.get("granted").is_empty() { RENEWED } else { GRANTED });
        let made = fill(
            r##""type":"authorized_user","refresh_token":"~rotated"`,"scopes":["#granted"]`,"token":"~access","expiry":"$expiry"`,"id_token":"~id_token","id_token_expiry":"$id_expiry"`,"write_id":"~id"}"##,
            &facts,
        );
        concat(&["{", &kept, &made]).into()
    }

    /// The record with a word on why the user has to log in again.
    pub(super) fn marked(&self, why: &str, id: &str) -> Text {
        let mut facts = Facts::default();
        facts.put("why", why);
        facts.put("id", id);
        let made = fill(r#""type":"authorized_user","needs_reauth":"~why","write_id":"~id"}"#, &facts);
        concat(&["{", &self.but(" type needs_reauth write_id "), &made]).into()
    }

    /// The members but for some, as they are written, with a comma behind each: what others put there stays.
    pub(super) fn but(&self, names: &str) -> Text {
        let mut kept = Text::default();
        let mut parts = self.json.parts();
        while let Some((key, value)) = parts.next() {
            if !contains(names, &concat(&[" ", &key.word(), " "])) {
                append(&mut kept, &[&key.written(), ":", &value.written(), ","]);
            }
        }
        kept
    }
}

/// As RFC 3339 writes it, in whole seconds (section 5.6).
fn moment(ms: u64) -> Text {
    let digits = decimal(calendar(ms / 1000));
    let pair = |at: usize| part(&digits, at, at.wrapping_add(2));
    concat(&[pair(0), pair(2), "-", pair(4), "-", pair(6), "T", pair(8), ":", pair(10), ":", pair(12), "Z"]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Received;

    /// Fifteen minutes past eight.
    const NOW_MS: u64 = 1_800_000_900_000;
    const WRITTEN_MS: u64 = 1_800_000_000_000;

    fn record(text: &str) -> Record<'_> {
        Record::read(text, WRITTEN_MS, NOW_MS).unwrap()
    }

    fn answer(body: &str) -> Received<'_> {
        Received { status: 200, date_ms: 0, retry_after_ms: 0, body }
    }

    #[test]
    fn an_access_token_has_what_is_left_of_it_by_the_stores_clock() {
        for (text, left_s, life_s) in [
            (r#"{"token":"t","expiry":"2027-01-15T09:00:00Z"}"#, 2700, 3600),
            (r#"{"token":"t","expiry":"2027-01-15T09:00:00.123456Z"}"#, 2700, 3600),
            (r#"{"access_token":"t","token_expiry":"2027-01-15T09:00:00Z"}"#, 2700, 3600),
            (r#"{"token":"t","expiry":"2027-01-15T08:15:00Z"}"#, 0, 900),
            (r#"{"token":"t","expiry":"soon"}"#, 0, 900),
            (r#"{"token":"t"}"#, 0, 900),
            (r#"{"token":"t","expiry":1800003600}"#, 0, 900),
            (r#"{"token":"","expiry":"2027-01-15T09:00:00Z"}"#, 0, 0),
            (r#"{"expiry":"2027-01-15T09:00:00Z"}"#, 0, 0),
            (r#"{"token":7,"expiry":"2027-01-15T09:00:00Z"}"#, 0, 0),
        ] {
            let had = record(text).token(true);
            assert_eq!((had.left_ms / 1000, had.life_ms / 1000), (left_s, life_s), "{text}");
        }
    }

    #[test]
    fn scopes_are_granted_by_either_name_in_a_list_or_a_text() {
        let long = "https://www.googleapis.com/auth/userinfo.email";
        for (text, scopes, lacks) in [
            ("{}", "openid", ""),
            (r#"{"scopes":["openid","email"]}"#, "openid email", ""),
            (r#"{"scopes":["openid","email"]}"#, long, ""),
            (r#"{"scopes":"openid https://www.googleapis.com/auth/userinfo.email"}"#, "email", ""),
            (r#"{"scope":"openid profile"}"#, "openid email", "email"),
            (r#"{"scopes":[]}"#, "openid", "openid"),
            (r#"{"scopes":["openid2","xopenid"]}"#, "openid", "openid"),
            (r#"{"scopes":["a"]}"#, "", ""),
        ] {
            assert_eq!(record(text).lacks(scopes), lacks, "{text}");
        }
    }

    #[test]
    fn what_is_renewed_takes_the_place_of_what_was_and_the_rest_stays_as_it_was_written() {
        let text = r#"{ "note" : {"a":[1,"\u00e9\n"]}, "type":"x", "access_token":"old","token_expiry":"old", "needs_reauth":"y", "refresh_token":"R0", "scopes": ["a"] , "client_id":"c"}"#;
        let shared = Facts::default();
        let body = r#"{"access_token":"new\"","expires_in":3600}"#;
        let made = record(text).renewed(&shared, &answer(body), 3_600_000, "j-1", NOW_MS, Now::default());
        assert_eq!(
            made.as_str(),
            r#"{"note":{"a":[1,"\u00e9\n"]},"scopes":["a"],"client_id":"c","type":"authorized_user","refresh_token":"R0","token":"new\"","expiry":"2027-01-15T09:15:00Z","write_id":"j-1"}"#
        );
        let body = r#"{"access_token":"n","refresh_token":"R1","scope":"a b"}"#;
        let made = record(text).renewed(&shared, &answer(body), 1_000, "j-1", NOW_MS, Now::default());
        let read: serde_json::Value = serde_json::from_str(&made).unwrap();
        assert_eq!((&read["refresh_token"], &read["scopes"]), (&"R1".into(), &serde_json::json!(["a", "b"])));
        let marked = record(text).marked("invalid_grant", "j-2");
        let read: serde_json::Value = serde_json::from_str(&marked).unwrap();
        assert_eq!((&read["needs_reauth"], &read["refresh_token"]), (&"invalid_grant".into(), &"R0".into()));
    }

    #[test]
    fn what_is_no_object_is_no_record_and_is_not_shown() {
        for text in ["", "[]", "\"canary\"", "{\"refresh_token\":\"canary\"", "{}canary"] {
            let error = Record::read(text, 0, 0).map(|_| ()).unwrap_err();
            assert!(error.code == Code::InvalidCredential && !error.message.contains("canary"), "{text}");
        }
    }

    #[test]
    fn moments_are_written_as_they_are_read() {
        assert_eq!(moment(1_800_000_000_999).as_str(), "2027-01-15T08:00:00Z");
        assert_eq!(moment(253_402_300_799_000).as_str(), "9999-12-31T23:59:59Z");
    }
}
