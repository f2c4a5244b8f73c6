// Many short-lived sessions, as a server makes them that has one for each request.
import { createSession, customFetch } from "cloud-run-auth";
import { setTimeout as sleep } from "node:timers/promises";
import { given, report } from "./call.mjs";

const answer = async () => new Response("ok");
let tokens = 0;
const credential = async () => ({ token: `t${(tokens += 1)}`, expiresAt: Date.now() + 3_600_000 });

async function round(count) {
  for (let i = 0; i < count; i += 1) {
    // One key file for all of them, and a function for each tenth: both ways are held somewhere.
    const options = i % 10 === 0 ? { credential: (need) => credential(need) } : { credential };
    const session = createSession("https://svc.example", { ...options, [customFetch]: answer });
    await session.get("/x");
    createSession(given.base, { credential: given.credential, endpoints: given.endpoints }).dispose();
    session.dispose();
  }
}

const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
await round(1000);
const before = heap();
await round(10_000);
await sleep(50);
const grown = heap() - before;
// A pipe as stdout is a resource too, but not ours.
const handles = process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|File/.test(name));
report({ handles, grown });
