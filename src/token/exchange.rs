//! The machine that gets one token for one credential, by its [plan](crate::plan).

use super::order::{Order, Said, happening};
use super::{Action, Event, Outcome};
use crate::config::Limits;
use crate::credential::{Credential, sha256};
use crate::error::{AuthError, Code, shown};
use crate::facts::Facts;
use crate::grant::{Target, Wanted, given, hex, hmac, object, read};
use crate::jose::base64::{encode, encode_url};
use crate::json::{Json, Text};
use crate::plan::{follow, line, marked};
use crate::record::Fields;
use crate::secret::{Secret, Vault};
use crate::text::{before, concat, cut, decimal, number, part};
use crate::time::{Now, calendar, differ};
use crate::url::to_show;
use alloc::string::String;

/// One exchange under way. It holds no secret, so it can be cloned, compared and hashed: what comes up on the way is noted
/// beside it, in [`Notes`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exchange {
    /// What the host is out for, by the letter of its task; 0: for nothing.
    pub(crate) out: u8,
    /// Where the plan goes on.
    at: usize,
    /// How far the clock was corrected, as of [`Credential`].
    pub(crate) apart_s: u64,
}

/// What comes up on the way to a token, some of it secret. It is never shown, and wiped when dropped.
#[derive(Debug, Default)]
pub struct Notes(Facts);

/// What an exchange works with. It stays the same from its first step to its last.
#[derive(Debug)]
pub struct Context<'a> {
    /// Who asks.
    pub credential: &'a mut Credential,
    /// What was noted so far; empty at the begin.
    pub notes: &'a mut Notes,
    /// What is asked for.
    pub target: &'a Target,
    /// How long things may take.
    pub limits: &'a Limits,
    /// How long each request may take, in milliseconds.
    pub timeout_ms: u64,
}

/// What comes of a step, unless it is an error.
pub(crate) enum Step {
    Act(Order),
    /// How long it lives, and how long before its end it is to be refreshed.
    Had {
        token: Secret,
        life_ms: u64,
        early_ms: u64,
    },
}

impl Exchange {
    /// Takes what happened, first [`Event::Begun`], and says what to do next. An event that does not fit ends the exchange. What
    /// an action is to keep secret lies in the vault.
    pub fn step(&mut self, mut context: Context<'_>, event: Event, vault: &mut Vault, now: Now) -> Action {
        match self.next(&mut context, &Said::of(&event, &mut String::new(), self.out), now) {
            Ok(Step::Act(order)) => order.action(vault),
            Ok(Step::Had { token, life_ms, .. }) => Action::Done(Ok(Outcome { token: vault.keep(token), life_ms })),
            Err(error) => Action::Done(Err(error)),
        }
    }

