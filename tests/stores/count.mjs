// Counts up in a store from several processes at once, and looks whether anything was lost: `node tests/stores/count.mjs --help`.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { increment } from "../../pkg/stores/kit.js";
import { memoryStore } from "../../pkg/stores/memory.js";
import { bin, node24 } from "../runtime/programs.mjs";
import { startPostgres, startRedis } from "./lib/databases.mjs";

/** What is counted where nothing is asked for. */
const USUAL = {
  memory: 100_000,
  file: 100_000,
  sqlite: 100_000,
  redis: 100_000,
  postgres: 100_000,
  "durable-object": 100_000,
  "deno-kv": 100_000,
  r2: 10_000,
  "gcs-limited": 400,
  gcs: 100_000,
};

const { values } = parseArgs({
  options: {
    store: { type: "string", multiple: true, default: Object.keys(USUAL) },
    total: { type: "string" },
    processes: { type: "string", default: "4" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  console.log(`Counts up in a store from several processes at once, and looks whether anything was lost.

  node tests/stores/count.mjs [--store NAME]… [--total N] [--processes N]

Stores, and how often each is counted up in by default:
${Object.entries(USUAL)
  .map(([name, total]) => `  ${name.padEnd(16)}${total.toLocaleString("en")}`)
  .join("\n")}

gcs-limited is Cloud Storage with its one write a second of each object, by an emulated clock that is 100 times as fast.`);
  process.exit();
}

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(`lib/${name}`, import.meta.url));
const processes = Number(values.processes);
const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-count-"));
const onNode = [process.execPath];
const onNode24 = [node24()];
const onDeno = [bin("deno"), "run", "--quiet", "--no-lock", "--unstable-kv", "--allow-all"];

/** What counts in each, given how often each process is to. */
const counters = {
  async memory(each) {
    const store = memoryStore();
    await Promise.all(Array.from({ length: processes }, () => increment(store, "counter", each)));
    return JSON.parse(new TextDecoder().decode((await store.read("counter")).value));
  },
  file: (each) => byProcesses(onNode, `file:${join(folder, "files")}`, each),
  sqlite: (each) => byProcesses(onNode24, `sqlite:${join(folder, "count.db")}`, each),
  "deno-kv": (each) => byProcesses(onDeno, `deno-kv:${join(folder, "count.kv")}`, each),
  redis: (each) => during(startRedis(folder), ({ spec }) => byProcesses(onNode, spec, each)),
  postgres: (each) => during(startPostgres(folder), ({ spec }) => byProcesses(onNode, spec, each)),
  "durable-object": (each) => during(startWorker(), ({ url }) => byRequests(url, "durable-object", each)),
  r2: (each) => during(startWorker(), ({ url }) => byRequests(url, "r2", each)),
  gcs: (each) => during(startBucket({ limitWrites: false }), ({ spec }) => byProcesses(onNode, spec, each)),
  "gcs-limited": (each) => during(startBucket({}), ({ spec }) => byProcesses(onNode, spec, each)),
};

async function during(starting, act) {
  const server = await starting;
  try {
    return await act(server);
  } finally {
    await server.stop();
  }
}

async function byProcesses([program, ...words], spec, each) {
  const child = async (...more) => JSON.parse((await run(program, [...words, here("child.mjs"), ...more.map(String)])).stdout);
  const seen = await Promise.all(Array.from({ length: processes }, () => child("increment", spec, "counter", each)));
  const { count } = await child("count", spec, "counter");
  return { count, conflicts: seen.reduce((sum, { conflicts }) => sum + conflicts, 0) };
}

/** A request of a Worker's is not to take for ever: each counts a hundred times. */
async function byRequests(url, store, each) {
  const ask = async (path) => (await fetch(new URL(path, url))).text();
  const one = async () => {
    for (let left = each; left > 0; left -= 100) await ask(`/increment?store=${store}&key=counter&times=${Math.min(left, 100)}`);
  };
  await Promise.all(Array.from({ length: processes }, one));
  return JSON.parse(await ask(`/count?store=${store}&key=counter`));
}

async function startWorker() {
  const server = spawn(node24(), [here("miniflare.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  const [url] = await once(createInterface(server.stdout), "line");
  return {
    url,
    async stop() {
      server.stdin.end();
      await once(server, "close");
    },
  };
}

async function startBucket(options) {
  const emulator = createEmulator();
  const server = await serve(emulator);
  const credential = await emulator.createServiceAccountKey();
  emulator.addBucket("counts", { writers: [credential.client_email], ...options });
  if (options.limitWrites !== false) emulator.clock.scale = 100;
  const spec = `gcs:${JSON.stringify({ bucket: "counts", credential, endpoints: server.url })}`;
  return { spec, stop: () => server.close() };
}

let [passed, failed] = [0, 0];
for (const name of values.store) {
  const each = Math.ceil(Number(values.total ?? USUAL[name]) / processes);
  const began = performance.now();
  try {
    if (!Object.hasOwn(counters, name)) throw new Error(`there is no store ${name}, but ${Object.keys(counters).join(", ")}`);
    const { count, conflicts } = await counters[name](each);
    const lost = each * processes - count;
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const more = conflicts === undefined ? "" : `, ${conflicts.toLocaleString("en")} conflicts`;
    console.log(
      `  ${lost === 0 ? "ok" : "!!"}  ${name.padEnd(16)}${(each * processes).toLocaleString("en")} increments by ${processes}, ${lost} lost${more}, ${seconds} s`,
    );
    if (lost === 0) passed += 1;
    else failed += 1;
  } catch (error) {
    failed += 1;
    console.log(`  !!  ${name}: ${error.stack ?? error}`);
  }
}
await rm(folder, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
