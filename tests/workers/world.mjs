// What a case is handed: an emulator with a service, workers with an isolate each that share the objects of the first one, and
// short ways to ask them.
import { readFileSync } from "node:fs";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { workerd } from "../runtime/programs.mjs";
import { startWorkerd } from "../runtime/runners/workerd-server.mjs";

const ISOLATES = 4;
const classes = {
  TOKENS: "Tokens",
  LATER: "Later",
  OPEN: "Open",
  FORGETFUL: "Forgetful",
  WRONG: "Wrong",
  THROWING: "Throwing",
  STRANGER: "Stranger",
};

const { keys } = JSON.parse(readFileSync(new URL("../vectors/keys.json", import.meta.url), "utf8"));
export const pem = keys.pkcs8_2048;

export async function openWorld({ folder, modules, date }) {
  const emulator = createEmulator();
  const server = await serve(emulator);
  const key = await emulator.createServiceAccountKey({ projectId: "workers" });
  const service = emulator.addService("orders", { invokers: [key.client_email] });
  const OPTIONS = JSON.stringify({ credential: key, endpoints: server.url });
  const worker = (_, index) => ({
    name: `worker${index}`,
    modules,
    date,
    objects: index === 0 ? Object.values(classes) : [],
    namespaces: Object.fromEntries(Object.entries(classes).map(([name, one]) => [name, index === 0 ? one : `worker0/${one}`])),
    texts: { OPTIONS, TEXT: "no namespace" },
  });
  const runtime = await startWorkerd({ program: workerd(), folder, workers: Array.from({ length: ISOLATES }, worker) });
  const post = async (url, body, init) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body), ...init });
    const text = await response.text();
    if (!response.ok) throw new Error(`workerd answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
  return {
    emulator,
    key,
    service,
    base: service.url,
    /** One request to one isolate. */
    ask: (act, given = {}, isolate = 0, init) => post(runtime.urls[isolate], { act, base: service.url, ...given }, init),
    /** As many calls at once, over all isolates in turn. */
    calls(count, given = {}) {
      const one = (_, index) => post(runtime.urls[index % ISOLATES], { act: "call", base: service.url, ...given });
      return Promise.all(Array.from({ length: count }, one));
    },
    /** Later for everyone. */
    async later(seconds) {
      emulator.clock.offset = seconds * 1000;
      await Promise.all(runtime.urls.map((url) => post(url, { act: "later", seconds })));
    },
    exchanges: () => emulator.log.filter(({ endpoint, method }) => endpoint === "token" && method === "POST").length,
    async close() {
      runtime.stop();
      await server.close();
    },
  };
}
