// Runs the one set of cases on every runtime, with the package installed from its packed tarball, and prints the table of
// runtimes x groups. Options: --only NAME (a column, may be repeated), --grep TEXT (cases whose "group: name" contains it), --list.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { install, pack } from "../packaging/install.mjs";
import { matches, suite } from "./client/suite.js";
import { columns } from "./columns.mjs";
import { startLab } from "./lab/lab.mjs";
import { runColumn } from "./column.mjs";
import { printFailures, printTable, progress } from "./table.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    grep: { type: "string" },
    list: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const unknown = options.only.find((name) => !columns.some((column) => column.name === name));
if (options.list || unknown) {
  if (unknown) console.error(`there is no runtime ${unknown}`);
  console.log(columns.map(({ name, title }) => `${name.padEnd(14)} ${title}`).join("\n"));
  process.exit(unknown ? 2 : 0);
}
const chosen = columns.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
const expected = suite.filter((each) => matches(each, options.grep));
if (expected.length === 0) {
  console.error(`no case matches ${options.grep}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-runtime-"));
const results = new Map();
try {
  const { tarball } = await pack(join(folder, "packed"));
  await install(folder, tarball);
  copySuite();
  const waiting = [...chosen];
  // They wait more than they work; many more at a time would make cases late that measure time.
  await Promise.all([worker(waiting), worker(waiting), worker(waiting)]);
} finally {
  if (options.keep) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}

printTable(chosen, suite, results);
const { passed, failed } = printFailures(chosen, results);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

/** Next to the installed package, so that its bare name means the installed one, conditions and all. */
function copySuite() {
  const here = fileURLToPath(new URL(".", import.meta.url));
  for (const part of ["cases", "children", "client", "runners"]) {
    cpSync(join(here, part), join(folder, "runtime", part), { recursive: true });
  }
  for (const name of ["esbuild", "playwright-core", "@esbuild"]) {
    symlinkSync(join(here, "../node_modules", name), join(folder, "node_modules", name));
  }
}

async function worker(waiting) {
  for (let column = waiting.shift(); column; column = waiting.shift()) {
    const lab = column.missing ? undefined : await startLab();
    try {
      results.set(column.name, await runColumn({ column, expected, folder, lab, grep: options.grep }));
    } finally {
      await lab?.close();
    }
    progress(column, results.get(column.name));
  }
}
