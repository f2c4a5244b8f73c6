//! What an outage does that begins when a token gets stale and ends one step before it expires: nothing that a caller sees.

use crate::accounts::{Account, Kind};
use crate::calls::{Session, State};
use crate::clocks::{Clocks, wall_at};
use crate::dice::Dice;
use crate::google::Google;
use crate::host::Host;
use crate::promises;
use crate::weather::Fault;
use crate::world::{Due, Verdict, World};
use cloud_run_auth::config::Limits;

const KINDS: [Kind; 7] =
    [Kind::Key, Kind::User, Kind::Acting, Kind::WorkloadActing, Kind::Metadata, Kind::Search, Kind::Function];

const FAULTS: [Fault; 12] = [
    Fault::Refused,
    Fault::Dns,
    Fault::Reset,
    Fault::Torn,
    Fault::Blackhole,
    Fault::Html,
    Fault::Opaque,
    Fault::Busy { status: 500, retry_after_s: None },
    Fault::Busy { status: 429, retry_after_s: None },
    Fault::Busy { status: 503, retry_after_s: None },
    Fault::Busy { status: 429, retry_after_s: Some(30) },
    Fault::Busy { status: 503, retry_after_s: Some(45) },
];

/// How often a caller comes.
const EVERY_MS: u64 = 200;

/// Each kind of outage, on each kind of host; says which it was, and what came of it.
pub(crate) fn all() -> Vec<(String, Verdict)> {
    let mut out = Vec::new();
    for fault in FAULTS {
        for isolated in [false, true] {
            let mut verdict = Ok(());
            for kind in KINDS {
                for (anew, seed) in [(false, 7), (true, 7), (false, 8), (true, 9)] {
                    let one = outage(kind, fault, isolated, anew, seed).map_err(|why| format!("{kind:?}: {why}"));
                    verdict = verdict.and(one);
                }
            }
            out.push((format!("outage: {fault:?}{}", if isolated { ", isolated" } else { "" }), verdict));
        }
    }
    out
}

fn outage(kind: Kind, fault: Fault, isolated: bool, anew: bool, seed: u64) -> Verdict {
    let mut dice = Dice::new(seed);
    let google = Google::new(1, &mut dice);
    let mut world = World::new(dice, google, false);
    let limits = Limits { flight_dead_after_ms: isolated.then_some(2000), ..Limits::default() };
    let of_metadata = matches!(kind, Kind::Metadata | Kind::Search);
    let step_ms = promises::step_ms(&limits, promises::window_ms(&limits, 3_600_000, of_metadata));
    world.accounts.push(Account::new(0, kind, 3600, true));
    world.targets.push((false, "https://a.example".into()));
    world.on_cloud_run = true;
    world.hosts.push(Host::new(limits, seed << 40, Clocks::right(world.time, 5000), true));
    // As the npm package has it.
    let timeout_ms = 120_000;
    world.sessions.push(Session { anew, ..Session::new(0, (0, 0), timeout_ms) });
    world.after(0, Due::Arrive(0));
    world.run(u64::MAX)?;
    let slot = world.sessions[0].slot.clone().ok_or("there is no token to begin with")?;
    let (stale_at, expired_at) = (slot.borrow().refresh_at - wall_at(0), slot.borrow().expires_at - wall_at(0));
    let ends_at = expired_at - step_ms;
    let old = slot.borrow().token.clone();
    world.run(stale_at)?;
    world.weather.outage = Some((fault, ends_at));
    let asked_ms = if let Fault::Busy { retry_after_s: Some(seconds), .. } = fault { seconds * 1000 } else { 0 };
    let until = expired_at + asked_ms + 60_000;
    for at in 0..(until - stale_at) / EVERY_MS {
        world.after(at * EVERY_MS, Due::Arrive(0));
    }
    // One step, the next caller, and the exchange itself.
    let recovered_at = ends_at + step_ms.max(asked_ms) + EVERY_MS + 1000;
    world.run(recovered_at)?;
    let new = world.sessions[0].slot.as_ref().is_some_and(|slot| slot.borrow().token != old);
    world.run(u64::MAX)?;
    let failed = |call: &&crate::calls::Call| !call.background && call.state != State::Had;
    match world.calls.iter().filter(failed).count() {
        0 if new => Ok(()),
        0 => Err(format!("there is no new token {} ms after the outage", recovered_at - ends_at)),
        count => Err(format!("{count} calls fail")),
    }
}
