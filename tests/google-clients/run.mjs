// Runs Google's own clients, as they come from their registries, against the emulator under Google's own names, and prints the
// table of credentials x clients. Options: --only NAME (node or python), --grep TEXT (cases whose "group: name" contains it).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fail } from "../../scripts/lib/root.mjs";
import { printFailures, printTable, progress } from "../runtime/table.mjs";
import { groups } from "./cases/index.mjs";
import { clients, startClient } from "./clients.mjs";
import { enter, isInside } from "./namespace/enter.mjs";
import { prepareNetwork } from "./namespace/prepare.mjs";
import { openStage } from "./stage/stage.mjs";
import { runCase } from "./suite.mjs";

const { values: options } = parseArgs({
  options: { only: { type: "string", multiple: true, default: [] }, grep: { type: "string", default: "" } },
});
const chosen = clients.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
const cases = groups.flatMap(({ name: group, cases }) => cases.map((each) => ({ group, ...each })));
const expected = cases.filter(({ group, name }) => `${group}: ${name}`.includes(options.grep));
if (chosen.length === 0 || expected.length === 0) {
  console.error(`nothing matches; there are the clients ${clients.map(({ name }) => name).join(", ")}, and ${cases.length} cases`);
  process.exit(2);
}
for (const { missing } of chosen) if (missing) fail(missing);
if (!isInside) enter(fileURLToPath(import.meta.url), process.argv.slice(2));

const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-google-clients-"));
const results = new Map();
try {
  prepareNetwork(folder);
  const stage = await openStage(folder);
  for (const client of chosen) {
    const began = performance.now();
    const running = startClient(client, stage, folder);
    const done = [];
    for (const each of expected) done.push(await runCase(each, client, running, stage));
    await running.close();
    results.set(client.name, Object.assign(done, { seconds: (performance.now() - began) / 1000 }));
    progress(client, done);
  }
  await stage.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

printTable(chosen, expected, results);
const { passed, failed } = printFailures(chosen, results);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
