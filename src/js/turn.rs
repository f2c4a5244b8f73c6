//! Turns as fields.

use crate::error::AuthError;
use crate::record::Record;
use crate::time::Now;
use crate::token::{Lease, Next, OperationId, Said, Tokens};

/// Tells a call what happened, and writes its turn. Kind 0: the lease, the key, the token unless it was handed out before,
/// the key that had to go, the project that the credential's file wants to pay, the refresh token that came in place of the file's.
/// Every other, from 2 on: the call's number, the flight that it leads (0: none), and what belongs
/// to the action, as [`Task`](crate::token) says.
pub(super) fn next(
    tokens: &mut Tokens,
    id: OperationId,
    said: &Said,
    now: Now,
    out: &mut Record,
) -> Result<(), AuthError> {
    match tokens.next(id, said, now)? {
        Next::Done(id) => {
            out.text("0");
            if let Some(entry) = tokens.last_used() {
                lease(&entry.lease, out);
                out.text(entry.key.as_str());
                out.bytes(entry.take_token().expose());
            }
            out.text(tokens.evicted().as_str());
            if let Some(credential) = tokens.credential(id) {
                out.text(credential.quota_project());
                out.text(credential.rotated());
            }
        }
        Next::Act(order) => {
            let leads = tokens.leads(id);
            out.bytes(&[order.task]);
            out.number(id.0);
            out.number(leads.0.into());
            out.text(&order.text);
        }
    }
    Ok(())
}

/// Serial, refresh and expiry.
pub(super) fn lease(held: &Lease, out: &mut Record) {
    let (refresh, expires) = held.deadlines_ms();
    out.number(held.serial.into());
    out.number(refresh);
    out.number(expires);
}
