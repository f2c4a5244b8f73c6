// What runs inside workerd: one case for each request, and the calls that the thousand-requests cases make.
import { withEnv } from "cloudflare:workers";
import * as lib from "../client/library.js";
import { watchRejections } from "../client/local.js";
import { readConfig } from "../client/control.js";
import { leftovers, run } from "../client/run.js";
import { suite } from "../client/suite.js";
import { createWorld } from "../client/world.js";

// A session is legal where no I/O is.
const early = lib.createSession("https://svc.example/api", { credential: '{"type":"service_account"}' });
/** Sessions that outlive their request, by base URL. */
const sessions = new Map();
const strays = watchRejections();

const runtime = (outside) => ({
  name: "workerd",
  lacks: {
    env: "a worker has bindings, no environment",
    files: "there are no files",
    processes: "memory, traps and handles are looked at in Node",
    "hidden redirects": "redirects are visible here",
    search: "there is nothing to be searched",
    programs: "there are no processes",
    certificates: "fetch shows certificates by bindings alone",
    "many at once": "a request may have 10,000 timers, and each call has one",
  },
  /** What the runtime makes of bindings. */
  withEnv: (variables, run) => withEnv(variables, run),
  /** Only the runner can make requests of their own, and have clients that go away. */
  async fromOutside(call, count, how) {
    const response = await fetch(outside, { method: "POST", body: JSON.stringify({ call, count, how }) });
    return response.json();
  },
});

async function runCase({ id, lab, outside }) {
  const world = createWorld(lib, await readConfig(lab), runtime(outside));
  const result = await run(suite[id], world, strays);
  if (typeof early.get !== "function") throw new Error("no session at global scope");
  return Response.json(result);
}

/** One authorized call, as a worker makes it; its status. */
async function call({ base, own, unawaited, ...options }) {
  let session = own ? undefined : sessions.get(base);
  if (!session) {
    session = lib.createSession(base, options);
    if (!own) sessions.set(base, session);
  }
  const answer = session.get("/x");
  if (unawaited) {
    answer.catch(() => {});
    return new Response("200");
  }
  try {
    const response = await answer;
    await response.arrayBuffer();
    return new Response(String(response.status));
  } catch (error) {
    return new Response(`${error.code ?? error.name}: ${error.message}`);
  }
}

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/list") return Response.json({ lacks: runtime("").lacks });
    if (pathname === "/leftovers") return Response.json(await leftovers(strays));
    const body = await request.json();
    return pathname === "/run" ? runCase(body) : call(body);
  },
};
