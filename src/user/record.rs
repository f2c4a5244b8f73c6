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
const RENEWED: &str =
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
    fn but(&self, names: &str) -> Text {
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
