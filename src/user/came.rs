//! What a job makes of what came: of the token's record, of the provider's answer, and of a store that failed.

use super::job::{Job, Out, Papers};
use super::need::{Need, Next, exchange, permitted, same_user};
use super::record::Record;
use crate::error::{AuthError, Code};
use crate::grant::object;
use crate::http::Received;
use crate::jose::Claims;
use crate::json::Json;
use crate::secret::Secret;
use crate::time::Now;
use crate::token::{Said, Step};

impl Job {
    /// Uses the token of the record, follows whoever refreshes it, or goes to see who does.
    pub(super) fn judge(
        &mut self,
        papers: &mut Papers,
        need: &Need<'_>,
        version: &str,
        value: &str,
        said: &Said,
        now: Now,
    ) -> Next {
        let follows = self.version == version && self.at_ms(now) < self.follows_ms;
        if self.version != version {
            self.version = version.into();
            self.tries = 0;
        }
        papers.read = Secret::new(value);
        let record = Record::read(value, said.expires_at_ms, said.answer.date_ms)?;
        permitted(&record, need)?;
        let had = record.token(need.access);
        // What was left of it when the store was asked, at the least: its answer may have lain there for as long as the job did not run.
        self.good_ms = 0;
        let margin_ms = need.limits.expiry_margin_ms.min(had.life_ms / 10);
        if had.left_ms > margin_ms {
            self.good_ms = self.asked_ms.saturating_add(had.left_ms.saturating_sub(margin_ms));
        }
        if had.left_ms > need.limits.refresh_early_ms.min(had.life_ms / 4) && self.good_ms > 0 {
            if self.at_ms(now) < self.good_ms {
                return self.had(&papers.read, need, now);
            }
            return self.go(Out::Look, papers, need, now);
        }
        if follows { self.follow(papers, need, now) } else { self.go(Out::Lease, papers, need, now) }
    }

    /// Another job is out for the token: the one that is had will do, or it has to be waited for.
    pub(super) fn follow(&mut self, papers: &Papers, need: &Need<'_>, now: Now) -> Next {
        if self.at_ms(now) < self.good_ms {
            return self.had(&papers.read, need, now);
        }
        self.out = Out::Look;
        let most_ms = need.turns.follow_ms;
        let ms = (most_ms / 2).saturating_add(self.random(most_ms / 2));
        self.wait(ms)
    }

    /// What came of the exchange.
    pub(super) fn exchanged(&mut self, papers: &mut Papers, need: &Need<'_>, said: &Said, now: Now) -> Next {
        let step = exchange(&papers.read, need, Some(said), self.left_ms(need, now), now);
        let Err(error) = step else {
            let Ok(Step::Had { life_ms, .. }) = step else {
                return Err(AuthError::plain(Code::CoreFailed, "a refresh has more than one step."));
            };
            return self.renew(papers, need, &said.answer, life_ms, now);
        };
        let status = error.server.as_ref().map_or(0, |server| server.status);
        // Whoever says so has not looked at the refresh token; of others' silence nobody knows.
        let unused = need.shared.get("rotates").is_empty() || matches!(status, 429 | 503);
        if error.transient && unused {
            let wait_ms =
                need.retry.wait_ms(self.tries.wrapping_add(1), said.answer.retry_after_ms, self.random(u64::MAX));
            self.tries = self.tries.saturating_add(1);
            if self.tries < need.retry.attempts && wait_ms < self.left_ms(need, now) {
                return self.wait(wait_ms);
            }
        }
        if error.server.as_ref().is_some_and(|server| server.error == "invalid_grant")
            && !error.transient
            && error.code == Code::ExchangeRefused
        {
            return self.go(Out::Refused, papers, need, now);
        }
        // A failed early refresh takes nothing from anyone.
        if self.at_ms(now) < self.good_ms { self.had(&papers.read, need, now) } else { Err(error) }
    }

