// AbortSignal and timeout: they cut off the token's exchange and the request, and the timeout no more than that.
import { equal, eventually, ok, sleep, thrown } from "../client/check.js";

/** For calls that are to work, however busy the machine is. */
const UNHURRIED = { timeout: 30_000 };

/** Where a call can hang, and the log's endpoint. */
const places = ["token", "service"];

async function hanging(t, place, options) {
  const opened = await t.open(options);
  if (place === "service") await opened.session.get("/warm", UNHURRIED);
  await t.emulator.fault({ endpoint: place, hang: true });
  return opened;
}

/** That the server saw its client go: the request was really cut off, not just forgotten. */
async function cutOff(t, place) {
  await eventually(async () => {
    const last = (await t.emulator.log(place)).at(-1);
    equal(last?.outcome, "the client went away", `outcome at the ${place} endpoint`);
  });
}

/** An action that is to end soon, because something else is to end it. */
async function soon(action, within = 2500) {
  const began = Date.now();
  const error = await thrown(action);
  ok(Date.now() - began < within, `an end within ${within} ms, saw ${Date.now() - began}`);
  return error;
}

const cases = [
  ...places.map((place) => ({
    name: `a signal cuts off the ${place} request, with its own reason`,
    smoke: true,
    async run(t) {
      const { session } = await hanging(t, place);
      const controller = new AbortController();
      const reason = new Error("the user went away");
      setTimeout(() => controller.abort(reason), 150);
      const error = await soon(() => session.get("/x", { signal: controller.signal }));
      ok(error === reason, `signal.reason itself, saw ${error?.name}: ${error?.message}`);
      await cutOff(t, place);
      await t.emulator.clearFaults();
      equal((await session.get("/x")).status, 200, "status of the next call");
    },
  })),
  ...places.map((place) => ({
    name: `a timeout cuts off the ${place} request`,
    smoke: true,
    async run(t) {
      const { session } = await hanging(t, place, { session: { timeout: 250 } });
      const error = await soon(() => session.get("/x"));
      ok(error instanceof t.TimeoutError && error instanceof t.AuthError, `a TimeoutError, saw ${error?.name}: ${error?.message}`);
      equal([error.name, error.code, error.transient], ["TimeoutError", "timeout", true], "error");
      await cutOff(t, place);
      await t.emulator.clearFaults();
      equal((await session.get("/x", UNHURRIED)).status, 200, "status of the next call");
    },
  })),
  {
    name: "the timeout is two minutes where nobody says otherwise, and its timer goes with the call",
    async run(t) {
      const { session } = t.offline("https://svc.example");
      // Meanwhile the suite sets its own.
      await session.get("/warm");
      const { setTimeout: usual, clearTimeout: end } = globalThis;
      const timers = new Map();
      globalThis.setTimeout = (act, ms, ...rest) => {
        const timer = usual(act, ms, ...rest);
        timers.set(timer, ms);
        return timer;
      };
      globalThis.clearTimeout = (timer) => {
        if (timers.has(timer)) timers.set(timer, `${timers.get(timer)}, ended`);
        end(timer);
      };
      try {
        await session.get("/x");
        await session.get("/x", { timeout: 5000 });
        await session.get("/x", { timeout: false });
      } finally {
        globalThis.setTimeout = usual;
        globalThis.clearTimeout = end;
      }
      equal([...timers.values()], ["120000, ended", "5000, ended"], "timers");
    },
  },
  {
    name: "a call's own timeout goes before the session's, false means none",
    async run(t) {
      const { session } = await t.open({ session: { timeout: 250 } });
      await session.get("/warm", UNHURRIED);
      await t.emulator.fault({ endpoint: "service", delay: 700 });
      equal((await soon(() => session.get("/x"))).code, "timeout", "code with the session's");
      equal((await session.get("/x", UNHURRIED)).status, 200, "status with more time");
      equal((await session.get("/x", { timeout: false })).status, 200, "status with all the time");
      const patient = session.extend({ timeout: false });
      equal((await soon(() => patient.get("/x", { timeout: 100 }))).code, "timeout", "code with less time");
    },
  },
  {
    name: "token and request share one timeout",
    async run(t) {
      const { session } = await t.open({ session: { timeout: 900 } });
      await t.emulator.fault({ endpoint: "token", delay: 600 });
      await t.emulator.fault({ endpoint: "service", delay: 600 });
      equal((await soon(() => session.get("/x"))).code, "timeout", "code");
    },
  },
  {
    name: "the timeout ends with the headers: a body may take longer",
    smoke: true,
    async run(t) {
      const { session } = await t.open({ session: { timeout: 1500 } });
      await session.get("/warm", UNHURRIED);
      await t.emulator.fault({ endpoint: "service", slowBody: 450 });
      for (const init of [undefined, { timeout: 1200 }]) {
        const response = await session.get("/slow", init);
        ok((await response.text()).endsWith("}"), "the whole body");
      }
    },
  },
  {
    name: "a signal goes on to the body",
    async run(t) {
      const { session } = await t.open();
      await session.get("/warm");
      await t.emulator.fault({ endpoint: "service", slowBody: 400 });
      const controller = new AbortController();
      const response = await session.get("/slow", { signal: controller.signal });
      setTimeout(() => controller.abort(), 100);
      await soon(() => response.text(), 2000);
    },
  },
  {
    name: "a signal that was aborted before: nothing is sent",
    async run(t) {
      const { session, service } = await t.open();
      for (const reason of [new Error("mine"), "a text", undefined]) {
        const signal = AbortSignal.abort(reason);
        const calls = [
          () => session.get("/x", { signal }),
          () => session.fetch(`${service.url}/x`, { signal }),
          () => session.fetch(new Request(`${service.url}/x`, { signal })),
          () => session.getIdToken({ signal }),
          () => session.authorizationHeaders({ signal }),
        ];
        for (const call of calls) {
          const error = await thrown(call);
          if (reason === undefined) equal(error.name, "AbortError", "name");
          else ok(error === reason, `signal.reason itself, saw ${error}`);
        }
      }
      await t.nothingSent();
    },
  },
  {
    name: "a signal in a Request counts too",
    async run(t) {
      const { session, service } = await hanging(t, "token");
      const controller = new AbortController();
      const request = new Request(`${service.url}/x`, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error("mine")), 100);
      equal((await soon(() => session.fetch(request))).message, "mine", "reason");
    },
  },
  {
    name: "AbortSignal.timeout works as a signal",
    async run(t) {
      const { session } = await hanging(t, "token");
      const error = await soon(() => session.get("/x", { signal: AbortSignal.timeout(150) }));
      equal([error.name, error instanceof t.AuthError], ["TimeoutError", false], "the signal's own DOMException");
    },
  },
  {
    name: "one caller's abort does not fail the others that wait for the same token",
    async run(t) {
      const { session } = await t.open();
      await t.emulator.fault({ endpoint: "token", delay: 500 });
      const controller = new AbortController();
      const leader = session.get("/leader", { signal: controller.signal }).catch((error) => error);
      const others = Array.from({ length: 5 }, () => session.get("/other"));
      await sleep(100);
      controller.abort(new Error("mine"));
      equal((await leader).message, "mine", "the leader's reason");
      equal(
        (await Promise.all(others)).map(({ status }) => status),
        [200, 200, 200, 200, 200],
        "the others",
      );
    },
  },
  {
    name: "a fetch of the caller's that heeds no signal is not waited for",
    smoke: true,
    async run(t) {
      const credential = async () => ({ token: "x", expiresAt: Date.now() + 600_000 });
      const answer = ({ url }) => (url.endsWith("/hang") ? new Promise(() => {}) : undefined);
      const { session, calls } = t.offline("https://svc.example", { credential, answer, timeout: 200 });
      equal((await soon(() => session.get("/hang"))).code, "timeout", "code of the first call");
      await session.get("/warm");
      equal((await soon(() => session.get("/hang"))).code, "timeout", "code of a later call");
      const mine = new Error("mine");
      const controller = new AbortController();
      setTimeout(() => controller.abort(mine), 50);
      ok((await soon(() => session.get("/hang", { signal: controller.signal }))) === mine, "signal.reason itself");
      const before = calls.length;
      ok((await soon(() => session.get("/x", { signal: controller.signal }))) === mine, "signal.reason itself");
      equal(calls.length, before, "requests of a signal that was aborted before");
    },
  },
  {
    name: "a credential function is told, and not waited for",
    async run(t) {
      let told;
      const credential = ({ signal }) => {
        signal.addEventListener("abort", () => (told = true));
        return new Promise(() => {});
      };
      const { session, calls } = t.offline("https://svc.example", { credential, timeout: 200 });
      equal((await soon(() => session.get("/x"))).code, "timeout", "code");
      equal([told, calls.length], [true, 0], "told, and requests");
    },
  },
];

export default { name: "abort and timeout", cases };
