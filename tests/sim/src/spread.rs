//! Instances that began together are not to refresh together.

use crate::accounts::{Account, Kind};
use crate::calls::Session;
use crate::clocks::Clocks;
use crate::dice::Dice;
use crate::google::Google;
use crate::host::Host;
use crate::promises;
use crate::world::{Due, Verdict, World};
use cloud_run_auth::config::{Limits, Retry};

const HOSTS: u64 = 512;
const BUCKETS: u64 = 8;

/// Looks at when that many fresh instances refresh, whose tokens came at the same moment.
pub(crate) fn refreshes() -> Verdict {
    let mut begins = Vec::new();
    let mut window_ms = 0;
    for seed in 0..HOSTS {
        let mut dice = Dice::new(seed);
        let google = Google::new(1, &mut dice);
        let random = dice.roll();
        let mut world = World::new(dice, google, false);
        let limits = Limits::default();
        window_ms = promises::window_ms(&limits, 3_600_000, false);
        world.accounts.push(Account::new(0, Kind::Function, 3600, true));
        world.targets.push((false, "https://a.example".into()));
        world.hosts.push(Host::new(limits, random, Clocks::right(world.time, 5000), true));
        let session = Session {
            host: 0,
            place: (0, 0),
            timeout_ms: 30_000,
            retry: Retry::USUAL,
            anew: false,
            slot: None,
            known: None,
            left: 0,
        };
        world.sessions.push(session);
        world.after(0, Due::Arrive(0));
        world.run(u64::MAX)?;
        let slot = world.sessions[0].slot.clone().ok_or("there is no token")?;
        begins.push(slot.borrow().refresh_at);
    }
    let first = begins.iter().min().copied().unwrap_or_default();
    let width = window_ms / 4 / BUCKETS;
    for bucket in 0..BUCKETS {
        let from = first + bucket * width;
        let count = begins.iter().filter(|at| (from..from + width).contains(*at)).count() as u64;
        let mean = HOSTS / BUCKETS;
        if !(mean / 3..=mean * 3).contains(&count) {
            return Err(format!("{count} of {HOSTS} instances refresh in the same {width} ms"));
        }
    }
    Ok(())
}
