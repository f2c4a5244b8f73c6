//! Checks every way in which many jobs can come to refresh one user's token: the core's own machine, the store and the provider of a
//! model, and whatever can go wrong between them.
//!
//! `cloud-run-auth-jobs` runs the short list, `--middle`, `--long` and `--longest` the longer ones; a promise that is broken is printed with the way
//! that led there. A state is counted once, whichever ways lead to it, and no two are taken for the same because they are alike.

mod bounds;
mod caller;
mod known;
mod lists;
mod provider;
mod world;

use bounds::{Bounds, HAD, LOST};
use lists::{Length, list};
use provider::Mode;
use stateright::{Checker, Model};
use std::io::{IsTerminal, Write};
use std::time::Instant;

fn main() {
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    let lengths = [("--longest", Length::Longest), ("--long", Length::Long), ("--middle", Length::Middle)];
    let length = lengths.into_iter().find(|(name, _)| has(name)).map_or(Length::Short, |(_, length)| length);
    let (mut passed, mut failed, mut states) = (0_u32, 0_u32, 0_usize);
    let began = Instant::now();
    for mode in [Mode::Fixed, Mode::Leeway, Mode::Strict] {
        for bounds in list(length, mode) {
            let (kept, walked) = walk(bounds);
            states = states.saturating_add(walked);
            if length == Length::Middle && !kept {
                // Whoever looks for any fault has found one.
                std::process::exit(1);
            }
            if kept { passed = passed.saturating_add(1) } else { failed = failed.saturating_add(1) }
        }
    }
    say(&format!("{states} states in {:.0} s\n{passed} passed, {failed} failed", began.elapsed().as_secs_f64()));
    if failed > 0 {
        std::process::exit(1);
    }
}

/// Whether all was kept, and how many states there were.
fn walk(bounds: Bounds) -> (bool, usize) {
    let began = Instant::now();
    let checker = bounds.checker().threads(2).spawn_dfs().join();
    let broken = checker.discoveries();
    let mut kept = true;
    for (name, path) in &broken {
        if !matches!(*name, HAD | LOST) {
            kept = false;
            say(&format!("  broken: {name}\n{path}"));
        }
    }
    let loses = bounds.mode == Mode::Strict && bounds.is_lossy();
    kept &= broken.contains_key(HAD) && (broken.contains_key(LOST) || !loses);
    let (states, deep) = (checker.unique_state_count(), checker.max_depth());
    let seconds = began.elapsed().as_secs_f64();
    say(&format!("  {}  {bounds:?}: {states} states, {deep} deep, {seconds:.1} s", mark(kept)));
    (kept, states)
}

fn mark(kept: bool) -> &'static str {
    match (kept, std::io::stdout().is_terminal()) {
        (true, true) => "\x1b[32mok\x1b[0m",
        (true, false) => "ok",
        (false, true) => "\x1b[31m!!\x1b[0m",
        (false, false) => "!!",
    }
}

fn say(line: &str) {
    // Whoever no longer reads need not be told.
    let _ = writeln!(std::io::stdout(), "{line}");
}
