// Sessions as objects: made, extended, disposed of; which header takes the token; joining by a rule of one's own.
import { contains, equal, eventually, ok } from "../client/check.js";

const entryPoints = [
  ...["get", "post", "put", "patch", "delete", "head", "fetch"].map((verb) => [verb, (session) => session[verb]("/x")]),
  ...["getIdToken", "authorizationHeaders"].map((name) => [name, (session) => session[name]()]),
  ["getAccessToken", (session) => session.getAccessToken({ scopes: ["s"] })],
];

const cases = [
  {
    name: "making a session does no I/O, and takes a URL object",
    async run(t) {
      const { service, options } = await t.open();
      const session = t.createSession(new URL(service.url), options);
      await t.nothingSent();
      equal((await (await session.get("/x")).json()).path, "/x", "path");
    },
  },
  {
    name: "a credential as text and as object",
    async run(t) {
      const { service, key, options } = await t.open();
      for (const credential of [JSON.stringify(key), JSON.stringify(key, null, 2), { ...key }]) {
        const session = t.createSession(service.url, { ...options, credential });
        equal((await session.get("/")).status, 200, "status");
      }
      equal(await t.exchanges(), 1, "exchanges for one and the same credential");
    },
  },
  {
    name: "extend adds, replaces, and leaves the first session alone",
    smoke: true,
    async run(t) {
      const { session, key } = await t.open({ session: { headers: { "x-a": "1", "x-b": "1" } } });
      const extended = session.extend({ headers: { "X-B": "2", "x-c": "2" }, quotaProject: "p" });
      const headers = async (one) => (await (await one.get("/")).json()).headers;
      const [before, after] = [await headers(session), await headers(extended)];
      equal([before["x-a"], before["x-b"], before["x-c"]], ["1", "1", undefined], "headers before");
      equal([after["x-a"], after["x-b"], after["x-c"]], ["1", "2", "2"], "headers after");
      equal([before["x-goog-user-project"], after["x-goog-user-project"]], [undefined, "p"], "quota project");
      equal((await t.emulator.log("token")).at(-1).token.issuer, key.client_email, "credential");
      await t.refusedAtOnce(() => session.extend({ timeout: -1 }), "invalid_option");
    },
  },
  {
    name: "extend keeps the headers that the session was made with",
    async run(t) {
      const mine = new Headers({ "x-a": "1" });
      for (const headers of [mine, new Map([["x-a", "1"]]).entries()]) {
        const { session, calls } = t.offline("https://svc.example", { headers });
        mine.set("x-a", "2");
        for (const one of [session.extend({}), session.extend({ headers: { "x-b": "1" } })]) await one.get("/x");
        equal(
          calls.map((call) => call.headers.get("x-a")),
          ["1", "1"],
          "header",
        );
      }
    },
  },
  {
    name: "extend with another audience asks for another token",
    async run(t) {
      const { session } = await t.open({ service: { audiences: ["custom-audience"] } });
      const custom = session.extend({ audience: "custom-audience" });
      equal((await (await custom.get("/")).json()).aud, "custom-audience", "audience");
      ok((await (await session.get("/")).json()).aud !== "custom-audience", "the first session's own audience");
    },
  },
  {
    name: "a disposed session refuses every call and sends nothing",
    smoke: true,
    async run(t) {
      const { session, service, options } = await t.open();
      session.dispose();
      session.dispose();
      for (const [, call] of entryPoints) await t.refused(() => call(session), "session_disposed");
      await t.nothingSent();
      const other = t.createSession(service.url, options);
      equal((await other.get("/")).status, 200, "a session beside it");
      other.dispose();
      for (const [, call] of entryPoints) await t.refused(() => call(other), "session_disposed");
      equal((await t.emulator.sent()).length, 2, "requests");
    },
  },
  {
    name: "a session that is disposed of while a call is under way refuses the next one",
    smoke: true,
    async run(t) {
      const { session } = await t.open();
      const underWay = [session.get("/first"), session.get("/second", { timeout: 5000 })];
      session.dispose();
      for (const call of underWay) equal((await call).status, 200, "status of what was under way");
      for (const [, call] of entryPoints) await t.refused(() => call(session), "session_disposed");
    },
  },
  {
    name: "a session disposed of while its first call waits for a token stays disposed",
    smoke: true,
    async run(t) {
      let give;
      const credential = () => new Promise((resolve) => (give = () => resolve({ token: "x", expiresAt: Date.now() + 600_000 })));
      const { session, calls } = t.offline("https://svc.example", { credential });
      const first = session.get("/first");
      await eventually(() => ok(give, "the credential function to be asked"));
      session.dispose();
      give();
      equal((await first).status, 200, "status of the call under way");
      for (const [, call] of entryPoints) await t.refused(() => call(session), "session_disposed");
      equal(calls.length, 1, "requests");
    },
  },
  {
    name: "disposing of one session leaves the others of its credential alone",
    async run(t) {
      const { session, service, options } = await t.open();
      const other = t.createSession(service.url, options);
      await session.get("/");
      session.dispose();
      equal((await other.get("/")).status, 200, "status");
      const elsewhere = t.createSession(service.url, { ...options, audience: "another" });
      contains(await elsewhere.getIdToken(), "eyJ", "token");
      if (Symbol.dispose) {
        other[Symbol.dispose]();
        await t.refused(() => other.get("/"), "session_disposed");
      }
    },
  },
  {
    name: "a caller's own Authorization moves the token to X-Serverless-Authorization",
    smoke: true,
    async run(t) {
      const mine = { Authorization: "Basic bWluZTptaW5l" };
      const both = async (response) => {
        equal(response.status, 200, "status");
        const { headers } = await response.json();
        return [headers.authorization, headers["x-serverless-authorization"]?.slice(0, 10)];
      };
      const expected = ["Basic bWluZTptaW5l", "Bearer eyJ"];
      const { session, options, service } = await t.open();
      equal(await both(await session.get("/", { headers: mine })), expected, "on a call");
      equal(await both(await session.get("/", { headers: mine })), expected, "on the next call");
      const whole = t.createSession(service.url, { ...options, headers: mine });
      for (let i = 0; i < 2; i += 1) equal(await both(await whole.get("/")), expected, "on a session");
      const request = new Request(`${service.url}/`, { headers: mine });
      equal(await both(await session.fetch(request)), expected, "in a Request");
    },
  },
  {
    name: "authorizationHeader chooses the header",
    smoke: true,
    async run(t) {
      const { session, options, service } = await t.open({ session: { authorizationHeader: "x-serverless-authorization" } });
      for (let i = 0; i < 2; i += 1) {
        const { headers } = await (await session.get("/")).json();
        equal([headers.authorization, headers["x-serverless-authorization"]?.slice(0, 10)], [undefined, "Bearer eyJ"], "headers");
      }
      const plain = t.createSession(service.url, { ...options, authorizationHeader: "authorization" });
      await t.refused(() => plain.get("/", { headers: { Authorization: "Basic bWluZTptaW5l" } }), "invalid_option");
      const { headers } = await (await plain.get("/")).json();
      equal([headers.authorization?.slice(0, 10), headers["x-serverless-authorization"]], ["Bearer eyJ", undefined], "headers");
    },
  },
  {
    name: "joinUrl joins by a rule of one's own",
    async run(t) {
      const seen = [];
      const joinUrl = (base, input) => {
        seen.push([base instanceof URL, String(base), input]);
        return new URL(`${base.pathname}/v2/${input}`, base);
      };
      const { session, service } = await t.open({ session: { joinUrl } });
      equal((await (await session.get("items")).json()).path, "/v2/items", "path");
      equal(seen[0], [true, service.url, "items"], "what it was given");
      const text = session.extend({ joinUrl: (base, input) => `${base}/text/${input}` });
      equal((await (await text.get("a")).json()).path, "/text/a", "path");
    },
  },
  {
    name: "joinUrl does not leave the origin",
    async run(t) {
      const { session, service } = await t.open();
      const results = [
        t.lab.away,
        "https://evil.example/",
        "//evil.example/x",
        "/relative",
        "",
        service.url.replace("//", "//user:pw@"),
        service.url.replace("127.0.0.1", "localhost"),
        `${service.url}/a\\b`,
        `${service.url}/a\tb`,
        "javascript:alert(1)",
      ];
      for (const result of results) {
        const joined = session.extend({ joinUrl: () => result });
        await t.refused(() => joined.get("x"), "invalid_path");
        await t.refused(() => joined.post("x", { json: 1 }), "invalid_path");
        await t.refused(() => joined.fetch("x"), "invalid_path");
      }
      await t.nothingSent();
    },
  },
];

export default { name: "sessions", cases };
