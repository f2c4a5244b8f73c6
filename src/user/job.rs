//! The machine that has one user's token: it uses what the store holds, follows another job that refreshes it, or refreshes it itself.

use super::lease::Lease;
use super::record::Record;
use super::shared::Shared;
use crate::config::{Limits, Retry, Turns};
use crate::credential::Credential;
use crate::error::{AuthError, Code};
use crate::facts::Facts;
use crate::grant::{Target, object};
use crate::http::Received;
use crate::jose::Claims;
use crate::json::{Json, Text};
use crate::record::Fields;
use crate::secret::{Secret, Vault};
use crate::text::{concat, decimal};
use crate::time::Now;
use crate::token::{Action, Context, Event, Exchange, FlightId, Notes, Order, Outcome, Said, Step, happening};
use alloc::string::String;

/// What the host is out for, or goes for once a wait is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Out {
    /// The token's record.
    #[default]
    Look,
    /// The record of who leads.
    Lease,
    /// To lead.
    Take,
    /// The token's record once more, before anything is sent: another leader may have come and gone since.
    Again,
    /// A new token.
    Exchange,
    /// To keep it.
    Write,
    /// The token's record, because whether it was kept is not known.
    Back,
    /// The token's record, because the provider would not have what it holds.
    Refused,
    /// To say so in it.
    Mark,
}

#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
const ALL: [Out; 9] =
    [Out::Look, Out::Lease, Out::Take, Out::Again, Out::Exchange, Out::Write, Out::Back, Out::Refused, Out::Mark];

/// One call for a user's token. It holds no secret, so it can be cloned, compared and hashed: those lie in [`Papers`] beside it.
///
/// The way is that of a lease in a record of its own, void once the token's record moves: nothing is given back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Job {
    /// Which call it is, of all there are.
    id: String,
    out: Out,
    waits: bool,
    /// How often what it is out for failed.
    tries: u32,
    /// How often it took a lease, or wrote: what it writes is told apart by that.
    round: u32,
    random: u64,
    /// How far the clocks were apart when it began, so that whichever says more counts.
    apart_ms: u64,
    /// When it was sent out for what it is out for.
    asked_ms: u64,
    /// Since when it has led, at the latest.
    led_ms: u64,
    /// Until when another leads.
    follows_ms: u64,
    /// Until when the token of the record is good.
    good_ms: u64,
    /// What the store's clock is ahead of ours by.
    store_ms: u64,
    /// Of the token's record.
    version: String,
    /// Of the lease's.
    lease_version: String,
}

/// What a job works with that is secret: the token's record as it was read, and as it is to be. Wiped when dropped.
#[derive(Debug, Default)]
pub struct Papers {
    read: Secret,
    made: Secret,
}

impl Papers {
    /// Both, from a host that held them between two steps.
    pub fn new(read: Secret, made: Secret) -> Papers {
        Papers { read, made }
    }

    /// Both, for a host that holds them between two steps.
    pub fn expose(&self) -> (&Secret, &Secret) {
        (&self.read, &self.made)
    }
}

/// What a token is asked for, and by which rules.
struct Need<'a> {
    shared: &'a Facts,
    access: bool,
    scopes: &'a str,
    limits: &'a Limits,
    turns: Turns,
    retry: Retry,
}

/// How an attempt at something ends, unless with an error.
type Next = Result<Step, AuthError>;

impl Job {
    /// A call that has not begun. `id` is random, and no other job's; `random` spreads its waits.
    pub fn new(id: &str, random: u64) -> Job {
        Job { id: id.into(), random, ..Job::default() }
    }

    /// Takes what happened, first [`Event::Begun`], and says what to do next. Access tokens are had for scopes that the user granted;
    /// his ID token is for the client, whatever audience is asked for.
    pub fn step(
        &mut self,
        papers: &mut Papers,
        (shared, target, limits): (&Shared, &Target, &Limits),
        event: Event,
        vault: &mut Vault,
        now: Now,
    ) -> Action {
        let (mut text, mut written) = (Text::default(), String::new());
        let said = match &event {
            Event::Loaded(record) => {
                let mut said = Said::new(happening::LOADED, "");
                if let Some(record) = record {
                    text = concat(&[&record.version, "\0", record.value.expose_text()]).into();
                    (said.expires_at_ms, said.answer.date_ms) = (record.written_at_ms, record.now_ms);
                }
                said.answer.body = &text;
                said
            }
            Event::Stored(version) => Said::new(happening::STORED, version.as_deref().unwrap_or_default()),
            _ => Said::of(&event, &mut written, 0),
        };
        match self.next(papers, (shared, target, limits), &said, now) {
            Ok(Step::Act(order)) => order.action(vault),
            Ok(Step::Had { token, life_ms, .. }) => Action::Done(Ok(Outcome { token: vault.keep(token), life_ms })),
            Err(error) => Action::Done(Err(error)),
        }
    }

