//! The same boundary for the module of users' tokens, which keeps nothing between two questions.

use super::said;
use crate::config::Limits;
use crate::credential::Terms;
use crate::error::AuthError;
use crate::grant::Target;
use crate::record::{Fields, Record};
use crate::secret::Secret;
use crate::time::Now;
use crate::token::Step;
use crate::user::{Job, Papers, Shared};

pub(super) type Kept = ();

/// Nothing is.
pub(super) const KEPT: Kept = ();

/// The one question is a job's next step: behind the clocks its fields and papers, emulator, facts, whether an access token is asked
/// for, audience or scopes, event, value, date, retry after, text.
///
/// The answer is `0`, how long the token lives, and the token; or the letter of the action, the job's fields and papers, and what belongs to the
/// action, as `src/token/order.rs` says. The store's are `a` and `b`; they are told by 10 and 11.
pub(super) fn answer((): &mut Kept, mut fields: Fields<'_>, out: &mut Record) -> Result<(), AuthError> {
    fields.text();
    let now = Now::new(fields.number(), fields.number());
    let mut job = Job::read(&mut fields);
    let mut papers = Papers::new(Secret::new(fields.text()), Secret::new(fields.text()));
    let shared = Shared::told(Terms::told(fields.text(), fields.text())?);
    let target = Target::parse(fields.flag(), fields.text())?;
    match job.next(&mut papers, (&shared, &target, &Limits::usual()), &said(&mut fields), now)? {
        Step::Had { token, life_ms, .. } => {
            out.text("0");
            out.number(life_ms);
            out.bytes(token.expose());
        }
        Step::Act(order) => {
            out.bytes(&[order.task]);
            job.write(out);
            let (read, made) = papers.expose();
            out.bytes(read.expose());
            out.bytes(made.expose());
            out.text(&order.text);
        }
    }
    Ok(())
}
