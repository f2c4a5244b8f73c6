// Builds the module that fails where it is told to, and runs the tests of this folder with it. Names of test files may follow.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildPackage } from "./package.mjs";

await buildPackage();
const here = fileURLToPath(new URL(".", import.meta.url));
const [...wanted] = process.argv.slice(2);
const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs") && (wanted.length === 0 || wanted.includes(name)));
if (files.length === 0) throw new Error(`no test is called ${wanted.join(", ")}`);
// One after the other: the storms take all of a machine.
const { status } = spawnSync(process.execPath, ["--expose-gc", "--test", "--test-concurrency=1", ...files.map((name) => here + name)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
