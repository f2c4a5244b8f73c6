//! The same boundary for the module of logins, which keeps nothing between two questions.

use super::said;
use crate::credential::Terms;
use crate::error::{AuthError, Code};
use crate::login::{Arrived, Asked, Login, Remembered, Turn, Visit};
use crate::record::{Fields, Record};
use crate::time::Now;

pub(super) type Kept = ();

/// Nothing is.
pub(super) const KEPT: Kept = ();

/// What there is to be asked, by its letter. Clocks, emulator and facts come first, as everywhere.
///
/// `b` begins a login. Path to return to, whether one that is none is an error, scopes, hint, domain, prompt, the `sub` of who has to log
/// in, `Cookie` header, state. The answer is the URL, the flow, and each `Set-Cookie` a line.
///
/// `v` is a visit's next step: its fields, what it remembers, event, value, date, retry after, text. The answer is `0` and what came of it; or
/// the letter of the action, the visit's fields, what it remembers, and what belongs to the action, as `src/token/order.rs` says.
pub(super) fn answer((): &mut Kept, mut fields: Fields<'_>, out: &mut Record) -> Result<(), AuthError> {
    let letter = fields.text();
    let now = Now::new(fields.number(), fields.number());
    let facts = Terms::told(fields.text(), fields.text())?;
    match letter {
        "b" => {
            let login = Login::told(facts)?;
            let asked = Asked {
                return_to: fields.text(),
                strict: fields.flag(),
                scopes: fields.text(),
                login_hint: fields.text(),
                hd: fields.text(),
                prompt: fields.text(),
                subject: fields.text(),
                cookies: fields.text(),
            };
            let begun = login.begin(&asked, fields.text(), now)?;
            for text in [&begun.url, &begun.flow, &begun.cookies] {
                out.text(text);
            }
        }
        "v" => {
            let login = Login::told(facts)?;
            let mut visit = Visit::read(&mut fields);
            let mut remembered = Remembered::told(fields.text());
            match visit.next(&mut remembered, &login, &said(&mut fields), now)? {
                Turn::Done(Arrived { location, cookies, subject, user, record, flow, device }) => {
                    out.text("0");
                    for text in [&location, &cookies, subject.as_str(), &user] {
                        out.text(text);
                    }
                    out.bytes(record.expose());
                    out.text(&flow);
                    out.text(&device);
                }
                Turn::Act(order) => {
                    out.bytes(&[order.task]);
                    visit.write(out);
                    out.text(remembered.as_str());
                    out.text(&order.text);
                }
            }
        }
        _ => return Err(AuthError::plain(Code::CoreFailed, "the driver asked what there is no answer to.")),
    }
    Ok(())
}
