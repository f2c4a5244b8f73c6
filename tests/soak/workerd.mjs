// A soak of the package on workerd: requests with a session each, of which some die, the leaders of exchanges among them. Whoever
// is left has to be answered, Google is not to be asked more often than there were deaths to make up for, and no memory may be lost.
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { install, pack } from "../packaging/install.mjs";
import { workerd } from "../runtime/programs.mjs";
import { bundleWorker } from "../runtime/runners/workerd-bundle.mjs";
import { startWorkerd } from "../runtime/runners/workerd-server.mjs";
import { createClient } from "./client.mjs";
import { startGoogle } from "./google.mjs";
import { stages } from "./stages.mjs";

const HELP = `usage: node tests/soak/workerd.mjs [options]

  --requests N    requests with a session of their own (100000)
  --aborts N      Durable Objects that abort while they begin a call (1000)
  --abandoned N   requests that nobody waits for (10000)
  --date DATE     compatibility date, may be repeated (2024-09-01 and 2026-04-01)
  --only STAGE    load, first, aborts or abandoned; may be repeated

Each stage prints what it saw, and is one test for each of its bounds. Exits with 1 where one is broken.`;

const whole = { type: "string" };
const { values } = parseArgs({
  options: {
    requests: { ...whole, default: "100000" },
    aborts: { ...whole, default: "1000" },
    abandoned: { ...whole, default: "10000" },
    date: { type: "string", multiple: true, default: ["2024-09-01", "2026-04-01"] },
    only: { type: "string", multiple: true, default: Object.keys(stages) },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const sizes = Object.fromEntries(["requests", "aborts", "abandoned"].map((name) => [name, count(name)]));
const wrong = values.only.find((name) => !stages[name]);
if (wrong) fail(`there is no stage ${wrong}`);

const terminal = process.stdout.isTTY && !process.env.CI;
const paint = (code, text) => (terminal && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text);
const { pkcs8_2048: pem } = JSON.parse(readFileSync(new URL("../vectors/keys.json", import.meta.url), "utf8")).keys;
const credential = JSON.stringify({
  type: "service_account",
  project_id: "soak",
  private_key_id: "soak",
  private_key: pem,
  client_email: "soak@tests.iam.gserviceaccount.com",
  token_uri: "https://oauth2.googleapis.com/token",
});

const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-soak-"));
const totals = { passed: 0, failed: 0 };
try {
  const { tarball } = await pack(join(folder, "packed"));
  await install(folder, tarball);
  for (const name of ["clocks.js", "worker.js"]) cpSync(fileURLToPath(new URL(name, import.meta.url)), join(folder, name));
  const built = join(folder, "built");
  const modules = await bundleWorker(join(folder, "worker.js"), built);
  for (const date of values.date) {
    for (const name of values.only) await soak(name, { folder: built, modules, date });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
if (totals.failed > 0) process.exitCode = 1;

/** One stage, with a workerd and a token endpoint of its own. */
async function soak(name, { folder: place, modules, date }) {
  const google = await startGoogle();
  const worker = { name: "main", modules, date, objects: ["Aborted"], namespaces: { ABORTED: "Aborted" } };
  // It tells of each error that nobody caught, which is what doomed requests throw.
  const server = await startWorkerd({ program: workerd(), folder: place, workers: [worker], quiet: true });
  const client = createClient(server.url);
  const began = performance.now();
  const show = (text) => terminal && process.stdout.write(`\r\x1b[K  …  ${date}  ${name}  ${text}`);
  try {
    const { figures, bounds } = await stages[name]({ client, google, credential, sizes, show });
    if (terminal) process.stdout.write("\r\x1b[K");
    const seconds = (performance.now() - began) / 1000;
    console.log(`${date}  ${name}  ${paint(2, `${seconds.toFixed(0)} s`)}\n    ${figures.join("\n    ")}`);
    for (const [bound, holds] of bounds) {
      totals[holds ? "passed" : "failed"] += 1;
      console.log(`  ${holds ? paint(32, "ok") : paint(31, "!!")}  ${bound}`);
    }
  } finally {
    client.close();
    server.stop();
    google.close();
  }
}

function count(name) {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 1) fail(`--${name} takes a whole number above 0`);
  return number;
}

function fail(message) {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}
