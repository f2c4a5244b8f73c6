//! Drives the core, as it is, under virtual clocks, in weather that a seed decides, and holds it to what it promises.
//! `--help` says how.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a world that is wrong about itself has to stop; its numbers are small"
)]

mod accounts;
mod calls;
mod clocks;
mod deeds;
mod dice;
mod google;
mod host;
mod judge;
mod promises;
mod scenario;
mod story;
mod weather;
mod wire;
mod world;

use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use story::say;

const HELP: &str = "\
usage: cargo run --profile sim -p cloud-run-auth-sim -- [--seeds A..B [--keep-going] | --seed N [--trace]] [--threads N]

  --seeds A..B   plays the stories of these seeds; the first that breaks a promise is named, and the exit status is 1
  --keep-going   names all of them
  --seed N       plays one
  --trace        prints the whole story
  --threads N    how many at a time (as many as there are cores)

examples:
  cargo run --profile sim -p cloud-run-auth-sim -- --seeds 0..1000000
  cargo run --profile sim -p cloud-run-auth-sim -- --seed 4711 --trace";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut seeds, mut told, mut all) = (0..20_000, false, false);
    let mut threads = std::thread::available_parallelism().map_or(1, Into::into);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
        let good = match argument.as_str() {
            "--help" | "-h" => {
                say(HELP);
                return ExitCode::SUCCESS;
            }
            "--trace" => {
                told = true;
                true
            }
            "--keep-going" => {
                all = true;
                true
            }
            "--seed" => number().map(|seed| seeds = seed..seed + 1).is_some(),
            "--threads" => number().map(|count| threads = count.max(1) as usize).is_some(),
            "--seeds" => arguments.next().and_then(|text| range(&text)).map(|range| seeds = range).is_some(),
            _ => false,
        };
        if !good {
            say(HELP);
            return ExitCode::FAILURE;
        }
    }
    let began = Instant::now();
    let count = seeds.end - seeds.start;
    let found = play_all(seeds, threads, told, all);
    let seconds = began.elapsed().as_secs_f64();
    if count > 1 {
        say(&format!("{count} seeds in {seconds:.1} s, {:.0} a second", count as f64 / seconds));
    }
    for (seed, why) in &found {
        say(&format!(
            "seed {seed}: {why}\nagain: cargo run --profile sim -p cloud-run-auth-sim -- --seed {seed} --trace"
        ));
    }
    let failed = usize::from(!found.is_empty());
    say(&format!("{} passed, {failed} failed", 1 - failed));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn range(text: &str) -> Option<Range<u64>> {
    let (from, to) = text.split_once("..")?;
    let range = from.parse().ok()?..to.parse().ok()?;
    (!range.is_empty()).then_some(range)
}

/// The seeds whose stories break a promise, and which: the first, or all.
fn play_all(seeds: Range<u64>, threads: usize, told: bool, all: bool) -> Vec<(u64, String)> {
    let next = AtomicU64::new(seeds.start);
    let worst = AtomicU64::new(seeds.end);
    let work = || {
        let mut found = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= worst.load(Ordering::Relaxed) {
                return found;
            }
            if let Err(why) = played(seed, told) {
                if !all {
                    worst.fetch_min(seed, Ordering::Relaxed);
                }
                found.push((seed, why));
            }
        }
    };
    let mut found: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    found.sort();
    found.truncate(if all { usize::MAX } else { 1 });
    found
}

/// A panic breaks a promise, too.
fn played(seed: u64, told: bool) -> world::Verdict {
    std::panic::catch_unwind(|| scenario::play(seed, told)).unwrap_or_else(|_| Err("it panics".into()))
}
