//! The clocks of a host, which may lie. The world's own time is milliseconds since it began; the servers' clocks are right.

use cloud_run_auth::time::Now;

/// What a right wall clock says when the world begins.
pub(crate) const BEGIN_MS: u64 = 1_800_000_000_000;

/// What servers' clocks say.
pub(crate) const fn wall_at(time: u64) -> u64 {
    BEGIN_MS + time
}

/// A clock that may be set and may stand still.
#[derive(Clone, Copy, Debug)]
struct Clock {
    set_at: u64,
    said: u64,
    runs: bool,
}

impl Clock {
    fn read(&self, time: u64) -> u64 {
        if self.runs { self.said + time.saturating_sub(self.set_at) } else { self.said }
    }

    fn set(&mut self, time: u64, said: u64, runs: bool) {
        *self = Clock { set_at: time, said, runs };
    }
}

/// Both clocks of a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    wall: Clock,
    mono: Clock,
}

impl Clocks {
    /// Right ones, on a host that runs for that long already.
    pub(crate) fn right(time: u64, uptime: u64) -> Clocks {
        let wall = Clock { set_at: time, said: wall_at(time), runs: true };
        Clocks { wall, mono: Clock { said: uptime, ..wall } }
    }

    pub(crate) fn now(&self, time: u64) -> Now {
        Now::new(self.wall.read(time), self.mono.read(time))
    }

    /// Sets the wall clock off by so much.
    pub(crate) fn shift_wall(&mut self, time: u64, by: i64) {
        self.wall.set(time, self.wall.read(time).saturating_add_signed(by), true);
    }

    pub(crate) fn set_wall(&mut self, time: u64, said: u64, runs: bool) {
        self.wall.set(time, said, runs);
    }

    pub(crate) fn freeze(&mut self, time: u64, wall: bool, mono: bool) {
        for (clock, freezes) in [(&mut self.wall, wall), (&mut self.mono, mono)] {
            if freezes {
                clock.set(time, clock.read(time), false);
            }
        }
    }

    /// The machine sleeps: when it wakes, the wall clock is read from a clock that went on, the other one had stood.
    pub(crate) fn sleep(&mut self, time: u64, until: u64) {
        let mono = self.mono.read(time);
        self.mono.set(until, mono, true);
    }

    /// From now on both are right, as far as a clock can be that is never set back.
    pub(crate) fn mend(&mut self, time: u64) {
        self.wall.set(time, wall_at(time), true);
        self.mono.set(time, self.mono.read(time), true);
    }

    /// How far the wall clock is from the servers'.
    pub(crate) fn off_ms(&self, time: u64) -> u64 {
        self.wall.read(time).abs_diff(wall_at(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_lie_as_they_are_told_to() {
        let mut clocks = Clocks::right(1000, 5000);
        assert_eq!(clocks.now(3000), Now::new(wall_at(3000), 7000));
        clocks.shift_wall(3000, -600_000);
        assert_eq!((clocks.now(4000), clocks.off_ms(4000)), (Now::new(wall_at(4000) - 600_000, 8000), 600_000));
        clocks.freeze(4000, false, true);
        assert_eq!(clocks.now(9000).mono_ms, 8000);
        clocks.mend(9000);
        assert_eq!((clocks.now(9500), clocks.off_ms(9500)), (Now::new(wall_at(9500), 8500), 0));
        clocks.sleep(10_000, 20_000);
        assert_eq!(clocks.now(20_001), Now::new(wall_at(20_001), 9001));
    }
}
