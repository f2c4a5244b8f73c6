// Token endpoints that refuse, stumble, lie or do not answer; clocks that are wrong.
import { contains, equal, ok } from "../client/check.js";
import { CANARY } from "../client/secrets.js";

const html = `<!doctype html><title>Sign in</title><p>${CANARY}</p>`;

/** A fault of the token endpoint, the code that it becomes, and whether trying again may help. */
const faults = [
  [{ status: 400, json: { error: "invalid_grant", error_description: "Invalid JWT Signature." } }, "exchange_refused", false],
  [{ status: 401, json: { error: "invalid_client" } }, "exchange_refused", false],
  [{ status: 403, body: html }, "exchange_refused", false],
  [{ status: 404, body: "html" }, "exchange_refused", false],
  [{ status: 400, json: { error: { status: "PERMISSION_DENIED", message: "no" } } }, "exchange_refused", false],
  [{ status: 408, body: "" }, "exchange_unavailable", true],
  [{ status: 429, body: "", headers: { "retry-after": "1" } }, "exchange_unavailable", true],
  [{ status: 500, body: html }, "exchange_unavailable", true],
  [{ status: 502, body: "html" }, "exchange_unavailable", true],
  [{ status: 503, json: { error: "temporarily_unavailable" } }, "exchange_unavailable", true],
  [{ body: html }, "invalid_answer", true],
  [{ body: "" }, "invalid_answer", true],
  [{ json: [] }, "invalid_answer", true],
  [{ json: null }, "invalid_answer", true],
  [{ json: { access_token: "x" } }, "invalid_answer", true],
  [{ json: { id_token: null } }, "invalid_answer", true],
  [{ json: { id_token: 7 } }, "invalid_answer", true],
  [{ json: { id_token: { a: 1 } } }, "invalid_answer", true],
  [{ body: `{"id_token": "${CANARY}` }, "invalid_answer", true],
  [{ body: "huge" }, "invalid_answer", true],
  [{ body: "endless" }, "invalid_answer", true],
  [{ idToken: CANARY }, "invalid_answer", true],
  [{ idToken: `${CANARY}.${CANARY}.${CANARY}` }, "invalid_answer", true],
  [{ idToken: "a.b\r\nc.d" }, "invalid_answer", true],
  [{ torn: true }, ["exchange_unavailable", "invalid_answer"], true],
  [{ reset: true }, "exchange_unavailable", true],
];

/** What an object says itself: in one column Object.prototype says a lot. */
const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);

const words = (fault) => JSON.stringify(fault).replaceAll(CANARY, "…").slice(0, 70);

