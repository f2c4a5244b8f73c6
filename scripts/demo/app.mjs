// What a program does that has the package installed, in a process of its own. It tells `make demo` how each step went; the
// messages hold no token. The credential and the emulator come from the environment, as they would for any program.
import { createSession } from "cloud-run-auth";

const [serviceUrl, customAudience, count] = process.argv.slice(2);
const requests = timedRequests();

const session = createSession(serviceUrl);
let began = performance.now();
const response = await session.get("/orders");
const body = await response.text();
const [exchange, call] = requests;
report("first", {
  status: response.status,
  body,
  signed: exchange.began - began,
  exchanged: exchange.ended - exchange.began,
  answered: performance.now() - call.began,
});

began = performance.now();
const { status } = await read(session.get("/orders"));
report("second", { status, ms: performance.now() - began });

const other = session.extend({ audience: customAudience });
began = performance.now();
const answers = await Promise.all(Array.from({ length: Number(count) }, () => read(other.get("/orders"))));
report("many", { statuses: answers.map((answer) => answer.status), ms: performance.now() - began });

await reportRefusal("no token", () => fetch(`${serviceUrl}/orders`));
await reportRefusal("other audience", () => session.extend({ audience: "https://other.example.com" }).get("/orders"));
const token = await session.getIdToken();
await reportRefusal("forged", () => fetch(`${serviceUrl}/orders`, { headers: { authorization: `Bearer ${forged(token)}` } }));
process.disconnect();

async function reportRefusal(name, send) {
  const began = performance.now();
  const { status } = await read(send());
  report(name, { status, ms: performance.now() - began });
}

/** Reads the body to its end, so that the connection can be used again. */
async function read(sent) {
  const response = await sent;
  await response.arrayBuffer();
  return response;
}

/** The same token with the middle of its signature changed. */
function forged(token) {
  const at = token.length - 100;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

/** The package sends everything through the global fetch, so that it can be watched from here. */
function timedRequests() {
  const requests = [];
  const send = globalThis.fetch;
  globalThis.fetch = async (...request) => {
    const began = performance.now();
    const response = await send(...request);
    requests.push({ began, ended: performance.now() });
    return response;
  };
  return requests;
}

function report(name, content) {
  process.send({ name, ...content });
}