    /// Writes what the answer brought, if it is of the same user.
    pub(super) fn renew(
        &mut self,
        papers: &mut Papers,
        need: &Need<'_>,
        answer: &Received,
        life_ms: u64,
        now: Now,
    ) -> Next {
        let record = Record::read(papers.read.expose_text(), 0, 0)?;
        let id_token = object(answer).and_then(|json| json.text("id_token")).unwrap_or_default();
        if let Some(claims) = Claims::read(id_token.as_bytes()) {
            same_user(&claims.text("sub"), &record.text("sub"))?;
            same_user(&claims.text("sub"), need.shared.get("sub"))?;
        }
        self.round = self.round.wrapping_add(1);
        // It lives from when it was given, which was after the store was last asked: how long its answer was on its way nobody knows.
        papers.made =
            Secret::new(record.renewed(need.shared, answer, life_ms, &self.name(), self.store_ms, now).as_str());
        self.tries = 0;
        self.go(Out::Write, papers, need, now)
    }

    /// Looks whether what was to be kept is there, or has to be written once more.
    pub(super) fn read_back(
        &mut self,
        papers: &mut Papers,
        need: &Need<'_>,
        version: &str,
        value: &str,
        said: &Said,
        now: Now,
    ) -> Next {
        let there = Record::read(value, said.expires_at_ms, said.answer.date_ms)?;
        let text =
            |secret: &Secret, name| Json::parse(secret.expose()).and_then(|json| json.text(name)).unwrap_or_default();
        if there.text("write_id").as_str() == self.name() {
            return self.had(&papers.made, need, now);
        }
        let (used, made) = (text(&papers.read, "refresh_token"), text(&papers.made, "refresh_token"));
        // A refresh token that came in place of the one that is still there is not to be lost: that one is void by now.
        if version == self.version
            || made.as_str() != used.as_str() && there.text("refresh_token").as_str() == used.as_str()
        {
            self.version = version.into();
            self.tries = self.tries.saturating_add(1);
            self.out = Out::Write;
            let ms = self.random(need.turns.follow_ms);
            return self.wait(ms);
        }
        self.judge(papers, need, version, value, said, now)
    }

    /// The token of a record that was just read or written, however short it lives.
    pub(super) fn had(&self, paper: &Secret, need: &Need<'_>, now: Now) -> Next {
        let store_now_ms = self.store_now_ms(now);
        let record = Record::read(paper.expose_text(), store_now_ms, store_now_ms)?;
        permitted(&record, need)?;
        let had = record.token(need.access);
        if had.left_ms == 0 {
            let (code, message) = if need.access {
                (Code::InvalidAnswer, "the user's new access token has ended already. Set the clock of the store.")
            } else {
                (Code::ScopesMissing, "the user granted no ID token. Log the user in again with the scope openid.")
            };
            return Err(AuthError::plain(code, message));
        }
        Ok(Step::Had { token: Secret::new(had.token.as_str()), life_ms: had.left_ms, early_ms: 0 })
    }

    /// The store did not do what it was to do, or its answer was lost.
    pub(super) fn failed(&mut self, papers: &mut Papers, need: &Need<'_>, said: &Said, now: Now) -> Next {
        self.tries = self.tries.saturating_add(1);
        // A refresh token that came in place of the old one is worth more tries than a look.
        let attempts = if matches!(self.out, Out::Write | Out::Back) { 8 } else { need.retry.attempts };
        let out = match self.out {
            Out::Take => Out::Lease,
            Out::Write => Out::Back,
            Out::Mark => Out::Refused,
            out => out,
        };
        if self.tries < attempts {
            self.out = out;
            let ms = need.retry.wait_ms(self.tries, 0, self.random(u64::MAX));
            return self.wait(ms);
        }
        if matches!(out, Out::Back) {
            // What was had is good, kept or not.
            if Json::parse(papers.made.expose()).and_then(|json| json.text("refresh_token"))
                == Json::parse(papers.read.expose()).and_then(|json| json.text("refresh_token"))
            {
                return self.had(&papers.made, need, now);
            }
        } else if self.at_ms(now) < self.good_ms {
            return self.had(&papers.read, need, now);
        }
        Err(AuthError::passing(
            Code::StoreUnavailable,
            "the store of the user's token failed: ~. Try again later.",
            said.answer.body,
            "",
        ))
    }
}
