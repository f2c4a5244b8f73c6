// Fuzzes each parser of the core with libFuzzer: no input may make it panic, or read it otherwise than a second parser does.
// The stable compiler is enough: coverage is an LLVM pass that any rustc runs, and the sanitizers, which need a nightly one, look for
// what Rust without `unsafe` has none of. Run by `make test` with fixed numbers of runs, by `make fuzz` for a time.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fail, root } from "./lib/root.mjs";

const usage = `usage: node scripts/fuzz.mjs [--runs N | --seconds N] [--only TARGET] [--input FILE]

  --runs N       as many runs of each target, from the seeds alone and the same each time (200000; fewer of what is slow)
  --seconds N    as long for each target, going on from what was found before
  --only TARGET  one of fuzz/fuzz_targets
  --input FILE   runs the target on that file once, and shows what comes of it
  --lint         clippy instead, with the flags of the build, so that both share what is built`;

/** How many times longer a run of these takes than one of the others, about. */
const slow = { answer: 80, credential: 80, options: 2, private_key: 40, public_key: 40, sign: 400, url: 2 };

const parsed = arguments_();
const home = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "fuzz");
const logs = join(root, "target", "logs", "fuzz");
const manifest = join(root, "fuzz", "Cargo.toml");
const targets = readdirSync(join(root, "fuzz", "fuzz_targets")).map((file) => file.replace(/\.rs$/, ""));
const chosen = targets.filter((name) => !parsed.only || name === parsed.only);
if (chosen.length === 0) fail(`there is no target ${parsed.only}; there are ${targets.join(", ")}`);
const triple = /^host: (.*)$/m.exec(run("rustc", ["-vV"], "pipe"))?.[1] ?? fail("rustc names no host");
// With a target named, build scripts and macros are built without the flags.
const cargo = ["--manifest-path", manifest, "--locked", "--release", "--target", triple, "--target-dir", home];

if (parsed.lint) {
  run("cargo", ["clippy", ...cargo, "--all-targets", "--", "-D", "warnings"]);
} else {
  run("cargo", ["build", "--quiet", ...cargo, ...(parsed.only ? ["--bin", parsed.only] : [])]);
  if (parsed.input) once(parsed.only, parsed.input);
  else await all();
}

function arguments_() {
  const string = { type: "string" };
  const flag = { type: "boolean" };
  try {
    const options = { runs: string, seconds: string, only: string, input: string, lint: flag, help: { ...flag, short: "h" } };
    const { values } = parseArgs({ options });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const { runs, seconds } = values;
    if ([runs, seconds].some((number) => number !== undefined && !/^[1-9]\d*$/.test(number))) throw new Error("N is a number above 0");
    if (values.input && !values.only) throw new Error("--input needs --only, for the target that reads it");
    return values;
  } catch (error) {
    fail(`${error.message}\n${usage}`);
  }
}

/** Runs a tool of Rust's with the flags that every crate is built with; returns what it printed. */
function run(command, args, stdout = "inherit") {
  const passes = ["level=4", "inline-8bit-counters", "pc-table", "trace-compares"].map(
    (option) => `-Cllvm-args=-sanitizer-coverage-${option}`,
  );
  const flags = ["--cfg=fuzzing", "-Cpasses=sancov-module", ...passes].join("\x1f");
  const env = { ...process.env, CARGO_ENCODED_RUSTFLAGS: flags };
  const { status, error, stdout: printed } = spawnSync(command, args, { stdio: ["ignore", stdout, "inherit"], env, encoding: "utf8" });
  if (error) fail(`${command} does not start (${error.code}); run: make setup`);
  if (status !== 0) fail(`${command} ${args[0]} failed`);
  return printed;
}

function binary(name) {
  return join(home, triple, "release", name);
}

function once(name, input) {
  const { status } = spawnSync(binary(name), [resolve(input)], { stdio: "inherit" });
  console.log(status === 0 ? `${name} takes ${input}` : `${name} fails on ${input}`);
  if (status !== 0) process.exitCode = 1;
}

/** As many at a time as there are cores: a target is one thread. */
async function all() {
  mkdirSync(logs, { recursive: true });
  const waiting = [...chosen];
  const running = new Map();
  const found = { passed: 0, failed: 0 };
  const told = setInterval(() => {
    for (const [name, log] of running) console.log(`  …   ${name.padEnd(12)} ${state(log)}`);
  }, 30_000);
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const log = join(logs, `${name}.log`);
      running.set(name, log);
      const ok = report(name, log, await fuzz(name, log));
      found[ok ? "passed" : "failed"]++;
      running.delete(name);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  clearInterval(told);
  console.log(`${found.passed} passed, ${found.failed} failed`);
  if (found.failed > 0) process.exitCode = 1;
}

function fuzz(name, log) {
  const runs = Math.ceil(Number(parsed.runs ?? 200_000) / (slow[name] ?? 1));
  // What is found goes to the first folder; the same runs each time begin with nothing found.
  const corpus = join(home, parsed.seconds ? "corpus" : "found", name);
  if (!parsed.seconds) rmSync(corpus, { recursive: true, force: true });
  const artifacts = join(home, "artifacts", name);
  for (const folder of [corpus, artifacts]) mkdirSync(folder, { recursive: true });
  const words = join(root, "fuzz", "dictionaries", `${name}.dict`);
  const seeds = join(root, "fuzz", "seeds", name);
  const args = [
    ...(parsed.seconds ? [`-max_total_time=${parsed.seconds}`] : [`-runs=${runs}`, "-seed=1"]),
    ...(existsSync(words) ? [`-dict=${words}`] : []),
    `-artifact_prefix=${artifacts}/`,
    // The longest seeds are half of it; the time of a run grows with its input's length.
    "-max_len=2048",
    // An endless loop is a failure, too; no run takes a hundredth of it.
    "-timeout=60",
    corpus,
    ...(existsSync(seeds) ? [seeds] : []),
  ];
  const output = openSync(log, "w");
  return new Promise((done) => {
    const child = spawn(binary(name), args, { stdio: ["ignore", output, output] });
    child.on("error", (error) => done(error.code));
    child.on("close", (code, signal) => done(code ?? signal));
  }).finally(() => closeSync(output));
}

/** Prints what became of a target; whether it held. */
function report(name, log, code) {
  const text = readFileSync(log, "utf8");
  const title = name.padEnd(12);
  // Without a last line it was ended by something else than a crash: too few runs are no proof.
  if (code === 0 && /^Done \d+ runs/m.test(text)) {
    console.log(`  ok  ${title} ${state(log)}`);
    return true;
  }
  const input = /Test unit written to (.*)/.exec(text)?.[1];
  const why = /panicked at (.*)\n(.*)/.exec(text)?.slice(1, 3).join(" ") ?? /ERROR: libFuzzer: (.*)/.exec(text)?.[1] ?? `exit code ${code}`;
  console.log(`  !!  ${title} ${why}`);
  console.log(`      input: ${input ? relative(root, input) : "none"}, log: ${relative(root, log)}`);
  if (input) console.log(`      again: node scripts/fuzz.mjs --only ${name} --input ${relative(root, input)}`);
  return false;
}

/** How far a target has come: its last line that counts. */
function state(log) {
  const last = [...readFileSync(log, "utf8").matchAll(/^#(\d+)\s.* cov: (\d+)/gm)].at(-1);
  return last ? `${last[1]} runs, ${last[2]} branches seen` : "begins";
}
