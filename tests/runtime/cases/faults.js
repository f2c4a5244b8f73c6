// What fails on the way, over real connections: at the token endpoint, and at the service.
import { contains, equal, failure, ok, sleep } from "../client/check.js";
import { fates, openFaulty, QUICK, requestsOf } from "../client/faulty.js";

const ATTEMPTS = 3;

/** Each ends an attempt soon: the name, the step of the plan, and what a token exchange that meets nothing else comes to. */
const ends = [
  ["a connection that is reset when it is accepted", { fault: "reset at accept" }],
  ["a connection that is reset once the request is there", { fault: "reset" }],
  ["a connection that is closed without a word", { fault: "close" }],
  ["a reset in the middle of the headers", { fault: "reset in headers" }],
  ["a body that ends early", { fault: "torn body" }],
  ["a reset in the middle of the body", { fault: "reset in body" }],
  // Not every fetch sees that the last chunk is missing: then it is half a token.
  ["chunks that are cut off", { fault: "cut chunks" }, ["exchange_unavailable", "invalid_answer"]],
  ["something that is no HTTP", { fault: "garbage" }],
  ["503", { fault: "status", status: 503 }],
  ["429", { fault: "status", status: 429 }],
];

/** How a service fails before there are headers; what comes after them is the caller's to read. */
const services = ends.filter(([, { fault }]) => !/body|chunks/.test(fault));

/** Each lasts longer than anybody waits. */
const lasts = [
  ["nothing but an accepted connection", { fault: "blackhole" }],
  ["no answer", { fault: "hang" }],
  ["a byte now and then", { fault: "drip", bytes: 1, every: 200 }],
];

/** What a busy machine may take for what takes none; in milliseconds. */
const SETTLE = 2500;

