// workerd: bundles the suite as a worker's build would, starts the server, and has it run case by case.
import { copyFile, mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { matches, suite, whyNot } from "../client/suite.js";
import { startWorkerd } from "./workerd-server.mjs";

const { lab, grep, date, workerd } = JSON.parse(process.argv[2]);
const folder = new URL(`../../worker-${date}/`, import.meta.url);

await bundle();
const modules = [
  { name: "worker.js", kind: "esModule" },
  { name: "session.wasm", kind: "wasm" },
];
const server = await startWorkerd({ program: workerd, folder: folder.pathname, modules, date });
const outside = await serveOutside();
try {
  const { lacks } = await (await fetch(`${server.url}/list`)).json();
  for (const each of suite) {
    if (!matches(each, grep)) continue;
    const reason = whyNot(each, { lacks });
    const { group, name } = each;
    const result = reason
      ? { group, name, outcome: "not applicable", message: reason }
      : await runCase(each).catch((error) => ({ group, name, outcome: "failed", message: String(error) }));
    console.log(JSON.stringify(result));
  }
  for (const result of await (await fetch(`${server.url}/leftovers`)).json()) console.log(JSON.stringify(result));
} finally {
  server.stop();
  outside.close();
}

async function runCase({ id }) {
  const body = JSON.stringify({ id, lab, outside: outside.url });
  const response = await fetch(`${server.url}/run`, { method: "POST", body });
  const text = await response.text();
  if (!response.ok) throw new Error(`workerd answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

async function bundle() {
  await mkdir(folder, { recursive: true });
  const wasm = {
    name: "wasm-as-module",
    setup({ onResolve }) {
      // What workerd wants: the import stays, and names a module of the worker's.
      onResolve({ filter: /\.wasm$/ }, () => ({ path: "./session.wasm", external: true }));
    },
  };
  await build({
    entryPoints: [new URL("workerd-app.js", import.meta.url).pathname],
    outfile: new URL("worker.js", folder).pathname,
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    target: "es2022",
    plugins: [wasm],
    external: ["cloudflare:*"],
    logLevel: "warning",
  });
  await copyFile(new URL(import.meta.resolve("cloud-run-auth/core.wasm")), new URL("session.wasm", folder));
}

/** Where the cases inside ask for requests from outside: many at once, some of whose clients go away. */
async function serveOutside() {
  const listener = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const { call, count, how } = JSON.parse(text);
    const post = async (more = {}, signal) => {
      const body = JSON.stringify({ ...call, ...more });
      const answer = await fetch(`${server.url}/call`, { method: "POST", body, signal }).catch((error) => error);
      return answer instanceof Response ? answer.text() : `client: ${answer.cause?.message ?? answer.message}`;
    };
    if (how === "leader leaves") {
      const leaves = new AbortController();
      void post({}, leaves.signal);
      await sleep(100);
      setTimeout(() => leaves.abort(), 100);
    }
    if (how === "leader returns early") await post({ unawaited: true });
    response.end(JSON.stringify(await Promise.all(Array.from({ length: count }, () => post()))));
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${listener.address().port}/`, close: () => listener.close() };
}
