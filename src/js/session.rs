//! The questions of sessions.

use super::{STATE, said, turn};
use crate::config::{Limits, Retry};
use crate::credential::{Credential, Terms};
use crate::error::AuthError;
use crate::grant::Target;
use crate::record::{Fields, Record};
use crate::session::{Path, audience, check, hop, may_resend, may_retry, read};
use crate::time::Now;
use crate::token::{Asked, CredentialId, Key, Mode, OperationId, Said, Tokens};

pub(super) type Kept = Tokens;

/// Nothing had yet: made when the module is compiled, as data costs less than the code that would make it.
pub(super) const KEPT: Kept = Tokens::new(Limits::usual(), 0);

/// Answers a question by its letter. Whoever fails has written nothing yet.
///
/// | letter | fields | answer |
/// |---|---|---|
/// | `n` | milliseconds, two times 32 random bits | nothing: so long a flight may go without an answer where those who follow it cannot be woken, else 0 |
/// | `p` | path | whether it may be joined as it is (0), or once the host's parser agrees (1) |
/// | `b` | insecure, base URL | href, itself, audience |
/// | `r` | status, sent before, hops, replayable, same origin, method | `0` handed back, `1` followed, `2` followed as a GET, `3` sent again with a new token |
/// | `t` | status or 0 for none, how often it was sent, retry after, deadline, attempts, delay, longest delay, replayable, method, the methods and the statuses for which it may be, each with a space before and behind, or nothing for the usual ones | for how long to wait before the request is sent again; nothing where it is not |
/// | `c` | renew, facts, refresh token that came in place of the file's, file | the number of the credential of whom these facts are known and, unless it is empty, of that file |
/// | `d` | credential | nothing: it is dropped, unless a call waits for it |
/// | `g` | deadline, credential, access, mode, attempts, delay, longest delay, audience or sorted scopes | a turn |
/// | `s` | call, event, value, date, retry after, text | a turn; of a failure the value says whether it may pass |
/// | `a` | call | nothing: it is given up |
/// | `k` | call | the bytes of the private key that it is to sign with, PKCS #8 DER, and no zero character behind them; none once it is forgotten |
/// | `w` | call | nothing: that key is wiped, the host holds it in a form that cannot be read out |
/// | `i` | serial, key | nothing: the token is dropped, unless it has been replaced since |
/// | `o` | expiry, key | serial, refresh and expiry of a token that the host kept over a restart |
pub(super) fn answer(tokens: &mut Tokens, mut fields: Fields<'_>, out: &mut Record) -> Result<(), AuthError> {
    let letter = fields.text();
    let now = Now::new(fields.number(), fields.number());
    match letter.as_bytes() {
        b"n" => {
            let flight_dead_after_ms = fields.number();
            tokens.set_flight_dead_after((flight_dead_after_ms > 0).then_some(flight_dead_after_ms));
            STATE.entropy.set(fields.number() << 32 | fields.number());
            let mut seed = [0; 8];
            // Without a seed refreshes are not spread; that is no reason to refuse the work.
            let _ = getrandom::fill(&mut seed);
            tokens.set_seed(u64::from_le_bytes(seed));
        }
        b"p" => out.number(matches!(check(fields.rest())?, Path::Careful).into()),
        b"b" => {
            let insecure = fields.flag();
            let url = read(fields.rest(), insecure)?;
            out.text(&url.href());
            out.text(url.as_str());
            out.text(audience(&url, fields.rest()));
        }
        b"r" => {
            let (status, sent_before) = (fields.small() as u16, fields.flag());
            let (hops, replayable, same_origin) = (fields.small(), fields.flag(), fields.flag());
            let hop = hop(status, fields.rest(), same_origin, hops, replayable);
            out.number(if may_resend(status, sent_before, replayable) { 3 } else { hop as u64 });
        }
        b"t" => {
            let (status, sent) = (fields.small() as u16, fields.small());
            let (asked_ms, deadline_ms) = (fields.number(), fields.number());
            let retry = retry(&mut fields);
            let may = fields.flag() && may_retry(status, fields.text(), fields.text(), fields.rest());
            let wait_ms = retry.wait_ms(sent, asked_ms, tokens.random());
            if may && sent < retry.attempts && wait_ms < deadline_ms.saturating_sub(now.mono_ms) {
                out.number(wait_ms);
            }
        }
        b"c" => {
            let renew = fields.flag();
            let facts = Terms::told(fields.text(), fields.text())?;
            let rotated = fields.text();
            let file = fields.rest();
            let mut credential = Credential::of(facts, (!file.is_empty()).then_some(file))?;
            credential.rotate("", rotated);
            out.number(tokens.register(credential, renew).0.into());
        }
        b"d" => tokens.forget(CredentialId(fields.small())),
        b"g" => {
            let deadline_ms = fields.number();
            let (credential, access, mode) = (fields.small(), fields.flag(), fields.small());
            let retry = retry(&mut fields);
            let target = Target::parse(access, fields.rest())?;
            let mode = match mode {
                0 => Mode::Usual,
                1 => Mode::Early,
                _ => Mode::Forced,
            };
            let credential = CredentialId(credential);
            let id = tokens.admit(Asked { credential, target, mode, deadline_ms, retry }, now)?;
            return turn::next(tokens, id, &Said::BEGUN, now, out);
        }
        b"s" => {
            let id = OperationId(fields.number());
            return turn::next(tokens, id, &said(&mut fields), now, out);
        }
        b"a" => tokens.abandon(OperationId(fields.number())),
        b"k" => {
            if let Some(key) =
                tokens.leader(OperationId(fields.number())).and_then(|credential| credential.private_key())
            {
                out.raw(key.expose());
            }
        }
        b"w" => {
            if let Some(credential) = tokens.leader(OperationId(fields.number())) {
                credential.forget_private_key();
            }
        }
        b"i" => {
            let serial = fields.small();
            tokens.invalidate_text(fields.rest(), serial);
        }
        b"o" => {
            let expires_at_ms = fields.number();
            tokens.restore(Key::from_text(fields.rest().into()), expires_at_ms, now);
            if let Some(entry) = tokens.last_used() {
                turn::lease(&entry.lease, out);
            }
        }
        _ => {}
    }
    Ok(())
}

fn retry(fields: &mut Fields<'_>) -> Retry {
    Retry { attempts: fields.small(), delay_ms: fields.number(), longest_ms: fields.number() }
}
