// Everything that judges the code without running it. `--quick`: only what takes a second or two, for the commit hook.
// Run by `make check`, with the environment of scripts/env.
import { join } from "node:path";
import { oneCheck } from "./lib/counts.mjs";
import { root } from "./lib/root.mjs";
import { runSteps } from "./lib/steps.mjs";

const { BARE_METAL_TARGET: bareMetal } = process.env;
const wasm = ["--target", "wasm32-unknown-unknown"];
const strict = ["--", "-D", "warnings"];
// With every feature at once the boundary answers the questions of one module alone, and what the others ask for is used by nobody.
const oneModule = [...strict, "-A", "dead_code", "-A", "unused_imports"];
// As in wasm-pack.toml: without it getrandom has no source on this target.
const ownRandom = `target.wasm32-unknown-unknown.rustflags=['--cfg=getrandom_backend="custom"']`;
// It brings its own panic handler, which only WebAssembly has room for.
const withoutBoundary = ["--exclude", "cloud-run-auth-boundary"];

const quick = [
  ["rustfmt", "cargo", "fmt", "--all", "--check"],
  ["rustfmt, fuzz", "cargo", "fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"],
  ["prettier", "prettier", "--check", "--log-level", "warn", "."],
  ["floors", "node", "scripts/floors.mjs"],
];
const thorough = [
  ["clippy, native", "cargo", "clippy", "--workspace", ...withoutBoundary, "--all-features", "--all-targets", ...strict],
  ["clippy, wasm32", "cargo", "clippy", "--package", "cloud-run-auth", "--all-features", ...wasm, ...oneModule],
  // Apart from the library's: together, Cargo would unite their features, and std would meet the boundary's own panic handler.
  [
    "clippy, boundary",
    "cargo",
    "clippy",
    "--config",
    ownRandom,
    "--package",
    "cloud-run-auth-boundary",
    "--all-features",
    ...wasm,
    ...oneModule,
  ],
  // The service's module goes before all others, and has an allocator of its own.
  [
    "clippy, boundary without the service",
    "cargo",
    "clippy",
    "--config",
    ownRandom,
    "--package",
    "cloud-run-auth-boundary",
    "--features",
    "traps,user,login,verify",
    ...wasm,
    ...oneModule,
  ],
  ["clippy, fuzz", "node", "scripts/fuzz.mjs", "--lint"],
  ["no_std, bare metal", "cargo", "build", "--package", "cloud-run-auth", "--lib", "--no-default-features", "--target", bareMetal],
  [
    "no_std, the service",
    "cargo",
    "build",
    "--package",
    "cloud-run-auth",
    "--lib",
    "--no-default-features",
    "--features",
    "service",
    "--target",
    bareMetal,
  ],
  ["types, pkg", "tsc", "--project", "pkg/tsconfig.json", "--noEmit"],
  ["types, command line", "tsc", "--project", "pkg/cli/tsconfig.json", "--noEmit"],
  ["types, emulator", "tsc", "--project", "emulator/tsconfig.json", "--noEmit"],
  ["cargo deny", "cargo", "deny", "--all-features", "check", "bans", "licenses", "sources"],
];

const chosen = process.argv.includes("--quick") ? quick : [...quick, ...thorough];
const steps = chosen.map(([name, ...command]) => ({ name, command, count: oneCheck }));
const { passed, failed } = await runSteps(steps, join(root, "target", "logs", "check"));
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