const cases = [
  ...faults.map(([fault, code, transient]) => ({
    name: `the token endpoint answers ${words(fault)}`,
    smoke: fault.status === 400,
    async run(t) {
      const { session } = await t.open({ session: { retry: false } });
      await t.emulator.fault({ endpoint: "token", ...fault });
      const error = await t.refused(() => session.get("/x"), code);
      equal(error.transient, transient, "transient");
      if (fault.status) equal(error.server?.status, fault.status, "server.status");
      equal(own(error, "retryAfter"), own(fault, "headers") && 1000, "retryAfter");
      equal((await t.emulator.log("service")).filter(({ method }) => method !== "OPTIONS").length, 0, "requests to the service");
      // The failure is of the moment: nothing of it stays behind.
      await t.emulator.clearFaults();
      equal((await session.get("/x")).status, 200, "status once the endpoint is well");
    },
  })),
  {
    name: "an answer that is encoded more than once is not read",
    async run(t) {
      const key = await t.account();
      let answer = new Response("{}", { headers: { "content-encoding": "gzip, gzip" } });
      const session = t.createSession("https://svc.example", { credential: key, retry: false, [t.customFetch]: async () => answer });
      contains((await t.refused(() => session.get("/x"), "exchange_unavailable")).message, "encoded more than once", "message");
      answer = new Response("{}", { headers: { "content-encoding": "gzip" } });
      await t.refused(() => session.get("/x"), "invalid_answer");
    },
  },
  {
    name: "the server's own words are kept",
    async run(t) {
      const { session, key } = await t.open();
      const json = { error: "invalid_grant", error_description: "Account\r\nhas been disabled" };
      await t.emulator.fault({ endpoint: "token", status: 400, json });
      const error = await t.refused(() => session.getIdToken(), "exchange_refused");
      equal([error.server.status, error.server.error], [400, "invalid_grant"], "server");
      contains(error.server.description, "has been disabled", "description");
      contains(error.message, key.client_email, "message");
      ok(!/[\r\n]/.test(error.message), "one line");
    },
  },
  {
    name: "a server that echoes the assertion does not get it into the message",
    async run(t) {
      const { session } = await t.open();
      const echo = `bad assertion eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJlc2lnbmF0dXJl for you`;
      await t.emulator.fault({ endpoint: "token", status: 400, json: { error: "invalid_grant", error_description: echo } });
      await t.refused(() => session.getIdToken(), "exchange_refused");
    },
  },
  {
    name: "an account that was deleted, and a key that is not the account's",
    async run(t) {
      const { session, key } = await t.open();
      await t.emulator.removeAccount(key.client_email);
      const error = await t.refused(() => session.get("/x"), "exchange_refused");
      equal(error.server.error, "invalid_grant", "server.error");
    },
  },
  {
    name: "a clock that is ten minutes ahead is corrected, and stays so",
    async run(t) {
      const { session } = await t.open({ session: { retry: false } });
      await t.emulator.setClock({ offset: -600_000 });
      equal((await session.get("/x")).status, 200, "status");
      equal(await t.exchanges(), 2, "exchanges");
      ok(await session.getIdToken({ audience: "https://other.example" }), "another token");
      equal(await t.exchanges(), 3, "exchanges of a corrected clock");
      // Somebody sets the clock.
      await t.emulator.setClock({ offset: 0 });
      ok(await session.getIdToken({ audience: "https://third.example" }), "a token by the right clock");
    },
  },
  {
    name: "a clock that cannot be corrected is named",
    async run(t) {
      const { session } = await t.open();
      await t.emulator.setClock({ offset: -600_000 });
      const error_description =
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
      await t.emulator.fault({ endpoint: "token", status: 400, json: { error: "invalid_grant", error_description } });
      // A correction that did not help is not kept: each call tries its own.
      for (const exchanges of [2, 4]) {
        const error = await t.refused(() => session.get("/x"), "clock_skew");
        equal(error.transient, false, "transient");
        ok(/clock.*(59\d|60\d) s ahead/.test(error.message), `how far it is, saw ${error.message}`);
        equal(await t.exchanges(), exchanges, "exchanges");
      }
    },
  },
  {
    name: "a clock that is ten minutes behind still gets a token that counts as fresh",
    async run(t) {
      const { session } = await t.open();
      await t.emulator.setClock({ offset: 600_000 });
      for (let i = 0; i < 3; i += 1) equal((await session.get("/x")).status, 200, "status");
      equal(await t.exchanges(), 1, "exchanges");
    },
  },
  {
    name: "an assertion whose time is over is made anew by the server's clock",
    async run(t) {
      const { session } = await t.open();
      await t.emulator.setClock({ offset: 7_200_000 });
      equal((await session.get("/x")).status, 200, "status");
      equal(await t.exchanges(), 2, "exchanges");
    },
  },
  {
    name: "a slow body is waited for",
    async run(t) {
      const { session } = await t.open();
      await t.emulator.fault({ endpoint: "token", slowBody: 50 });
      equal((await session.get("/x")).status, 200, "status");
    },
  },
  {
    name: "an endless answer costs no more than its first mebibyte",
    async run(t) {
      const { session } = await t.open({ session: { retry: false } });
      await t.emulator.fault({ endpoint: "token", body: "endless" });
      const began = Date.now();
      await t.refused(() => session.getIdToken(), "invalid_answer");
      ok(Date.now() - began < 5000, "an end soon");
    },
  },
  {
    name: "a failed refresh does not displace a token that is valid",
    async run(t) {
      const { session } = await t.open({ session: { retry: false } });
      await session.get("/x");
      await t.emulator.fault({ endpoint: "token", status: 503 });
      await t.refused(() => session.getIdToken({ forceRefresh: true }), "exchange_unavailable");
      equal((await session.get("/x")).status, 200, "status");
    },
  },
];

export default { name: "exchange", cases };