    /// Forgets what only spreads its waits, for whoever compares jobs.
    pub fn still(&mut self) {
        self.random = 0;
    }

    /// As [`Job::step`], in the flat form.
    pub(crate) fn next(
        &mut self,
        papers: &mut Papers,
        (shared, target, limits): (&Shared, &Target, &Limits),
        said: &Said,
        now: Now,
    ) -> Next {
        let access = target.is_access();
        let scopes = if access { target.as_str() } else { shared.facts.get("scopes") };
        let need = Need { shared: &shared.facts, access, scopes, limits, turns: shared.turns, retry: Retry::USUAL };
        if said.kind == happening::BEGUN {
            self.apart_ms = now.wall_ms.wrapping_sub(now.mono_ms);
            return self.go(Out::Look, papers, &need, now);
        }
        let at_ms = self.at_ms(now);
        if core::mem::take(&mut self.waits) {
            return self.go(self.out, papers, &need, now);
        }
        if self.out == Out::Exchange {
            return self.exchanged(papers, &need, said, now);
        }
        let stores = matches!(self.out, Out::Take | Out::Write | Out::Mark);
        if said.kind == happening::FAILED {
            return self.store_unavailable(papers, &need, said, now);
        }
        if said.kind != if stores { happening::STORED } else { happening::LOADED } {
            return Err(AuthError::plain(Code::CoreFailed, "the driver told what nobody asked."));
        }
        let mut fields = Fields::new(said.answer.body);
        let version = fields.text();
        let value = fields.rest();
        if !stores {
            // What the store said was true at the earliest when it was asked.
            self.store_ms = said.answer.date_ms.wrapping_sub(at_ms);
        }
        let age_ms = said.answer.date_ms.saturating_sub(said.expires_at_ms);
        match self.out {
            Out::Lease => {
                let lease = Lease::read(value, &self.version, age_ms);
                self.lease_version = version.into();
                if lease.left_ms > 0 && lease.is_of(&self.id) {
                    // The answer that said so was lost, or came late.
                    self.led_ms = self.asked_ms.saturating_sub(age_ms);
                    return self.go(Out::Again, papers, &need, now);
                }
                if lease.left_ms > 0 {
                    self.follows_ms = at_ms.saturating_add(lease.left_ms);
                    return self.follow(papers, &need, now);
                }
                self.go(Out::Take, papers, &need, now)
            }
            Out::Take if !version.is_empty() => self.go(Out::Again, papers, &need, now),
            Out::Write if !version.is_empty() => self.had(&papers.made, &need, now),
            Out::Write => self.go(Out::Back, papers, &need, now),
            Out::Mark if !version.is_empty() => Err(refused("")),
            Out::Take | Out::Mark => self.go(Out::Look, papers, &need, now),
            _ if version.is_empty() => Err(AuthError::about(
                Code::LoginRequired,
                "the store holds no token of ~. Log the user in.",
                need.shared.get("record"),
                "",
            )),
            Out::Again if version == self.version => {
                if at_ms.saturating_sub(self.led_ms) < shared.turns.lease_ms / 2 {
                    return self.go(Out::Exchange, papers, &need, now);
                }
                self.go(Out::Look, papers, &need, now)
            }
            Out::Refused if version == self.version => self.go(Out::Mark, papers, &need, now),
            Out::Back => self.read_back(papers, &need, version, value, said, now),
            _ => self.judge(papers, &need, version, value, said, now),
        }
    }

    /// Uses the token of the record, follows whoever refreshes it, or goes to see who does.
    fn judge(
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
        self.good_ms = 0;
        let margin_ms = need.limits.expiry_margin_ms.min(had.life_ms / 10);
        if had.left_ms > margin_ms {
            self.good_ms = self.at_ms(now).saturating_add(had.left_ms.saturating_sub(margin_ms));
        }
        if had.left_ms > need.limits.refresh_early_ms.min(had.life_ms / 4) && self.good_ms > 0 {
            return Ok(Step::Had { token: Secret::new(had.token.as_str()), life_ms: had.left_ms, early_ms: 0 });
        }
        if follows { self.follow(papers, need, now) } else { self.go(Out::Lease, papers, need, now) }
    }

