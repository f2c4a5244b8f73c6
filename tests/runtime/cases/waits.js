// How long is waited before what failed is tried again, and what ends that wait.
import { equal, eventually, failure, ok, sleep } from "../client/check.js";
import { fates, openFaulty } from "../client/faulty.js";

const status = (status, more) => ({ fault: "status", status, ...more });
const AFTER_ONE = { headers: { "retry-after": "1" } };
const AFTER_LONG = { headers: { "retry-after": "30" } };

/** Milliseconds between one request and the next, as the server sees them. A timer may be early by one. */
const apart = async (proxy, at = 0) => {
  const requests = await proxy.requests();
  return Math.ceil(requests[at + 1].at - requests[at].at + 1);
};

/** Where a call can be told to wait. */
const places = ["token", "service"];

/** Far below any wait that a case has made long. */
const SOON = 5000;

async function soon(action) {
  const began = Date.now();
  const outcome = await action().catch((error) => error);
  ok(Date.now() - began < SOON, `an end at once, saw ${Date.now() - began} ms`);
  return outcome;
}

const reject = (outcome) => Promise.reject(outcome);

const cases = [
  {
    name: "429 and 503 with Retry-After, in seconds and as a date: nothing is sent before that",
    async run(t) {
      const waits = places.flatMap((place) => [
        [place, status(429, AFTER_ONE)],
        [place, status(503, { dated: 1 })],
      ]);
      await Promise.all(
        waits.map(async ([place, step]) => {
          const opened = await openFaulty(t);
          await opened[place].plan({ steps: [step] });
          equal((await opened.session.get("/x")).status, 200, "status");
          equal(await fates(opened[place]), ["status", null], `requests (${place})`);
          const ms = await apart(opened[place]);
          ok(ms >= 1000, `a second or more between the requests (${place}, ${step.status}), saw ${ms} ms`);
        }),
      );
    },
  },
  {
    name: "an endpoint that asked to be left alone: later calls wait as well, or are told at once",
    async run(t) {
      const { session, token } = await openFaulty(t);
      await token.plan({ steps: [status(503, AFTER_ONE)] });
      for (let count = 0; count < 3; count += 1) {
        const hurried = await t.refused(() => soon(() => session.get("/x", { timeout: 700 })).then(reject), "exchange_unavailable");
        equal([hurried.transient, hurried.retryAfter], [true, 1000], "transient, and retryAfter");
      }
      equal((await fates(token)).length, 1, "exchanges");
      equal((await session.get("/x")).status, 200, "status of a call that has the time");
      equal(await fates(token), ["status", null], "exchanges");
      ok((await apart(token)) >= 1000, `a second or more between the exchanges, saw ${await apart(token)} ms`);
    },
  },
  ...places.map((place) => ({
    name: `the caller's signal ends the wait before the next attempt at once: ${place}`,
    smoke: true,
    async run(t) {
      const opened = await openFaulty(t);
      const { session } = opened;
      if (place === "service") await session.getIdToken();
      await opened[place].plan({ rest: status(503, AFTER_LONG) });
      const controller = new AbortController();
      const reason = new Error("the user went away");
      const call = soon(() => session.get("/x", { signal: controller.signal }));
      await eventually(async () => equal((await fates(opened[place])).length, 1, "requests"));
      await sleep(50);
      controller.abort(reason);
      ok((await call) === reason, `signal.reason itself, saw ${await call}`);
      await sleep(100);
      equal((await fates(opened[place])).length, 1, "requests afterwards");
    },
  })),
  {
    name: "a wait that would outlast the call's timeout is not begun",
    async run(t) {
      const { session, token, service } = await openFaulty(t);
      await session.getIdToken();
      await service.plan({ rest: status(503, AFTER_LONG) });
      equal((await soon(() => session.get("/x", { timeout: 20_000 }))).status, 503, "status");
      equal((await fates(service)).length, 1, "requests");
      await token.plan({ rest: status(503, AFTER_LONG) });
      const other = session.extend({ audience: "another", timeout: 20_000 });
      const error = await t.refused(() => soon(() => other.get("/x")).then(reject), "exchange_unavailable");
      equal(error.retryAfter, 30_000, "retryAfter");
      equal((await fates(token)).length, 2, "exchanges");
    },
  },
  {
    name: "a timeout ends what was begun in time: attempts that hang",
    async run(t) {
      const { session, service } = await openFaulty(t);
      await session.getIdToken();
      await service.plan({ steps: [status(503)], rest: { fault: "hang" } });
      equal((await soon(() => session.get("/x", { timeout: 700 }))).code, "timeout", "code");
      equal(await fates(service), ["status", "hang"], "requests");
    },
  },
  {
    name: "all who wait for one token share its attempts",
    async run(t) {
      const { session, token } = await openFaulty(t);
      await token.plan({ steps: [{ ...status(503), times: 2 }] });
      const answers = await Promise.all(Array.from({ length: 50 }, () => session.get("/x")));
      equal(answers.filter((answer) => answer.status === 200).length, 50, "answers");
      equal((await fates(token)).length, 3, "exchanges");
    },
  },
  {
    name: "a timer that is early costs no attempt",
    async run(t) {
      const { session, token } = await openFaulty(t, { retry: { delay: 30 } });
      await token.plan({ rest: status(503) });
      const usual = globalThis.setTimeout;
      globalThis.setTimeout = (act, ms, ...rest) => usual(act, ms > 2 && ms <= 60 ? ms - 2 : ms, ...rest);
      try {
        for (let count = 0; count < 10; count += 1)
          await t.refused(() => session.getIdToken({ audience: `early-${count}` }), "exchange_unavailable");
      } finally {
        globalThis.setTimeout = usual;
      }
      equal((await fates(token)).length, 30, "exchanges");
    },
  },
  {
    name: "whoever goes for the token goes away while it waits: another takes over, and not before its time",
    async run(t) {
      const { session, token } = await openFaulty(t);
      await token.plan({ steps: [status(503, AFTER_ONE)] });
      const controller = new AbortController();
      const leader = failure(session.get("/leader", { signal: controller.signal }));
      await eventually(async () => equal((await fates(token)).length, 1, "exchanges"));
      const others = Array.from({ length: 5 }, () => session.get("/other"));
      await sleep(100);
      controller.abort(new Error("mine"));
      equal((await leader)?.message, "mine", "the leader's reason");
      equal(
        (await Promise.all(others)).map((answer) => answer.status),
        [200, 200, 200, 200, 200],
        "the others",
      );
      equal(await fates(token), ["status", null], "exchanges");
      ok((await apart(token)) >= 1000, `a second or more between the exchanges, saw ${await apart(token)} ms`);
    },
  },
  {
    name: "a session that is disposed of while a call waits: the call ends well, the next one is refused",
    async run(t) {
      const { session, service } = await openFaulty(t);
      await session.getIdToken();
      await service.plan({ steps: [status(503, AFTER_ONE)] });
      const call = session.get("/x");
      await eventually(async () => equal((await fates(service)).length, 1, "requests"));
      session.dispose();
      equal((await call).status, 200, "status");
      await t.refused(() => session.get("/x"), "session_disposed");
    },
  },
];

export default { name: "waits", cases };