    /// As [`Exchange::step`], in the flat form.
    pub(crate) fn next(&mut self, context: &mut Context<'_>, said: &Said, now: Now) -> Result<Step, AuthError> {
        self.take(context, said, now)?;
        loop {
            let facts = &mut context.notes.0;
            let (sign, text) = follow(&mut self.at, facts)?;
            let credential = &mut *context.credential;
            let mut fields = Fields::new(&text);
            match sign {
                b'0'..=b'9' => {
                    if sign == b'3' {
                        fields.text();
                        let host = cut(fields.text(), "://").unwrap_or_default().1;
                        facts.put("place", to_show(before(host, "/")));
                    }
                    self.out = sign;
                    return Ok(Step::Act(Order { task: sign, text }));
                }
                b'.' => {
                    let token = Secret::new(facts.get("token"));
                    // A JWT of one's own has no answer that says it.
                    let own_ms = context.limits.assertion_lifetime_s.min(3600).wrapping_mul(1000);
                    let limits = context.limits;
                    // Whoever asks the metadata server has noted where it is.
                    let early_ms = match facts.get("root") {
                        "" => limits.refresh_early_ms,
                        _ => limits.metadata_refresh_early_ms,
                    };
                    return Ok(Step::Had { token, life_ms: number(facts.get("life")).unwrap_or(own_ms), early_ms });
                }
                b'w' => wants(facts, context.target),
                b'N' => match facts.depth.checked_sub(1) {
                    Some(depth) => facts.depth = depth,
                    None => self.at = marked(&text, self.at, facts)?,
                },
                b'L' => {
                    credential
                        .become_found(said.answer.body)
                        .map_err(|error| AuthError::of(error.code, concat(&[&text, ": ", &error.message]), false))?;
                    self.begin(context, now);
                }
                b'a' => credential.absent_until_ms = now.mono_ms.saturating_add(context.limits.absence_kept_ms),
                b'O' => credential.rotate(facts.get(".refresh_token"), facts.get("rotated")),
                b'D' | b'T' | b'U' => {
                    let had = if sign == b'D' {
                        let mark = fields.text();
                        match given(facts.get("body"), said.expires_at_ms, fields.number(), now) {
                            Ok(had) => had,
                            Err(why) => {
                                facts.put("why", why);
                                self.at = marked(mark, self.at, facts)?;
                                continue;
                            }
                        }
                    } else {
                        let names = [fields.text(), fields.text(), fields.text()];
                        let access = !facts.get("scopes").is_empty();
                        let audience = if sign == b'T' { facts.get("target_audience") } else { "" };
                        let whole = facts.get("body");
                        read(&said.answer, &Wanted { access, audience, names, whole }, facts.get("who"), now)?
                    };
                    facts.put("token", &had.token);
                    facts.put("life", &decimal(had.life_ms));
                }
                _ => {
                    let name = fields.text();
                    let rest = fields.rest();
                    let noted = match sign {
                        b'b' => encode_url(rest.as_bytes()).into(),
                        b'B' => encode(rest.as_bytes()).into(),
                        b'h' => hex(&sha256(rest.as_bytes())),
                        b'M' => mac(fields),
                        b'z' => Text::from(String::from(part(rest, 0, rest.len().wrapping_sub(1)))),
                        _ => object(&said.answer).map_or_else(Text::default, |json| member(json, rest)),
                    };
                    facts.put(name, &noted);
                }
            }
        }
    }

    /// Notes what happened.
    fn take(&mut self, context: &mut Context<'_>, said: &Said, now: Now) -> Result<(), AuthError> {
        let out = core::mem::take(&mut self.out);
        let next = line(self.at);
        let read_next = next.as_bytes().first().copied().unwrap_or_default();
        let answer = &said.answer;
        let body = answer.body;
        let facts = &mut context.notes.0;
        let failed = said.kind == happening::FAILED && out > 0;
        if !failed && said.kind != u32::from(out & 15) {
            return Err(AuthError::plain(Code::CoreFailed, "the driver told what nobody asked."));
        }
        if out == 0 {
            self.begin(context, now);
            return Ok(());
        }
        if out == b'7' && !failed {
            facts.add(body);
        }
        facts.put("body", line_of(body));
        if failed || out == b'3' && answer.status != 200 && !matches!(read_next, b'T' | b'U') {
            let mut usual = [0; 4];
            let usual = char::from(if failed { out } else { b'H' }).encode_utf8(&mut usual);
            let why = if failed { shown(body) } else { concat(&["HTTP ", &decimal(answer.status.into())]) };
            facts.put("why", &why);
            // A function of the caller's may know that its failure passes.
            if out == b'5' && said.expires_at_ms > 0 {
                facts.put("passing", "1");
            }
            self.at = marked(if read_next == b'*' { part(next, 1, next.len()) } else { usual }, self.at, facts)?;
        }
        Ok(())
    }

    /// Begins at the plan of the credential, which may have changed.
    fn begin(&mut self, context: &mut Context<'_>, now: Now) {
        let Context { credential, notes, target, limits, timeout_ms } = context;
        let facts = &mut notes.0;
        (*facts, self.at) = credential.begin();
        if differ(now.apart_s(), credential.own_apart_s) {
            // It was set since.
            credential.apart_s = 0;
        }
        // By the server's clock, as far as it is known.
        self.apart_s = credential.apart_s;
        let now_s = now.wall_s().wrapping_add(self.apart_s);
        let today = decimal(calendar(now_s));
        facts.put("day", part(&today, 0, 8));
        facts.put("clock", part(&today, 8, 14));
        let mut names = Fields::new("now\0end\0ms\0probe\0absent\0id\0inner");
        for number in [
            // 0 is not noted; a clock that stands at the epoch is wrong by more than a second.
            now_s.max(1),
            now_s.wrapping_add(limits.assertion_lifetime_s.min(3600)),
            *timeout_ms,
            limits.probe_timeout_ms,
            (now.mono_ms < credential.absent_until_ms).into(),
            (facts.depth == 0 && !target.is_access()).into(),
            (facts.depth > 0).into(),
        ] {
            let name = names.text();
            if number > 0 {
                facts.put(name, &decimal(number));
            }
        }
        facts.put("role", "the token endpoint");
        wants(facts, target);
    }
}

