// Tokens grow old: fresh ones are used, stale ones are used and renewed on the way, expired ones are waited for.
import { equal, eventually, ok, sleep } from "../client/check.js";
import { later } from "../client/clock.js";

/** A session with a token of an hour, that many seconds after it was had. */
const aged = (seconds, run) => async (t) => {
  const opened = await t.open();
  await opened.session.get("/warm");
  const restore = await later(t, seconds);
  try {
    await run(t, opened);
  } finally {
    restore();
  }
};

const cases = [
  {
    name: "fresh after fifty minutes: nothing is exchanged",
    run: aged(3000, async (t, { session }) => {
      for (let i = 0; i < 3; i += 1) equal((await session.get("/x")).status, 200, "status");
      await sleep(50);
      equal(await t.exchanges(), 1, "exchanges");
    }),
  },
  {
    name: "stale a minute before its end: used, and renewed once in the background",
    run: aged(3540, async (t, { session }) => {
      await t.emulator.fault({ endpoint: "token", delay: 2500 });
      const began = Date.now();
      const answers = await Promise.all(Array.from({ length: 20 }, () => session.get("/x")));
      ok(Date.now() - began < 2400, `calls that do not wait for the exchange, saw ${Date.now() - began} ms`);
      equal(answers.filter(({ status }) => status === 200).length, 20, "answers");
      await eventually(async () => equal(await t.exchanges(), 2, "exchanges"));
      await sleep(600);
      equal((await session.get("/x")).status, 200, "status");
      equal(await t.exchanges(), 2, "exchanges afterwards");
    }),
  },
  {
    name: "stale, and the renewal fails: still used, and not asked for again at once",
    run: aged(3540, async (t, { session }) => {
      await t.emulator.fault({ endpoint: "token", status: 503, body: "" });
      for (let i = 0; i < 10; i += 1) {
        equal((await session.get("/x")).status, 200, "status");
        await sleep(20);
      }
      const exchanges = await t.exchanges();
      ok(exchanges >= 2 && exchanges <= 3, `one renewal tried, saw ${exchanges - 1}`);
    }),
  },
  {
    name: "stale, and the renewal hangs: given up at the timeout, so that a later call can go",
    async run(t) {
      let asked = 0;
      const credential = async () => {
        asked += 1;
        return asked === 2 ? new Promise(() => {}) : { token: `token-${asked}`, expiresAt: Date.now() + 1000 };
      };
      const { session, calls } = t.offline("https://svc.example", { credential, timeout: 500 });
      await session.get("/warm");
      await eventually(async () => equal([(await session.get("/x")).status, asked], [200, 2], "status, and calls of the function"));
      await sleep(1100);
      equal((await session.get("/expired")).status, 200, "status");
      equal([asked, calls.at(-1).headers.get("authorization")], [3, "Bearer token-3"], "calls of the function, and token");
    },
  },
  {
    name: "expired: the call waits for a new one",
    run: aged(3700, async (t, { session }) => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => session.get("/x")));
      equal(answers.filter(({ status }) => status === 200).length, 20, "answers");
      equal(await t.exchanges(), 2, "exchanges");
      const statuses = (await t.emulator.log("service")).map(({ status }) => status);
      ok(!statuses.includes(401), "no request with the expired token");
    }),
  },
  {
    name: "a token endpoint whose Date is years ago: the token is kept for its hour, not longer",
    async run(t) {
      const dated = async (input, init) => {
        const response = await fetch(input, init);
        if (!String(input).endsWith("/token")) return response;
        const headers = { "content-type": "application/json", date: "Thu, 01 Jan 2015 00:00:00 GMT" };
        return new Response(response.body, { status: response.status, headers });
      };
      const { session } = await t.open({ session: { [t.customFetch]: dated } });
      await session.get("/warm");
      const restore = await later(t, 3700);
      try {
        equal((await session.get("/x")).status, 200, "status");
        const statuses = (await t.emulator.log("service")).map(({ status }) => status);
        ok(!statuses.includes(401), "no request with the expired token");
      } finally {
        restore();
      }
    },
  },
  {
    name: "a clock that stands still, and one that says 1970",
    async run(t) {
      const { session } = await t.open();
      const real = Date.now;
      try {
        const frozen = real();
        Date.now = () => frozen;
        for (let i = 0; i < 3; i += 1) equal((await session.get("/x")).status, 200, "status with a frozen clock");
        Date.now = () => 0;
        const other = await t.account();
        const lost = t.createSession("https://svc.example", { credential: other, endpoints: t.emulator.url });
        // By the endpoint's clock; what it gives is kept all the same.
        const token = await lost.getIdToken();
        equal(await lost.getIdToken(), token, "token");
        equal(await t.exchanges(), 3, "exchanges");
      } finally {
        Date.now = real;
      }
      equal((await session.get("/x")).status, 200, "status with the clock put right");
    },
  },
  {
    name: "a wall clock that was set back does not make a token live longer",
    async run(t) {
      let asked = 0;
      const credential = async () => ({ token: `token-${(asked += 1)}`, expiresAt: Date.now() + 600_000 });
      const { session, calls } = t.offline("https://svc.example", { credential });
      for (const path of ["/warm", "/again"]) await session.get(path);
      equal(asked, 1, "calls of the function");
      const dateNow = Date.now;
      const restore = await later(t, 700);
      try {
        Date.now = dateNow;
        for (const init of [undefined, { headers: { "x-a": "1" } }]) await session.get("/late", init);
      } finally {
        restore();
      }
      equal(
        calls.map(({ headers }) => headers.get("authorization")),
        ["Bearer token-1", "Bearer token-1", "Bearer token-2", "Bearer token-2"],
        "tokens",
      );
    },
  },
  {
    name: "expires_in missing, in words, negative or absurd",
    async run(t) {
      const { session } = await t.open({ session: { retry: false } });
      const answers = [
        [{}, 1],
        [{ expires_in: "3600" }, 1],
        [{ expires_in: 3600 }, 1],
        [{ expires_in: 1e18 }, 1],
        [{ expires_in: 0 }, "invalid_answer"],
        [{ expires_in: -5 }, "invalid_answer"],
      ];
      for (const [index, [members, expected]] of answers.entries()) {
        await t.emulator.reset();
        await t.emulator.fault({ endpoint: "token", json: { access_token: `ya29.${index}`, token_type: "Bearer", ...members } });
        const scopes = [`scope-${index}`];
        if (expected === 1) {
          for (let i = 0; i < 3; i += 1) equal(await session.getAccessToken({ scopes }), `ya29.${index}`, "token");
          equal(await t.exchanges(), 1, `exchanges with ${JSON.stringify(members)}`);
        } else {
          await t.refused(() => session.getAccessToken({ scopes }), expected, { what: JSON.stringify(members) });
        }
      }
    },
  },
];

export default { name: "refresh", cases };
