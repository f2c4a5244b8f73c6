//! Checks every way in which many jobs can come to refresh one user's token: the core's own machine, the store and the provider of a
//! model, and whatever can go wrong between them.
//!
//! `cloud-run-auth-jobs` runs the short list, `--middle` and `--long` the longer ones; `--only jobs,expiries,faults,lapses,calls,edits` one of
//! one's own. A promise that is broken is printed with the way that led there.

mod provider;
mod world;

use provider::Mode;
use stateright::{Checker, Model};
use std::io::{IsTerminal, Write};
use world::{Bounds, HAD, LOST};

fn main() {
    let has = |name| std::env::args().any(|argument| argument == name);
    let (long, middle) = (has("--long"), has("--middle"));
    let only = only();
    let (mut passed, mut failed, mut states) = (0_u32, 0_u32, 0_usize);
    for mode in [Mode::Fixed, Mode::Leeway, Mode::Strict] {
        let quiet = Bounds { mode, jobs: 3, expiries: 2, faults: 0, lapses: 0, calls: 2, edits: 0 };
        let faulty = Bounds { jobs: 2, faults: 2, lapses: 2, ..quiet };
        let three = Bounds { faults: 1, lapses: 1, expiries: 1, calls: 1, ..quiet };
        let edited = Bounds { edits: 1, jobs: 2, calls: 1, expiries: 1, ..quiet };
        let short = Bounds { faults: 1, lapses: 1, expiries: 1, calls: 1, ..faulty };
        let own = only.map(|[jobs, expiries, faults, lapses, calls, edits]| {
            [Bounds { mode, jobs: jobs.into(), expiries, faults, lapses, calls, edits }]
        });
        let paused = Bounds { faults: 0, lapses: 1, ..faulty };
        let twice = Bounds { faults: 1, calls: 1, ..faulty };
        let all: &[Bounds] = if let Some(own) = &own {
            own
        } else if long {
            // Above ten million in all: each list is walked to its end.
            &[quiet, edited, paused, twice, three, Bounds { faults: 2, ..short }]
        } else if middle {
            &[Bounds { calls: 1, ..quiet }, edited, paused, twice]
        } else {
            &[Bounds { calls: 1, ..quiet }, edited, short]
        };
        for bounds in all {
            let checker = bounds.checker().threads(2).spawn_dfs().join();
            let broken = checker.discoveries();
            states = states.saturating_add(checker.unique_state_count());
            let mut kept = true;
            for (name, path) in &broken {
                if !matches!(*name, HAD | LOST) {
                    kept = false;
                    say(&format!("  broken: {name}\n{path}"));
                }
            }
            kept &=
                broken.contains_key(HAD) && (broken.contains_key(LOST) || mode != Mode::Strict || !bounds.is_lossy());
            say(&format!(
                "  {}  {bounds:?}: {} states, {} deep",
                mark(kept),
                checker.unique_state_count(),
                checker.max_depth()
            ));
            if middle && !kept {
                // Whoever looks for any fault has found one.
                std::process::exit(1);
            }
            if kept { passed = passed.saturating_add(1) } else { failed = failed.saturating_add(1) }
        }
    }
    say(&format!("{states} states\n{passed} passed, {failed} failed"));
    if failed > 0 {
        std::process::exit(1);
    }
}

/// The numbers behind `--only`.
fn only() -> Option<[u8; 6]> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--only");
    let text = arguments.nth(1)?;
    let numbers: Vec<u8> = text.split(',').filter_map(|number| number.parse().ok()).collect();
    numbers.try_into().ok()
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
