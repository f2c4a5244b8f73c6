//! What happened, for people who want to read it.

use std::io::Write;

#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) told: bool,
}

impl Story {
    /// A line of the story. What stands in it is only worked out where it is told.
    pub(crate) fn line(&self, time: u64, text: impl FnOnce() -> String) {
        if self.told {
            let (hours, minutes, seconds) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60);
            say(&format!("{hours}:{minutes:02}:{seconds:02}.{:03}  {}", time % 1000, text()));
        }
    }
}

/// Prints a line; a reader that went away is no fault.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
