// Builds, checks and runs every suite, going on after a failure; the last line says how many tests passed and failed in all.
// Run by `make test`, with the environment of scripts/env.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cargoTest, closingLine, nodeTest, oneCheck } from "./lib/counts.mjs";
import { root } from "./lib/root.mjs";
import { runSteps } from "./lib/steps.mjs";

const steps = [
  { name: "build", command: ["node", "scripts/build.mjs"], count: oneCheck },
  { name: "check", command: ["node", "scripts/check.mjs"], count: closingLine },
  { name: "scripts", command: nodeTests("scripts"), count: nodeTest },
  {
    name: "Rust, native",
    command: ["cargo", "test", "--workspace", "--exclude", "cloud-run-auth-boundary", "--all-features"],
    count: cargoTest,
  },
  { name: "simulation", command: ["cargo", "run", "--quiet", "--profile", "sim", "--package", "cloud-run-auth-sim"], count: closingLine },
  { name: "jobs", command: ["cargo", "run", "--quiet", "--profile", "sim", "--package", "cloud-run-auth-jobs"], count: closingLine },
  { name: "fuzzing", command: ["node", "scripts/fuzz.mjs"], count: closingLine },
  { name: "Rust, wasm in Node", command: ["wasm-pack", "test", "--node", "--mode", "no-install"], count: cargoTest },
  { name: "vectors", command: nodeTests("tests/vectors"), count: nodeTest },
  { name: "properties", command: nodeTests("tests/properties"), count: nodeTest },
  { name: "emulator", command: nodeTests("emulator"), cwd: join(root, "emulator"), count: nodeTest },
  { name: "stores", command: nodeTests("tests/stores"), count: nodeTest },
  { name: "Google's clients", command: ["node", "tests/google-clients/run.mjs"], count: closingLine, table: true },
  { name: "runtimes", command: ["node", "tests/runtime/run.mjs"], count: closingLine, table: true },
  { name: "Durable Objects", command: ["node", "tests/workers/run.mjs"], count: closingLine },
  {
    name: "soak, short",
    command: ["node", "tests/soak/workerd.mjs", "--requests", "6000", "--aborts", "150", "--abandoned", "1000"],
    count: closingLine,
  },
  { name: "users", command: nodeTests("tests/users"), count: nodeTest },
  { name: "logins", command: nodeTests("tests/login"), count: nodeTest },
  { name: "verifier", command: nodeTests("tests/verify"), count: nodeTest },
  { name: "token service", command: nodeTests("tests/service"), count: nodeTest },
  { name: "examples", command: nodeTests("tests/examples"), count: nodeTest },
  { name: "cli", command: nodeTests("tests/cli"), count: nodeTest },
  { name: "traps", command: ["node", "tests/traps/run.mjs"], count: nodeTest },
  { name: "demo", command: ["node", "scripts/demo.mjs"], count: oneCheck },
  { name: "packaging", command: ["node", "tests/packaging/run.mjs"], count: closingLine },
];

/** Names the files, because Node 20 and later versions do not mean the same by `node --test FOLDER`; a folder without tests fails. */
function nodeTests(folder) {
  const files = existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true }) : [];
  const tests = files.filter((file) => /\.test\.m?js$/.test(file) && !file.includes("node_modules"));
  const paths = tests.map((file) => join(root, folder, file)).sort();
  return ["node", "--test", ...(paths.length > 0 ? paths : [join(root, folder, "(no *.test.js)")])];
}

const { passed, failed } = await runSteps(steps, join(root, "target", "logs", "test"));
console.log(`\n${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
