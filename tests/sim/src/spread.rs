//! Instances that began together are not to refresh together, nor to come back together.

use crate::accounts::{Account, Kind};
use crate::calls::Session;
use crate::clocks::Clocks;
use crate::dice::Dice;
use crate::google::Google;
use crate::host::Host;
use crate::promises;
use crate::weather::Fault;
use crate::world::{Due, Verdict, World};
use cloud_run_auth::config::{Limits, Retry};

const HOSTS: u64 = 512;
const BUCKETS: u64 = 8;

/// Looks at when that many fresh instances refresh, whose tokens came at the same moment.
pub(crate) fn refreshes() -> Verdict {
    let mut begins = Vec::new();
    for seed in 0..HOSTS {
        let mut world = fresh(seed);
        world.run(u64::MAX)?;
        let slot = world.sessions[0].slot.clone().ok_or("there is no token")?;
        begins.push(slot.borrow().refresh_at);
    }
    even(&begins, promises::window_ms(&Limits::default(), 3_600_000, false) / 4)
}

/// Looks at when that many fresh instances ask again, whose first request failed at the same moment.
pub(crate) fn retries() -> Verdict {
    let mut waits = Vec::new();
    for seed in 0..HOSTS {
        let mut world = fresh(seed);
        world.weather.outage = Some((Fault::Busy { status: 503, retry_after_s: None }, u64::MAX));
        world.run(u64::MAX)?;
        waits.push(world.calls[0].first_wait_ms.ok_or("nothing is tried again")?);
    }
    even(&waits, Retry::USUAL.delay_ms)
}

fn fresh(seed: u64) -> World {
    let mut dice = Dice::new(seed);
    let google = Google::new(1, &mut dice);
    let random = dice.roll();
    let mut world = World::new(dice, google, false);
    world.accounts.push(Account::new(0, Kind::User, 3600, true));
    world.targets.push((true, "scope".into()));
    world.hosts.push(Host::new(Limits::default(), random, Clocks::right(world.time, 5000), true));
    world.sessions.push(Session::new(0, (0, 0), 30_000));
    world.after(0, Due::Arrive(0));
    world
}

/// Whether what was counted is spread over all of that width.
fn even(moments: &[u64], width_ms: u64) -> Verdict {
    let first = moments.iter().min().copied().unwrap_or_default();
    let bucket_ms = width_ms / BUCKETS;
    for bucket in 0..BUCKETS {
        let from = first + bucket * bucket_ms;
        let count = moments.iter().filter(|at| (from..from + bucket_ms).contains(*at)).count() as u64;
        let mean = HOSTS / BUCKETS;
        if !(mean / 3..=mean * 3).contains(&count) {
            return Err(format!("{count} of {HOSTS} instances come in the same {bucket_ms} ms"));
        }
    }
    Ok(())
}
