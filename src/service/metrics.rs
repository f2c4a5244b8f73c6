//! What was granted and refused, counted, in Prometheus' text format. No token and no subject is among it.

use crate::time::Now;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

/// So many minutes are told apart.
const MINUTES: u64 = 15;
/// So many rows of minutes are kept.
const MOST: usize = 5000;

/// Counters.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// By route, method and status.
    requests: BTreeMap<(&'static str, &'static str, u16), u64>,
    /// By caller and kind.
    grants: BTreeMap<(String, &'static str), u64>,
    /// By caller and reason.
    refusals: BTreeMap<(String, &'static str), u64>,
    /// The same by minute: minute, granted, caller, kind or reason.
    minutes: BTreeMap<(u64, bool, String, &'static str), u64>,
}

impl Metrics {
    pub(super) fn answered(&mut self, route: &'static str, method: &str, status: u16) {
        // What strangers make up is no label.
        let method =
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].into_iter().find(|known| *known == method);
        count(&mut self.requests, (route, method.unwrap_or("other"), status));
    }

    pub(super) fn granted(&mut self, caller: &str, kind: &'static str, now: Now) {
        count(&mut self.grants, (caller.to_string(), kind));
        self.minute(true, caller, kind, now);
    }

    /// What is no refusal (that there is no such path, say) is counted with the answers alone.
    pub(super) fn refused(&mut self, caller: &str, reason: &'static str, status: u16, now: Now) {
        if matches!(status, 404 | 405) {
            return;
        }
        count(&mut self.refusals, (caller.to_string(), reason));
        self.minute(false, caller, reason, now);
    }

    fn minute(&mut self, granted: bool, caller: &str, what: &'static str, now: Now) {
        let minute = now.wall_s().checked_div(60).unwrap_or_default();
        let oldest = minute.saturating_sub(MINUTES);
        while self.minutes.first_key_value().is_some_and(|((at, ..), _)| *at < oldest) || self.minutes.len() >= MOST {
            self.minutes.pop_first();
        }
        count(&mut self.minutes, (minute, granted, caller.to_string(), what));
    }

    /// Prometheus' text format, version 0.0.4.
    pub(super) fn shown(&self, now: Now) -> String {
        let mut out = String::new();
        begin(&mut out, "requests_total", "counter", "Requests answered, by route, method and status.");
        for ((route, method, status), number) in &self.requests {
            out.push_str(&format!(
                "cloud_run_auth_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {number}\n"
            ));
        }
        begin(&mut out, "grants_total", "counter", "Tokens handed out, by caller and kind.");
        for ((caller, kind), number) in &self.grants {
            out.push_str(&format!("cloud_run_auth_grants_total{{caller=\"{caller}\",kind=\"{kind}\"}} {number}\n"));
        }
        begin(
            &mut out,
            "refusals_total",
            "counter",
            "Requests refused, by caller (none where he is not known) and reason.",
        );
        for ((caller, reason), number) in &self.refusals {
            out.push_str(&format!(
                "cloud_run_auth_refusals_total{{caller=\"{caller}\",reason=\"{reason}\"}} {number}\n"
            ));
        }
        begin(&mut out, "recent", "gauge", "Grants and refusals of the last minutes, by how many minutes ago.");
        let minute = now.wall_s().checked_div(60).unwrap_or_default();
        for ((at, granted, caller, what), number) in &self.minutes {
            let ago = minute.saturating_sub(*at);
            if ago < MINUTES {
                let outcome = if *granted { "granted" } else { "refused" };
                out.push_str(&format!(
                    "cloud_run_auth_recent{{minutes_ago=\"{ago}\",outcome=\"{outcome}\",caller=\"{caller}\",what=\"{what}\"}} {number}\n"
                ));
            }
        }
        out
    }
}

fn begin(out: &mut String, name: &str, kind: &str, help: &str) {
    out.push_str(&format!("# HELP cloud_run_auth_{name} {help}\n# TYPE cloud_run_auth_{name} {kind}\n"));
}

fn count<K: Ord>(map: &mut BTreeMap<K, u64>, key: K) {
    let number = map.entry(key).or_default();
    *number = number.saturating_add(1);
}
