//! The machine that has one user's token: it uses what the store holds, follows another job that refreshes it, or refreshes it itself.

use super::lease::Lease;
use super::need::{Need, Next, exchange, refused};
use super::record::Record;
use super::shared::Shared;
use crate::config::{Limits, Retry};
use crate::error::{AuthError, Code};
use crate::grant::Target;
use crate::json::Text;
use crate::record::Fields;
use crate::secret::{Secret, Vault};
use crate::text::{concat, decimal};
use crate::time::Now;
use crate::token::{Action, Event, FlightId, Order, Outcome, Said, Step, happening};
use alloc::string::String;

/// What the host is out for, or goes for once a wait is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Out {
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

#[cfg(all(feature = "user", target_arch = "wasm32", target_os = "unknown"))]
const ALL: [Out; 9] =
    [Out::Look, Out::Lease, Out::Take, Out::Again, Out::Exchange, Out::Write, Out::Back, Out::Refused, Out::Mark];

/// One call for a user's token. It holds no secret, so it can be cloned, compared and hashed: those lie in [`Papers`] beside it.
///
/// The way is that of a lease in a record of its own, void once the token's record moves: nothing is given back. Where refresh tokens
/// rotate it is not void: it lasts, so that nobody sends two of one family at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Job {
    /// Which call it is, of all there are.
    pub(super) id: String,
    pub(super) out: Out,
    pub(super) waits: bool,
    /// How often what it is out for failed.
    pub(super) tries: u32,
    /// How often it took a lease, or wrote: what it writes is told apart by that.
    pub(super) round: u32,
    pub(super) random: u64,
    /// How far the clocks were apart when it began, so that whichever says more counts.
    pub(super) apart_ms: u64,
    /// When it was sent out for what it is out for.
    pub(super) asked_ms: u64,
    /// Since when it has led, at the latest.
    pub(super) led_ms: u64,
    /// Until when another leads.
    pub(super) follows_ms: u64,
    /// Until when the token of the record is good.
    pub(super) good_ms: u64,
    /// What the store's clock said when it was last told.
    pub(super) store_ms: u64,
    /// When that was at the earliest, by ours.
    pub(super) store_at_ms: u64,
    /// Of the token's record.
    pub(super) version: String,
    /// Of the lease's.
    pub(super) lease_version: String,
}

/// What a job works with that is secret: the token's record as it was read, and as it is to be. Wiped when dropped.
#[derive(Debug, Default)]
pub struct Papers {
    pub(super) read: Secret,
    pub(super) made: Secret,
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

impl Job {
    /// A call that has not begun. `id` is random, without a dash, and no other job's; `random` spreads its waits.
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
        let said = Said::of_store(&event, &mut text, &mut written);
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
        let scopes = if access { target.as_str() } else { "openid" };
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
            return self.failed(papers, &need, said, now);
        }
        if said.kind != if stores { happening::STORED } else { happening::LOADED } {
            return Err(AuthError::plain(Code::CoreFailed, "the driver told what nobody asked."));
        }
        let mut fields = Fields::new(said.answer.body);
        let version = fields.text();
        let value = fields.rest();
        if !stores {
            // What the store said was true at the earliest when it was asked.
            (self.store_ms, self.store_at_ms) = (said.answer.date_ms, self.asked_ms);
        }
        let age_ms = said.answer.date_ms.saturating_sub(said.expires_at_ms);
        match self.out {
            Out::Lease => {
                let lease = Lease::read(value, age_ms);
                self.lease_version = version.into();
                let (own, fits) = (lease.is_of(&self.id), lease.version.as_str() == self.version);
                if lease.left_ms > 0 && own && fits {
                    // The answer that said so was lost, or came late.
                    self.led_ms = self.asked_ms.saturating_sub(age_ms);
                    return self.go(Out::Again, papers, &need, now);
                }
                // Whoever leads for an older record may be about to send what that one held: a refresh token that is void as soon as the
                // one that came in its place is used.
                if lease.left_ms > 0 && !own && (fits || !shared.facts.get("rotates").is_empty()) {
                    self.follows_ms = self.asked_ms.saturating_add(lease.left_ms);
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

    /// Goes for that.
    pub(super) fn go(&mut self, out: Out, papers: &Papers, need: &Need<'_>, now: Now) -> Next {
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
    #[cfg(all(feature = "user", target_arch = "wasm32", target_os = "unknown"))]
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
            store_at_ms: fields.number(),
            id: fields.text().into(),
            version: fields.text().into(),
            lease_version: fields.text().into(),
        }
    }

    /// The job as fields, so that the host can hold it between two steps.
    #[cfg(all(feature = "user", target_arch = "wasm32", target_os = "unknown"))]
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
            self.store_at_ms,
        ];
        for number in numbers {
            out.number(number);
        }
        for text in [&self.id, &self.version, &self.lease_version] {
            out.text(text);
        }
    }

    pub(super) fn wait(&mut self, ms: u64) -> Next {
        self.waits = true;
        Ok(Step::Act(Order::wait(FlightId::NONE, ms)))
    }

    /// The time, by the clock that says more: one may have been set back, the other may have stood still.
    pub(super) fn at_ms(&self, now: Now) -> u64 {
        let wall_ms = now.wall_ms.wrapping_sub(self.apart_ms);
        // A wall clock that was set back to before the begin has wrapped.
        if wall_ms > u64::MAX / 2 { now.mono_ms } else { now.mono_ms.max(wall_ms) }
    }

    /// The time by the store's clock, at the latest.
    pub(super) fn store_now_ms(&self, now: Now) -> u64 {
        self.store_ms.saturating_add(self.at_ms(now).saturating_sub(self.store_at_ms))
    }

    /// How long the lease may still be used to send something: a quarter of it is for keeping what comes.
    pub(super) fn left_ms(&self, need: &Need<'_>, now: Now) -> u64 {
        let usable_ms = (need.turns.lease_ms / 4).saturating_mul(3);
        usable_ms.saturating_sub(self.at_ms(now).saturating_sub(self.led_ms))
    }

    /// What tells this try of this job from every other, in what it writes.
    pub(super) fn name(&self) -> String {
        concat(&[&self.id, "-", &decimal(self.round.into())])
    }

    /// Up to that number, by the generator of the token cache.
    pub(super) fn random(&mut self, most: u64) -> u64 {
        self.random = self.random.wrapping_mul(0xf9b2_5d65).wrapping_add(1);
        (self.random >> 33).checked_rem(most.saturating_add(1)).unwrap_or_default()
    }
}
