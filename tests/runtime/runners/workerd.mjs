// workerd: bundles the suite as a worker's build would, starts the server, and has it run case by case.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { matches, suite, whyNot } from "../client/suite.js";
import { bundleWorker } from "./workerd-bundle.mjs";
import { startWorkerd } from "./workerd-server.mjs";

const { lab, grep, date, workerd } = JSON.parse(process.argv[2]);
const folder = fileURLToPath(new URL(`../../worker-${date}/`, import.meta.url));

const modules = await bundleWorker(fileURLToPath(new URL("workerd-app.js", import.meta.url)), folder);
const server = await startWorkerd({ program: workerd, folder, workers: [{ name: "main", modules, date }] });
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
