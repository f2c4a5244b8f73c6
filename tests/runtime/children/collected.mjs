// Aborts and timeouts after the garbage collector has been around: signals that are chained by weak references get lost there.
import { createSession, customFetch } from "cloud-run-auth";
import { setTimeout as sleep } from "node:timers/promises";
import { given, optionsOf, report } from "./call.mjs";

/** Where the call hangs for ever: in the exchange, in the request, in the caller's own function. */
const hanging = {
  exchange: (url, init) => (String(url).endsWith("/token") ? forever(init.signal) : fetch(url, init)),
  request: (url, init) => (String(url).endsWith("/token") ? fetch(url, init) : forever(init.signal)),
};

function forever(signal) {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

async function collect() {
  for (let i = 0; i < 4; i += 1) {
    globalThis.gc();
    await sleep(20);
  }
}

/** How a call ends within two seconds of what is to end it. */
async function end(call) {
  const late = sleep(2000).then(() => "never");
  return Promise.race([
    call.then(
      ({ status }) => status,
      (error) => error.code ?? error.message,
    ),
    late,
  ]);
}

const ends = {};
for (const [place, custom] of Object.entries(hanging)) {
  const session = createSession(given.base, { ...optionsOf(given), audience: `for ${place}`, [customFetch]: custom });
  const controller = new AbortController();
  const aborted = end(session.get("/x", { signal: controller.signal }));
  await collect();
  controller.abort(new Error("mine"));
  ends[`${place}, aborted`] = await aborted;
  const late = end(session.get("/x", { timeout: 300 }));
  await collect();
  ends[`${place}, timed out`] = await late;
  const both = end(session.get("/x", { timeout: 300, signal: new AbortController().signal }));
  await collect();
  ends[`${place}, timed out beside a signal`] = await both;
}
report(ends);
