// Breaks the core in one place at a time, and expects the simulator, the checker of jobs or the core's tests to notice: a promise that
// nothing holds the core to is none. The places are in mutants.json of tests/sim, tests/jobs and tests/core. Run by `make soak`, with the environment of scripts/env.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fail, root } from "./lib/root.mjs";

const usage = `usage: node scripts/mutants.mjs [--only TEXT] [--seeds N] [--list]

  --only TEXT  those whose name holds it
  --seeds N    plays so many seeds at most until one notices (30000)
  --list       prints their names`;

const parsed = arguments_();
const few = "2000";
const most = parsed.seeds ?? "30000";
const mutants = ["sim", "jobs", "core"].flatMap((by) => {
  const listed = JSON.parse(readFileSync(join(root, "tests", by, "mutants.json"), "utf8"));
  return listed.map((mutant) => ({ ...mutant, by }));
});
const chosen = mutants.filter(({ name }) => name.includes(parsed.only ?? ""));
if (chosen.length === 0) fail(`no mutant's name holds ${parsed.only}`);
if (parsed.list) {
  for (const { name } of chosen) console.log(name);
  process.exit();
}
const home = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "mutants");
const tree = join(home, "tree");
copy();

const rows = [];
for (const by of new Set(chosen.map(({ by }) => by))) {
  const sane = play({ name: "none", by });
  if (!sane.builds || sane.caught) fail(`${by} finds fault with the core as it is: ${sane.by}`);
}
for (const mutant of chosen) {
  const found = tried(mutant);
  const mark = found.caught ? "ok" : "!!";
  console.log(`  ${mark}  ${mutant.name}: ${found.by}`);
  rows.push({ name: mutant.name, ...found });
}
const width = Math.max(...rows.map(({ name }) => name.length));
console.log(`\n| ${"mutant".padEnd(width)} | caught by |\n| ${"-".repeat(width)} | --------- |`);
for (const { name, by } of rows) console.log(`| ${name.padEnd(width)} | ${by} |`);
const failed = rows.filter(({ caught }) => !caught).length;
console.log(`${rows.length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

function arguments_() {
  const string = { type: "string" };
  const flag = { type: "boolean" };
  try {
    const { values } = parseArgs({ options: { only: string, seeds: string, list: flag, help: { ...flag, short: "h" } } });
    if (values.help) {
      console.log(usage);
      process.exit();
    }
    if (values.seeds !== undefined && !/^[1-9]\d*$/.test(values.seeds)) throw new Error("N is a number above 0");
    return values;
  } catch (error) {
    fail(`${error.message}\n${usage}`);
  }
}

/** What the simulator is built from, apart from the checkout: nobody else is to see a broken core. */
function copy() {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  for (const path of [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "src",
    "boundary",
    "tests/core",
    "tests/jobs",
    "tests/sim",
    "tests/vectors",
    "tests/wycheproof",
  ]) {
    cpSync(join(root, path), join(tree, path), { recursive: true });
  }
}

/** Builds the core with one fault, and plays. */
function tried(mutant) {
  const path = join(tree, mutant.file);
  const whole = readFileSync(path, "utf8");
  const parts = whole.split(mutant.find);
  if (parts.length !== 2) return { caught: false, by: `nothing: its text stands ${parts.length - 1} times in ${mutant.file}` };
  writeFileSync(path, parts.join(mutant.replace));
  try {
    return play(mutant);
  } finally {
    writeFileSync(path, whole);
  }
}

/** Runs the tests of the core that stand in tests/core and in its own files. */
function tested(options) {
  const { stdout, status, error } = spawnSync(
    "cargo",
    ["test", "--quiet", "--lib", "--test", "core", "--package", "cloud-run-auth"],
    options,
  );
  if (error) fail(`cargo does not start (${error.code}); run: make setup`);
  const [, by] = /^test (\S+) .*FAILED$/m.exec(stdout) ?? /^ {4}(\S+)$/m.exec(stdout) ?? [];
  return { builds: status === 0 || by !== undefined, caught: status !== 0 && by !== undefined, by: by ?? "nothing" };
}

function play({ name, by: suite }) {
  // A core that nobody optimises is built in half the time; but to walk a million states takes longer than to build.
  const env = {
    ...process.env,
    CARGO_PROFILE_SIM_OPT_LEVEL: suite === "jobs" ? "3" : "1",
    CARGO_TARGET_DIR: join(home, "build"),
    RUSTFLAGS: "-Awarnings",
  };
  const options = { cwd: tree, env, encoding: "utf8", maxBuffer: 2 ** 26 };
  if (suite === "core") return tested(options);
  const built = spawnSync("cargo", ["build", "--quiet", "--locked", "--profile", "sim", "--package", `cloud-run-auth-${suite}`], options);
  if (built.error) fail(`cargo does not start (${built.error.code}); run: make setup`);
  if (built.status !== 0) return { builds: false, caught: false, by: `nothing: it does not build\n${built.stderr}` };
  const binary = join(home, "build", "sim", `cloud-run-auth-${suite}`);
  const ran = (...args) => spawnSync(binary, args, options);
  if (suite === "jobs") {
    // Most are noticed in seconds.
    for (const args of [[], ["--middle"]]) {
      const { stdout, status } = ran(...args);
      const by = /^ {2}broken: (.*)$/m.exec(stdout)?.[1] ?? /^ {2}!! {2}(.*)$/m.exec(stdout)?.[1];
      if (status === 1 && by !== undefined) return { builds: true, caught: true, by };
    }
    return { builds: true, caught: false, by: "nothing" };
  }
  // Most are noticed at once, and some by nothing but the scenarios.
  for (const args of [["--seeds", `0..${few}`], ["--scenarios"], ["--seeds", `${few}..${most}`, "--seconds", "90"]]) {
    if (name === "none" && args[1]?.startsWith(few)) break;
    const { stdout, status } = ran(...args);
    const by = /^\s*(seed \d+: .*)$/m.exec(stdout)?.[1] ?? /^ {2}!! {2}(.*)$/m.exec(stdout)?.[1];
    if (by) return { builds: true, caught: true, by };
    if (status !== 0) return { builds: true, caught: false, by: "nothing: it ends otherwise than a run does" };
  }
  return { builds: true, caught: false, by: "nothing" };
}
