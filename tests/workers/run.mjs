// Durable Objects that hold tokens, on workerd, with the package installed from its packed tarball: several isolates share them.
// Options: --grep TEXT (cases whose name contains it), --date YYYY-MM-DD (a compatibility date, may be repeated).
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { install, pack } from "../packaging/install.mjs";
import { bundleWorker } from "../runtime/runners/workerd-bundle.mjs";
import { cases } from "./cases.mjs";
import { openWorld } from "./world.mjs";

const { values: options } = parseArgs({
  options: {
    grep: { type: "string", default: "" },
    date: { type: "string", multiple: true, default: ["2024-09-01", "2026-10-20"] },
  },
});
const terminal = process.stdout.isTTY && !process.env.NO_COLOR && !process.env.CI;
const paint = (code, text) => (terminal ? `\x1b[${code}m${text}\x1b[0m` : text);

const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-workers-"));
const totals = { passed: 0, failed: 0 };
try {
  const { tarball } = await pack(join(folder, "packed"));
  await install(folder, tarball);
  cpSync(fileURLToPath(new URL("app.js", import.meta.url)), join(folder, "app.js"));
  const built = join(folder, "built");
  const modules = await bundleWorker(join(folder, "app.js"), built);
  for (const date of options.date) {
    for (const each of cases.filter(({ name }) => name.includes(options.grep))) await run(each, { folder: built, modules, date });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
if (totals.failed > 0) process.exitCode = 1;

/** Each case has workers of its own: an object lives as long as they do. */
async function run({ name, run: act }, place) {
  const began = performance.now();
  const time = () => paint(2, `${((performance.now() - began) / 1000).toFixed(1)} s`);
  const title = `${place.date}  ${name}`;
  let world;
  try {
    world = await openWorld(place);
    await act(world);
    totals.passed += 1;
    console.log(`  ${paint(32, "ok")}  ${title}  ${time()}`);
  } catch (error) {
    totals.failed += 1;
    console.log(`  ${paint(31, "!!")}  ${title}  ${time()}\n${String(error.stack ?? error).replaceAll(/^/gm, "      ")}`);
  } finally {
    await world?.close();
  }
}
