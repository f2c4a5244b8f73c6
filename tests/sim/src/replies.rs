//! Answers of servers, as they are and as faults leave them.

use crate::clocks::wall_at;
use crate::promises::USUAL_LIFE_S;
use crate::weather::Fault;

/// How an answer says how long its token lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Seconds(u64),
    /// `exp` and `iat`.
    Claims(u64, u64),
    /// A moment of UTC, in seconds since the epoch.
    Moment(u64),
}

/// An answer, and what the judge has to know of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) date_ms: Option<u64>,
    pub(crate) retry_after_ms: Option<u64>,
    /// The token in it, and the life that it is said to have.
    pub(crate) token: Option<(usize, Life)>,
    /// The ID token beside a user's access token.
    pub(crate) id_token: Option<(usize, Life)>,
    pub(crate) permanent: bool,
    /// The time in the assertion was refused.
    pub(crate) skew: bool,
    /// What it says of time is not so.
    pub(crate) lies: bool,
}

pub(crate) fn reply(status: u16, body: String, time: u64) -> Reply {
    Reply { status, body, date_ms: Some(wall_at(time) / 1000 * 1000), ..Reply::default() }
}

pub(crate) fn refusal(why: &str, time: u64) -> Reply {
    let body = format!(r#"{{"error":"invalid_grant","error_description":"{why}"}}"#);
    Reply { permanent: true, ..reply(400, body, time) }
}

/// What is left of an answer that meets a fault; nothing, where none comes.
pub(crate) fn spoilt(mut reply: Reply, fault: Fault, time: u64) -> Option<Reply> {
    let instead = |status, body: &str| Some(self::reply(status, body.into(), time));
    match fault {
        Fault::Refused | Fault::Dns | Fault::Reset | Fault::Blackhole => None,
        Fault::Slow { .. } | Fault::Astray => Some(reply),
        Fault::Html => instead(200, "<html><title>Sign in</title></html>"),
        Fault::Opaque => instead(200, r#"{"id_token":"opaque","token":"opaque"}"#),
        Fault::Busy { status, retry_after_s } => {
            let retry_after_ms = retry_after_s.map(|seconds| seconds * 1000);
            Some(Reply { retry_after_ms, ..self::reply(status, "<html>busy</html>".into(), time) })
        }
        Fault::Torn => {
            reply.body.truncate(reply.body.len() / 2);
            (reply.token, reply.id_token) = (None, None);
            // Of a refusal the status is left, which alone says so.
            (reply.permanent, reply.skew) = (reply.status == 400, false);
            Some(reply)
        }
        Fault::Expires(value) => {
            if let Some((token, Life::Seconds(seconds))) = reply.token {
                let member = format!(r#""expires_in":{seconds}"#);
                let instead = if value.is_empty() { r#""x":0"#.into() } else { format!(r#""expires_in":{value}"#) };
                reply.body = reply.body.replace(&member, &instead);
                reply.token = match value {
                    "-1" | "0" => None,
                    "1e18" => Some((token, Life::Seconds(1_000_000_000_000_000))),
                    "\"600\"" => Some((token, Life::Seconds(600))),
                    _ => Some((token, Life::Seconds(USUAL_LIFE_S))),
                };
                reply.lies = true;
            }
            Some(reply)
        }
        Fault::Undated => {
            reply.date_ms = None;
            Some(reply)
        }
        Fault::Misdated(seconds) => {
            reply.date_ms = reply.date_ms.map(|date| date.saturating_add_signed(seconds * 1000));
            reply.lies = true;
            Some(reply)
        }
    }
}