/// Notes what is wanted of the token that comes next: the caller's target, or else to act as an account.
fn wants(facts: &mut Facts, target: &Target) {
    let (mut scopes, mut audience) = ("https://www.googleapis.com/auth/cloud-platform", "");
    if facts.depth == 0 && facts.get("iam").is_empty() {
        (scopes, audience) = if target.is_access() { (target.as_str(), "") } else { ("", target.as_str()) };
    }
    facts.put("scopes", scopes);
    facts.put("target_audience", audience);
}

/// A line without the white space around it. More than one is no text to be noted, nor what is longer than any token.
fn line_of(text: &str) -> &str {
    let text = text.trim_ascii();
    if text.len() <= 64 * 1024 && text.bytes().all(|byte| byte >= b' ' && byte != 0x7f) { text } else { "" }
}

/// A member by its name, else by its path with dots: its text, or how it is written.
fn member(json: Json<'_>, path: &str) -> Text {
    let name = before(path, ".");
    match (json.get(path), json.get(name)) {
        (Some(value), _) if !value.is_null() => {
            let word = value.word();
            Text::from(String::from(line_of(&word)))
        }
        (None, Some(inner)) => member(inner, part(path, name.len().wrapping_add(1), path.len())),
        _ => Text::default(),
    }
}

/// The hash of each text, the key being that of the one before; the first is the key.
fn mac(mut texts: Fields<'_>) -> Text {
    let mut hash = hmac(texts.text().as_bytes(), texts.text().as_bytes());
    while !texts.rest().is_empty() {
        hash = hmac(&hash, texts.text().as_bytes());
    }
    hex(&hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of aws-sig-v4-test-suite, and the example of the AWS General Reference.
    #[test]
    fn signatures_are_those_of_awss_published_examples() {
        const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        let nothing = hex(&sha256(b""));
        for (service, query, headers, names, published) in [
            (
                "service",
                "",
                "host:example.amazonaws.com\nx-amz-date:20150830T123600Z\n",
                "host;x-amz-date",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "service",
                "",
                &concat(&[
                    "host:example.amazonaws.com\nx-amz-date:20150830T123600Z\nx-amz-security-token:",
                    TOKEN,
                    "\n",
                ]),
                "host;x-amz-date;x-amz-security-token",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
            (
                "iam",
                "Action=ListUsers&Version=2010-05-08",
                "content-type:application/x-www-form-urlencoded; charset=utf-8\nhost:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n",
                "content-type;host;x-amz-date",
                "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ),
        ] {
            let method = if service == "iam" { "GET" } else { "POST" };
            let canonical = concat(&[method, "\n/\n", query, "\n", headers, "\n", names, "\n", &nothing]);
            let hash = hex(&sha256(canonical.as_bytes()));
            let text = concat(&[
                "AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\x0020150830\0us-east-1\0",
                service,
                "\0aws4_request\0AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/",
                service,
                "/aws4_request\n",
                &hash,
            ]);
            assert_eq!(mac(Fields::new(&text)).as_str(), published, "{names}");
        }
    }

    #[test]
    fn a_member_is_found_by_its_name_or_its_path() {
        let json =
            Json::parse(br#"{"a.b":"whole","a":{"b":"part","c":{"d":7}},"n":true,"x":"y\u0000z","l":"a\nb"}"#).unwrap();
        for (path, text) in
            [("a.b", "whole"), ("a.c.d", "7"), ("n", "true"), ("a.c.e", ""), ("e", ""), ("", ""), ("x", ""), ("l", "")]
        {
            assert_eq!(member(json, path).as_str(), text, "{path}");
        }
    }
}