    /// Another job is out for the token: the one that is had will do, or it has to be waited for.
    fn follow(&mut self, papers: &Papers, need: &Need<'_>, now: Now) -> Next {
        if self.at_ms(now) < self.good_ms {
            return self.had(&papers.read, need, now);
        }
        self.out = Out::Look;
        let most_ms = need.turns.follow_ms;
        let ms = (most_ms / 2).saturating_add(self.random(most_ms / 2));
        self.wait(ms)
    }

    /// What came of the exchange.
    fn exchanged(&mut self, papers: &mut Papers, need: &Need<'_>, said: &Said, now: Now) -> Next {
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
    fn renew(&mut self, papers: &mut Papers, need: &Need<'_>, answer: &Received, life_ms: u64, now: Now) -> Next {
        let record = Record::read(papers.read.expose_text(), 0, 0)?;
        let id_token = object(answer).and_then(|json| json.text("id_token")).unwrap_or_default();
        if let Some(claims) = Claims::read(id_token.as_bytes()) {
            same_user(&claims.text("sub"), &record.text("sub"))?;
            same_user(&claims.text("sub"), need.shared.get("sub"))?;
        }
        self.round = self.round.wrapping_add(1);
        let store_now_ms = self.at_ms(now).wrapping_add(self.store_ms);
        papers.made =
            Secret::new(record.renewed(need.shared, answer, life_ms, &self.name(), store_now_ms, now).as_str());
        self.tries = 0;
        self.go(Out::Write, papers, need, now)
    }

    /// Looks whether what was to be kept is there, or has to be written once more.
    fn read_back(
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
    fn had(&self, paper: &Secret, need: &Need<'_>, now: Now) -> Next {
        let store_now_ms = self.at_ms(now).wrapping_add(self.store_ms);
        let record = Record::read(paper.expose_text(), store_now_ms, store_now_ms)?;
        permitted(&record, need)?;
        let had = record.token(need.access);
        if had.left_ms == 0 {
            return Err(AuthError::plain(
                Code::ScopesMissing,
                if need.access {
                    "the user's new access token has ended already. Set the clock of the store."
                } else {
                    "the user granted no ID token. Log the user in again with the scope openid."
                },
            ));
        }
        Ok(Step::Had { token: Secret::new(had.token.as_str()), life_ms: had.left_ms, early_ms: 0 })
    }

    /// The store did not do what it was to do, or its answer was lost.
    fn store_unavailable(&mut self, papers: &mut Papers, need: &Need<'_>, said: &Said, now: Now) -> Next {
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

    /// Goes for that.
    fn go(&mut self, out: Out, papers: &Papers, need: &Need<'_>, now: Now) -> Next {
        self.out = out;
        self.asked_ms = self.at_ms(now);
        let record = need.shared.get("record");
        let lease = concat(&[record, ".lease"]);
        let (name, version, value) = match out {
            Out::Exchange => {
                let left_ms = self.left_ms(need, now);
                let timeout_ms = left_ms.min(need.limits.exchange_timeout_ms);
                if left_ms == 0 {
                    return self.go(Out::Look, papers, need, now);
                }
                return exchange(&papers.read, need, None, timeout_ms, now);
            }
            Out::Take => {
                self.round = self.round.wrapping_add(1);
                self.led_ms = self.asked_ms;
                (lease.as_str(), &self.lease_version, Lease::written(&self.version, &self.name(), need.turns.lease_ms))
            }
            Out::Write => (record, &self.version, Text::from(String::from(papers.made.expose_text()))),
            Out::Mark => {
                let read = Record::read(papers.read.expose_text(), 0, 0)?;
                (record, &self.version, read.marked("invalid_grant", &self.name()))
            }
            _ => {
                let name = if out == Out::Lease { &lease } else { record };
                return Ok(Step::Act(Order { task: b'a', text: Text::from(String::from(name)) }));
            }
        };
        Ok(Step::Act(Order { task: b'b', text: concat(&[name, "\0", version, "\0", &value]).into() }))
    }

    /// Reads what [`write`](Job::write) wrote. What was never written is a job that has not begun.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn read(fields: &mut Fields<'_>) -> Job {
        let out = usize::from(fields.small() as u8);
        Job {
            out: ALL.get(out).copied().unwrap_or_default(),
            waits: fields.flag(),
            tries: fields.small(),
            round: fields.small(),
            random: fields.number(),
            apart_ms: fields.number(),
            asked_ms: fields.number(),
            led_ms: fields.number(),
            follows_ms: fields.number(),
            good_ms: fields.number(),
            store_ms: fields.number(),
            id: fields.text().into(),
            version: fields.text().into(),
            lease_version: fields.text().into(),
        }
    }

    /// The job as fields, so that the host can hold it between two steps.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn write(&self, out: &mut crate::record::Record) {
        let numbers = [
            self.out as u64,
            self.waits.into(),
            self.tries.into(),
            self.round.into(),
            self.random,
            self.apart_ms,
            self.asked_ms,
            self.led_ms,
            self.follows_ms,
            self.good_ms,
            self.store_ms,
        ];
        for number in numbers {
            out.number(number);
        }
        for text in [&self.id, &self.version, &self.lease_version] {
            out.text(text);
        }
    }

    fn wait(&mut self, ms: u64) -> Next {
        self.waits = true;
        Ok(Step::Act(Order::wait(FlightId::NONE, ms)))
    }

    /// The time, by the clock that says more: one may have been set back, the other may have stood still.
    fn at_ms(&self, now: Now) -> u64 {
        let wall_ms = now.wall_ms.wrapping_sub(self.apart_ms);
        // A wall clock that was set back to before the begin has wrapped.
        if wall_ms > u64::MAX / 2 { now.mono_ms } else { now.mono_ms.max(wall_ms) }
    }

    /// How long the lease may still be used to send something: a quarter of it is for keeping what comes.
    fn left_ms(&self, need: &Need<'_>, now: Now) -> u64 {
        let usable_ms = (need.turns.lease_ms / 4).saturating_mul(3);
        usable_ms.saturating_sub(self.at_ms(now).saturating_sub(self.led_ms))
    }

    /// What tells this try of this job from every other, in what it writes.
    fn name(&self) -> String {
        concat(&[&self.id, "-", &decimal(self.round.into())])
    }

    /// Up to that number, by the generator of the token cache.
    fn random(&mut self, most: u64) -> u64 {
        self.random = self.random.wrapping_mul(0xf9b2_5d65).wrapping_add(1);
        (self.random >> 33).checked_rem(most.saturating_add(1)).unwrap_or_default()
    }
}

/// The exchange of the record's refresh token: the request, or what its answer means. There is one step to it, so that nothing needs
/// to be kept of it but the record.
fn exchange(read: &Secret, need: &Need<'_>, said: Option<&Said<'_>>, timeout_ms: u64, now: Now) -> Next {
    let record = Record::read(read.expose_text(), 0, 0)?;
    let mut credential = Credential::of(need.shared.clone(), Some(&record.file(need.shared)))?;
    let target = Target::parse(true, "openid")?;
    let mut notes = Notes::default();
    let mut exchange = Exchange::default();
    let mut context =
        Context { credential: &mut credential, notes: &mut notes, target: &target, limits: need.limits, timeout_ms };
    let first = exchange.next(&mut context, &Said::BEGUN, now);
    match said {
        Some(said) if first.is_ok() => exchange.next(&mut context, said, now),
        _ => first,
    }
}

/// Whether the record is what is asked for.
fn permitted(record: &Record<'_>, need: &Need<'_>) -> Result<(), AuthError> {
    let why = record.text("needs_reauth");
    if !why.is_empty() {
        return Err(refused(&why));
    }
    same_user(&record.text("sub"), need.shared.get("sub"))?;
    let client = need.shared.get("client_id");
    if !client.is_empty() && record.text("client_id").as_str() != client {
        return Err(AuthError::plain(
            Code::InvalidCredential,
            "the user's token is of another OAuth client than the one that was given. Give the one that the user logged in with.",
        ));
    }
    let scope = record.lacks(need.scopes);
    if !scope.is_empty() {
        return Err(AuthError::about(
            Code::ScopesMissing,
            "the user has not granted ~. Log the user in again and ask for it.",
            scope,
            "",
        ));
    }
    Ok(())
}

/// Whether both are the same user, as far as both are known.
fn same_user(one: &str, other: &str) -> Result<(), AuthError> {
    if one.is_empty() || other.is_empty() || one == other {
        return Ok(());
    }
    Err(AuthError::plain(
        Code::UserMismatch,
        "the token is another user's than the one who was asked for. Look whose record it is.",
    ))
}

fn refused(why: &str) -> AuthError {
    AuthError::about(
        Code::LoginRequired,
        "the provider no longer accepts the user's refresh token (~): it was revoked, or has ended. Log the user in again.",
        if why.is_empty() { "invalid_grant" } else { why },
        "",
    )
}
