import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cargoTest, closingLine, nodeTest, oneCheck } from "./lib/counts.mjs";
import { judge, runSteps } from "./lib/steps.mjs";

test("libtest's summaries are added up", () => {
  const output = [
    "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
    "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
  ];
  assert.deepEqual(cargoTest(output.join("\n")), { passed: 15, failed: 2 });
});

test("node's summary counts in both its forms, a cancelled test as failed", () => {
  assert.deepEqual(nodeTest("# tests 6\n# pass 4\n# fail 1\n# cancelled 1\n"), { passed: 4, failed: 2 });
  assert.deepEqual(nodeTest("ℹ tests 4\nℹ pass 4\nℹ fail 0\nℹ cancelled 0\n"), { passed: 4, failed: 0 });
});

test("of several closing lines the last one counts", () => {
  assert.deepEqual(closingLine("1 passed, 0 failed\nmore\n7 passed, 2 failed\n"), { passed: 7, failed: 2 });
  assert.deepEqual(closingLine("I think 7 passed, 2 failed"), { passed: 0, failed: 0 });
});

test("an exit code is one check", () => {
  assert.deepEqual(oneCheck("", 0), { passed: 1, failed: 0 });
  assert.deepEqual(oneCheck("", 2), { passed: 0, failed: 1 });
});

test("a step without a test, or with a bad exit, has failed", () => {
  assert.deepEqual(judge({ passed: 0, failed: 0 }, 0), { passed: 0, failed: 1, reason: "no test ran" });
  assert.deepEqual(judge({ passed: 5, failed: 0 }, 101), { passed: 5, failed: 1, reason: "exit code 101" });
  assert.deepEqual(judge({ passed: 5, failed: 2 }, 1), { passed: 5, failed: 2 });
});

test("later steps run after a failed one, and a program that is not there is a failure", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "steps-"));
  context.after(() => rmSync(folder, { recursive: true }));
  context.mock.method(console, "log", () => {});
  const steps = [
    { name: "missing", command: ["no-such-program"], count: closingLine },
    { name: "works", command: ["node", "-e", "console.log('3 passed, 0 failed')"], count: closingLine },
  ];
  assert.deepEqual(await runSteps(steps, folder), { passed: 3, failed: 1 });
});
