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
mod crowd;
mod deeds;
mod dice;
mod driver;
mod google;
mod host;
mod judge;
mod ledger;
mod outages;
mod promises;
mod replies;
mod scenario;
mod sessions;
mod spread;
mod story;
mod weather;
mod wire;
mod world;
mod worth;

use promises::Open;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use story::say;
use world::Verdict;

const HELP: &str = "\
usage: cargo run --profile sim -p cloud-run-auth-sim -- [OPTIONS]

  Without options: outages, crowds, the spread of refreshes and retries, and the stories of a few thousand seeds.

  --scenarios    all but the stories
  --seeds A..B   plays the stories of these seeds; the first that breaks a promise is named, and the exit status is 1
  --seconds N    plays on from the first seed for so long; from one that nobody played, where none is named
  --keep-going   names all seeds that break a promise
  --seed N       plays one
  --trace        prints the whole story
  --promise NAME holds the core to what it does not keep yet: one of those in src/promises.rs, or all
  --threads N    how many at a time (as many as there are cores)

examples:
  cargo run --profile sim -p cloud-run-auth-sim -- --seeds 0..1000000
  cargo run --profile sim -p cloud-run-auth-sim -- --seeds 5000000..9000000 --seconds 600
  cargo run --profile sim -p cloud-run-auth-sim -- --seed 4711 --trace";

/// So many are played by themselves.
const USUAL: Range<u64> = 0..10_000;

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        say(HELP);
        return ExitCode::FAILURE;
    };
    if wanted.help {
        say(HELP);
        return ExitCode::SUCCESS;
    }
    let mut checks = Vec::new();
    if wanted.seeds.is_none() {
        checks.extend(outages::all());
        checks.push(("crowd: 10,000 callers, one exchange".into(), crowd::comes(false)));
        checks.push(("crowd: 10,000 callers whose leader vanishes, one exchange more".into(), crowd::comes(true)));
        checks.push(("spread: refreshes of instances that began together".into(), spread::refreshes()));
        checks.push(("spread: retries of instances that failed together".into(), spread::retries()));
    }
    if !wanted.scenarios {
        checks.push(seeds(&wanted));
    }
    for (name, verdict) in &checks {
        match verdict {
            Ok(()) => say(&format!("  ok  {name}")),
            Err(why) => say(&format!("  !!  {name}\n      {why}")),
        }
    }
    let failed = checks.iter().filter(|(_, verdict)| verdict.is_err()).count();
    say(&format!("{} passed, {failed} failed", checks.len() - failed));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the command line says.
#[derive(Default)]
struct Wanted {
    help: bool,
    scenarios: bool,
    seeds: Option<Range<u64>>,
    seconds: Option<u64>,
    keep_going: bool,
    trace: bool,
    threads: usize,
}

fn wanted() -> Option<Wanted> {
    let mut wanted =
        Wanted { threads: std::thread::available_parallelism().map_or(1, Into::into), ..Wanted::default() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.parse::<u64>().ok();
        match argument.as_str() {
            "--help" | "-h" => wanted.help = true,
            "--scenarios" => wanted.scenarios = true,
            "--trace" => wanted.trace = true,
            "--keep-going" => wanted.keep_going = true,
            "--promise" => {
                let name = arguments.next()?;
                let meant = |open: &&Open| name == "all" || format!("{open:?}") == name;
                let all: Vec<_> = Open::ALL.iter().filter(meant).collect();
                all.iter().for_each(|open| open.hold());
                if all.is_empty() {
                    return None;
                }
            }
            "--seconds" => wanted.seconds = Some(number()?),
            "--threads" => wanted.threads = number()?.max(1) as usize,
            "--seed" => wanted.seeds = number().map(|seed| seed..seed + 1),
            "--seeds" => wanted.seeds = Some(range(&arguments.next()?)?),
            _ => return None,
        }
    }
    if let (None, Some(_)) = (&wanted.seeds, wanted.seconds) {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().ok()?.as_secs();
        wanted.seeds = Some(since * 1_000_000..u64::MAX);
    }
    Some(wanted)
}

/// Plays the stories of many seeds.
fn seeds(wanted: &Wanted) -> (String, Verdict) {
    let began = Instant::now();
    let (found, count) = play_all(wanted);
    let seconds = began.elapsed().as_secs_f64();
    let first = wanted.seeds.clone().unwrap_or(USUAL).start;
    let name = format!("{count} seeds from {first} on in {seconds:.1} s, {:.0} a second", count as f64 / seconds);
    let told: Vec<String> = found
        .iter()
        .map(|(seed, why)| {
            format!("seed {seed}: {why}\n      again: cargo run --profile sim -p cloud-run-auth-sim -- --seed {seed} --trace")
        })
        .collect();
    (name, if told.is_empty() { Ok(()) } else { Err(told.join("\n      ")) })
}

fn range(text: &str) -> Option<Range<u64>> {
    let (from, to) = text.split_once("..")?;
    let range = from.parse().ok()?..to.parse().ok()?;
    (!range.is_empty()).then_some(range)
}

/// The seeds whose stories break a promise, and which: the first, or all. And how many were played.
fn play_all(wanted: &Wanted) -> (Vec<(u64, String)>, u64) {
    let seeds = wanted.seeds.clone().unwrap_or(USUAL);
    let next = AtomicU64::new(seeds.start);
    let end = AtomicU64::new(seeds.end);
    let until = wanted.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let work = || {
        let (mut found, mut count) = (Vec::new(), 0);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end.load(Ordering::Relaxed) || until.is_some_and(|until| Instant::now() > until) {
                return (found, count);
            }
            count += 1;
            if let Err(why) = played(seed, wanted.trace) {
                if !wanted.keep_going {
                    end.fetch_min(seed, Ordering::Relaxed);
                }
                found.push((seed, why));
            }
        }
    };
    let (mut all, mut sum) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..wanted.threads).map(|_| scope.spawn(work)).collect();
        for (found, count) in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            all.extend(found);
            sum += count;
        }
    });
    all.sort();
    all.truncate(if wanted.keep_going { usize::MAX } else { 1 });
    (all, sum)
}

/// A panic breaks a promise, too.
fn played(seed: u64, told: bool) -> Verdict {
    std::panic::catch_unwind(|| scenario::play(seed, told)).unwrap_or_else(|_| Err("it panics".into()))
}