const cases = [
  ...ends.map(([name, step, code = "exchange_unavailable"]) => ({
    name: `the token endpoint: ${name}`,
    smoke: step.status === 503,
    async run(t) {
      const { session, token } = await openFaulty(t);
      await token.plan({ steps: [{ ...step, times: ATTEMPTS - 1 }] });
      equal((await session.get("/x")).status, 200, "status with one attempt left");
      equal(await fates(token), [...met(step, ATTEMPTS - 1), null], "exchanges");

      await token.plan({ rest: step });
      const made = async () => (await fates(token)).length;
      const each = await requestsOf(t, step, ATTEMPTS);
      const [before, another] = [await made(), () => session.getIdToken({ audience: "another" })];
      await t.refused(another, code);
      const between = await made();
      equal(between - before, each, "exchanges of a call that meets nothing else");
      const calls = [another, another, another].map((call) => failure(call()));
      for (const error of await Promise.all(calls)) {
        await t.refused(() => Promise.reject(error), code);
        equal(error.transient, true, "transient");
      }
      const after = await made();
      // What one tries is tried for all who see it fail; one that waits itself meanwhile does not.
      const all = after - between;
      ok(all >= each && all <= calls.length * each, `${each} exchanges or a few more of three calls at once, saw ${all}`);
      equal((await session.get("/x")).status, 200, "status with the token that is had");

      await token.plan();
      contains(await session.getIdToken({ audience: "another" }), "eyJ", "token once the endpoint is well");
      equal((await made()) - after, 1, "exchanges once the endpoint is well");
    },
  })),
  {
    name: "the token endpoint: nobody listens",
    async run(t) {
      const { session, token } = await openFaulty(t);
      await token.plan({ down: true });
      const error = await t.refused(() => session.get("/x"), "exchange_unavailable");
      equal(error.transient, true, "transient");
      await token.plan();
      equal((await session.get("/x")).status, 200, "status once somebody does");
      equal((await fates(token)).length, 1, "exchanges");
    },
  },
  {
    name: "the token endpoint: a host that there is not, and one that does not speak TLS",
    async run(t) {
      const { key, service } = await t.open();
      const { host } = new URL(t.emulator.url);
      for (const there of ["nothing.invalid", host]) {
        const credential = { ...key, token_uri: `https://${there}/token` };
        const session = t.createSession(service.url, { credential, allowedHosts: [there], retry: QUICK });
        const error = await t.refused(() => session.get("/x"), "exchange_unavailable");
        equal(error.transient, true, "transient");
        contains(error.message, there, "message");
      }
      await t.nothingSent();
    },
  },
  ...lasts.map(([name, step]) => ({
    name: `the token endpoint: ${name}`,
    async run(t) {
      const { session, token } = await openFaulty(t);
      await token.plan({ rest: step });
      const began = Date.now();
      const error = await t.refused(() => session.get("/x", { timeout: 300 }), "timeout");
      ok(Date.now() - began < 300 + SETTLE, `an end at its timeout, saw ${Date.now() - began} ms`);
      ok(error instanceof t.TimeoutError && error.transient, "a TimeoutError, transient");
      await token.plan();
      const before = (await fates(token)).length;
      equal((await session.get("/x")).status, 200, "status once the endpoint is well");
      equal((await fates(token)).length - before, 1, "exchanges once the endpoint is well");
    },
  })),
  {
    name: "the token endpoint: late, and slow",
    async run(t) {
      for (const step of [
        { fault: "delay", ms: 300 },
        { fault: "drip", bytes: 5, every: 1 },
      ]) {
        const { session, token } = await openFaulty(t);
        await token.plan({ steps: [step] });
        equal((await session.get("/x")).status, 200, "status");
        equal(await fates(token), [step.fault], "exchanges");
      }
    },
  },
  ...services.map(([name, step]) => ({
    name: `the service: ${name}`,
    async run(t) {
      const { session, service, token } = await openFaulty(t);
      const others = async () => (await fates(service)).length;
      await service.plan({ steps: [{ ...step, times: ATTEMPTS - 1 }] });
      equal((await session.get("/x")).status, 200, "status of a GET with one attempt left");
      equal(await fates(service), [...met(step, ATTEMPTS - 1), null], "requests");

      // It may have been done.
      await service.plan({ rest: step });
      const before = await others();
      await failed(t, session.post("/x", { json: { a: 1 } }), step);
      equal((await others()) - before, await requestsOf(t, step, 1), "requests of a POST");

      await service.plan({ steps: [{ ...step, times: ATTEMPTS - 1 }] });
      const allowed = await session.post("/x", { json: { a: 1 }, retry: { ...QUICK, methods: ["POST"] } });
      equal([allowed.status, (await allowed.json()).body], [200, '{"a":1}'], "a POST that may be sent again");
      const until = await others();
      equal(until - before, (await requestsOf(t, step, 1)) + met(step, ATTEMPTS - 1).length + 1, "requests");

      await service.plan({ rest: step });
      await failed(t, session.get("/x"), step);
      equal((await others()) - until, await requestsOf(t, step, ATTEMPTS), "requests of a GET that meets nothing else");
      await service.plan();
      equal((await session.post("/x", { body: "b" })).status, 200, "status once the service is well");
      equal((await fates(token)).length, 1, "exchanges");
    },
  })),
  {
    name: "the service: a streamed body is not sent twice",
    needs: ["upload stream"],
    async run(t) {
      for (const [, step] of services) {
        const { session, service } = await openFaulty(t, { retry: { ...QUICK, methods: ["POST", "PUT"] } });
        await session.get("/warm");
        for (const method of ["post", "put"]) {
          await service.plan({ rest: step });
          const before = (await fates(service)).length;
          const body = new Blob(["streamed"]).stream();
          await failed(t, session[method]("/x", { body, duplex: "half" }), step);
          equal((await fates(service)).length - before, met(step, 1).length, `requests of a ${method}, ${step.fault}`);
        }
        await service.plan();
        equal((await session.get("/x")).status, 200, "status once the service is well");
      }
    },
  },
  {
    name: "the service: what breaks after the headers is the reader's to see, and is not asked for again",
    async run(t) {
      for (const fault of ["torn body", "reset in body", "cut chunks"]) {
        const { session, service } = await openFaulty(t);
        await service.plan({ rest: { fault } });
        const response = await session.get("/x");
        equal(response.status, 200, "status");
        const text = await response.text().catch((error) => error);
        ok(typeof text !== "string" || !text.endsWith("}"), `half a body or an error, saw ${text}`);
        ok(!(text instanceof t.AuthError), `fetch's own error, saw ${text}`);
        equal(await fates(service), [fault], "requests");
      }
    },
  },
  ...lasts.map(([name, step]) => ({
    name: `the service: ${name}`,
    async run(t) {
      const { session, service } = await openFaulty(t);
      await session.getIdToken();
      await service.plan({ rest: step });
      const began = Date.now();
      await t.refused(() => session.get("/x", { timeout: 300 }), "timeout");
      ok(Date.now() - began < 300 + SETTLE, `an end at its timeout, saw ${Date.now() - began} ms`);
      equal((await fates(service)).length, step.fault === "blackhole" ? 0 : 1, "requests");
      await service.plan();
      equal((await session.get("/x")).status, 200, "status once the service is well");
    },
  })),
  {
    name: "a connection that is closed just as its next request comes",
    async run(t) {
      const { session, token, service } = await openFaulty(t);
      for (const proxy of [token, service]) await proxy.plan({ keepAlive: true, stale: true });
      const done = async (proxy) => (await fates(proxy)).filter((fate) => fate === null).length;
      for (const path of ["/first", "/get"]) {
        await (await session.get(path)).text();
        // Until the connection counts as one that is not in use.
        await sleep(20);
      }
      equal(await done(service), 2, "requests that were answered");
      const posted = await session.post("/post", { body: "b" }).catch((error) => error);
      // Some runtimes send it again themselves, as the server cannot have begun with it.
      ok(posted.status === 200 || !(posted instanceof t.AuthError), `an answer or fetch's own error, saw ${posted}`);
      equal(await done(service), posted.status === 200 ? 3 : 2, "requests that were answered");
      contains(await session.getIdToken({ forceRefresh: true }), "eyJ", "token");
      equal(await done(token), 2, "exchanges that were answered");
      for (const proxy of [token, service]) ok((await fates(proxy)).includes("stale"), "a connection that was closed so");
    },
  },
];

/** The requests that a proxy sees of a step that is for so many of them. */
const met = ({ fault }, times) => (fault === "reset at accept" ? [] : Array(times).fill(fault));

/** That a call ends with what the service did: its own answer, or fetch's own error. */
async function failed(t, call, { fault, status }) {
  const outcome = await call.catch((error) => error);
  if (fault === "status") return equal(outcome.status, status, "status");
  return ok(outcome instanceof Error && !(outcome instanceof t.AuthError), `fetch's own error, saw ${outcome?.status ?? outcome}`);
}

export default { name: "faults", cases };
