// What only the packed tarball can show: its files, its types, its instances, and that every bundler's output works.
// Options: --grep TEXT (checks whose name contains it), --keep (leaves the projects where they were built).
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startLab } from "../runtime/lab/lab.mjs";
import { builds } from "./checks/builds.mjs";
import { contents } from "./checks/contents.mjs";
import { imports } from "./checks/imports.mjs";
import { types } from "./checks/types.mjs";
import { verify } from "./checks/verify.mjs";
import { install, pack } from "./install.mjs";
import { Skipped } from "./process.mjs";
import { addService } from "./service.mjs";

const { values: options } = parseArgs({
  options: { grep: { type: "string", default: "" }, keep: { type: "boolean", default: false } },
});
const terminal = process.stdout.isTTY && !process.env.NO_COLOR && !process.env.CI;
const time = (began) => `${((performance.now() - began) / 1000).toFixed(1)} s`;
const paint = (code, text) => (terminal ? `\x1b[${code}m${text}\x1b[0m` : text);

const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-packaging-"));
const lab = await startLab();
const totals = { passed: 0, failed: 0 };
try {
  const packed = await pack(join(folder, "packed"));
  const world = {
    ...packed,
    given: await addService(lab.emulator),
    /** A project with the package installed from its tarball, as its user has it. */
    async project(name, manifest) {
      const place = join(folder, name);
      cpSync(fileURLToPath(new URL("projects/shared", import.meta.url)), place, { recursive: true });
      cpSync(fileURLToPath(new URL(`projects/${name.split("-")[0]}`, import.meta.url)), place, { recursive: true });
      await install(place, packed.tarball, manifest);
      return place;
    },
  };
  const checks = [...contents, ...types, ...imports, ...builds, ...verify].filter(({ name }) => name.includes(options.grep));
  for (const check of checks) await run(check, world);
} finally {
  await lab.close();
  if (options.keep) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
if (totals.failed > 0) process.exitCode = 1;

async function run({ name, check }, world) {
  const began = performance.now();
  try {
    const note = await check(world);
    totals.passed += 1;
    console.log(`  ${paint(32, "ok")}  ${name}  ${paint(2, time(began))}${note ? `\n      ${note}` : ""}`);
  } catch (error) {
    if (error instanceof Skipped) return void console.log(`  -   ${name}: ${error.message}`);
    totals.failed += 1;
    console.log(`  ${paint(31, "!!")}  ${name}  ${paint(2, time(began))}\n${String(error.stack ?? error).replaceAll(/^/gm, "      ")}`);
  }
}
