// A thousand traps under a thousand calls in flight, on every runtime: all settle, nothing is sent twice, memory stays flat.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bin, node24, why } from "../runtime/programs.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const door = (name) => fileURLToPath(new URL(`../../target/traps/package/runtime/${name}.js`, import.meta.url));
const deno = [bin("deno"), "run", "--no-prompt", "--v8-flags=--expose-gc", "--allow-read", "--allow-env"];

const runtimes = [
  { name: `Node ${process.versions.node}`, command: [process.execPath, "--expose-gc"], door: door("node") },
  { name: "Node 24", command: [node24(), "--expose-gc"], door: door("node"), skip: node24() ? false : why.node24 },
  { name: "Deno", command: deno, door: door("deno") },
  { name: "Bun", command: [bin("bun")], door: door("node") },
];

for (const runtime of runtimes) {
  test(runtime.name, { skip: runtime.skip }, async () => {
    for (const report of await run([...runtime.command, `${here}storm-process.js`, runtime.door])) judge(report);
  });
}

function judge({ name, outcomes, refused, next, ms, failed, exchanges, most, sent, different, cores, bytes }) {
  assert.deepEqual(outcomes, { 200: 1000 }, `${name}: the calls in flight`);
  assert.deepEqual(refused, { core_failed: 500 }, `${name}: what fails each time`);
  assert.equal(failed, 1000, `${name}: traps`);
  assert.equal(next, 200, `${name}: the next call`);
  assert.ok(ms < 5000, `${name}: the calls to settle within five seconds of the last trap, saw ${ms} ms`);
  assert.deepEqual([sent, different], [1000, 1000], `${name}: requests to the service, each once`);
  assert.ok(exchanges <= most, `${name}: ${most} exchanges at most, saw ${exchanges}`);
  assert.ok(cores <= 2, `${name}: cores left, saw ${cores}`);
  assert.ok(bytes < 2 ** 21, `${name}: the last core's memory, saw ${bytes} bytes`);
}

function run([program, ...words]) {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) return reject(new Error(`it ended with ${code}: ${stderr.slice(0, 2000)}`));
      resolve(JSON.parse(stdout.trim().split("\n").at(-1)));
    });
  });
}
