//! Ten thousand callers who come when there is no token: one goes.

use crate::accounts::{Account, Kind};
use crate::calls::{Session, State};
use crate::clocks::Clocks;
use crate::dice::Dice;
use crate::google::Google;
use crate::host::Host;
use crate::world::{Due, Verdict, World};
use cloud_run_auth::config::Limits;

const CALLERS: usize = 10_000;

/// Has them come at the begin, and again when the token has expired; the leaders of isolated hosts vanish.
pub(crate) fn comes(isolated: bool) -> Verdict {
    let mut dice = Dice::new(7);
    let google = Google::new(1, &mut dice);
    let mut world = World::new(dice, google, false);
    let limits = Limits { flight_dead_after_ms: isolated.then_some(2000), ..Limits::default() };
    world.accounts.push(Account::new(0, Kind::User, 3600, true));
    world.targets.push((true, "scope".into()));
    world.hosts.push(Host::new(limits, 7, Clocks::right(world.time, 5000), true));
    let session = Session { anew: true, ..Session::new(0, (0, 0), 120_000) };
    world.sessions.push(session);
    for begin in [0, 3_600_000] {
        let first = world.calls.len();
        world.run(begin)?;
        (0..CALLERS).for_each(|_| world.after(0, Due::Arrive(0)));
        if isolated {
            world.after(1, Due::Vanish(first));
        }
        world.run(u64::MAX)?;
        let calls = &world.calls[first..];
        let (had, requests) = (
            calls.iter().filter(|call| call.state == State::Had).count(),
            calls.iter().map(|call| call.requests).sum::<u32>(),
        );
        let vanished = usize::from(isolated);
        if had != CALLERS - vanished || requests as usize != 1 + vanished {
            return Err(format!("{had} of {CALLERS} calls have a token, and there are {requests} requests"));
        }
    }
    Ok(())
}
