// What a program that runs for months has to be sure of, at the size at which it hurts.
import { contains, equal, ok, sleep } from "../client/check.js";
import { later } from "../client/clock.js";
import { connectEmulator } from "../client/control.js";
import { within } from "../client/environment.js";
import { QUICK, requestsOf } from "../client/faulty.js";

const MANY = 10_000;

const counted = (values) => Object.fromEntries([...new Set(values)].map((one) => [one, values.filter((other) => other === one).length]));

/** Sends what is for the token endpoint, and answers everything else itself: ten thousand sockets at once are another matter. */
function onlyExchanges(t, tokens) {
  return {
    [t.customFetch]: async (input, init) => {
      if (String(input).endsWith("/token")) return fetch(input, init);
      tokens.add(new Headers(init.headers).get("authorization"));
      return new Response("ok");
    },
  };
}

/** How an outage shows itself. */
const outages = [{ fault: "status", status: 503 }, { fault: "reset" }, { fault: "blackhole" }];

/** How long the exchange after an outage takes, which is less than an early refresh is given; in milliseconds. */
const SLOW = 800;

/** What a busy machine may take for what takes none; in milliseconds. */
const SETTLE = 1000;

const cases = [
  {
    name: "a rejection that nobody handles fails the case that it comes in",
    async run(t, judge) {
      const control = { group: "control", name: "control" };
      equal((await judge({ ...control, run: async () => {} })).outcome, "passed", "outcome without one");
      const { outcome, message } = await judge({ ...control, run: async () => void Promise.reject(new Error("of the control")) });
      equal(outcome, "failed", "outcome");
      contains(message, "of the control", "message");
    },
  },
  ...["one session", "a session for each"].map((whose, index) => ({
    name: `10,000 callers when their token has ended, ${whose}: one exchange`,
    needs: ["load", "many at once"],
    async run(t) {
      const tokens = new Set();
      const { service, session, options } = await t.open({ session: onlyExchanges(t, tokens) });
      equal((await session.get("/warm")).status, 200, "status");
      const restore = await later(t, 3700);
      try {
        const sessions = Array.from({ length: MANY }, () => (index ? t.createSession(service.url, options) : session));
        const answers = await Promise.all(sessions.map(async (one, i) => (await one.get(`/${i}`)).status));
        equal(counted(answers), { 200: MANY }, "statuses");
        equal(await t.exchanges(), 2, "exchanges, the first one among them");
        equal(tokens.size, 2, "tokens");
        // That nothing is left of them shows in the runner, which ends by itself.
        for (const one of sessions) one.dispose();
        await t.refused(() => sessions.at(-1).get("/x"), "session_disposed");
      } finally {
        restore();
      }
    },
  })),
  {
    name: "10,000 sessions made and disposed of: the last one works, and the runner ends by itself",
    async run(t) {
      const { service, options } = await t.open();
      for (let count = 0; count < MANY; count += 1) t.createSession(service.url, options).dispose();
      const last = t.createSession(service.url, options);
      equal((await last.get("/x")).status, 200, "status");
      last.dispose();
      equal(await t.exchanges(), 1, "exchanges");
    },
  },
  {
    name: "an outage of the token endpoint as long as the stale window, but for one step: no call fails, and the next try is good",
    needs: ["load"],
    async run(t) {
      const { url, lifeSeconds } = t.lab.brief;
      const emulator = connectEmulator(url);
      await emulator.reset();
      const held = await Promise.all(outages.map((step) => holding(t, emulator, step)));
      // Not before the stale window, whose length is a quarter of the life at most.
      const skipped = (lifeSeconds / 4) * 3 - 1;
      const restore = await later({ emulator }, skipped);
      try {
        await Promise.all(held.map((one) => outlived(t, one, lifeSeconds * 1000)));
      } finally {
        restore();
      }
    },
  },
  {
    name: "a metadata server that was not there is looked for again after a minute, and found",
    needs: ["env", "files"],
    async run(t) {
      let asked = 0;
      let there = false;
      const nobody = async (input, init) => {
        asked += 1;
        if (!there) throw new TypeError("nobody is there");
        const { pathname, search } = new URL(input);
        return fetch(`${t.emulator.url}${pathname}${search}`, init);
      };
      const session = t.createSession("https://svc.example", {
        [t.customFetch]: nobody,
        gcloud: false,
        // Its own, which no other case has looked with.
        allowedHosts: [`${t.unique("h")}.example`],
      });
      await within(t, { HOME: "/dev/null" }, async () => {
        for (let tries = 0; tries < 3; tries += 1) await t.refused(() => session.getIdToken(), "credential_not_found");
        equal(asked, 1, "probes");
        there = true;
        const restore = await later(t, 61);
        try {
          contains(await session.getIdToken(), "eyJ", "token once it is there");
        } finally {
          restore();
        }
      });
    },
  },
];

/** A session that has just got its token, behind proxies of its own. */
async function holding(t, emulator, step) {
  const key = await t.account();
  await emulator.addAccount(key);
  const { name } = await emulator.addService({ name: t.unique("s") });
  const [token, service] = [await t.lab.faultProxy(emulator.url), await t.lab.faultProxy(emulator.url)];
  const session = t.createSession(`${service.url}/run/${name}`, { credential: key, endpoints: token.url, retry: QUICK });
  // What is slow at first is not to be seen later on.
  await session.getIdToken({ audience: "warm" });
  // Times in tokens are whole seconds: the exchange is not to see one end.
  while (Date.now() % 1000 > 400) await sleep(50);
  await session.getIdToken();
  return { session, step, token, service, hadAt: Date.now() };
}

/**
 * Calls all the time. Whoever asks for another token meets the outage from the first instant on in which the token is stale, and
 * until one step before it ends.
 */
async function outlived(t, { session, step, token, service, hadAt }, lifeMs) {
  // As in `config::Limits`: a tenth of the life is the margin, a quarter the window, an eighth of that the longest step.
  const endsAt = hadAt + lifeMs - lifeMs / 10;
  const stepMs = lifeMs / 4 / 8;
  // The next exchange takes its time, in which calls are made with the token that is had: it has not ended.
  await token.plan({ rest: step, lasts: endsAt - stepMs - SETTLE - Date.now(), then: { fault: "delay", ms: SLOW } });
  const statuses = [];
  for (; Date.now() < endsAt + SETTLE; await sleep(20)) {
    const response = await session.get("/x").catch((error) => ({ status: error.code ?? error.message }));
    statuses.push(response.status);
    await response.arrayBuffer?.();
  }

  const what = JSON.stringify(step);
  equal(counted(statuses), { 200: statuses.length }, `statuses (${what})`);
  const { requests, failed } = await token.seen();
  ok(failed > 0, `an outage that was met (${what})`);
  const late = requests.filter(({ fault }) => fault === "delay");
  // A connection that the outage held ends with it, which a runtime's own fetch may take for a reason to send once more.
  const most = await requestsOf(t, { fault: "close" }, 1);
  ok(late.length >= 1 && late.length <= most, `${most} exchange after it at most (${what}), saw ${late.length}`);
  const meanwhile = (await service.requests()).filter(({ at }) => at > late[0].at && at < late[0].at + SLOW);
  ok(meanwhile.length > 0, `calls with the old token while there is no new one (${what})`);
}

export default { name: "staying up", cases };
