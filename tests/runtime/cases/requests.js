// What a call becomes on the wire, and what comes back of it.
import { contains, equal, ok } from "../client/check.js";

const verbs = ["get", "post", "put", "patch", "delete", "head"];

const cases = [
  {
    name: "a first call: key to token to answer",
    smoke: true,
    async run(t) {
      const { session, service, key } = await t.open();
      await t.nothingSent();
      const response = await session.get("/hello?x=1");
      equal(response.status, 200, "status");
      const echo = await response.json();
      equal(echo.method, "GET", "method");
      equal(echo.path, "/hello", "path");
      equal(echo.query, "x=1", "query");
      equal(echo.caller, key.client_email, "caller");
      equal(echo.aud, service.url, "audience");
      const [exchange] = await t.emulator.log("token");
      equal([exchange.token.issuer, exchange.token.kid], [key.client_email, key.private_key_id], "issuer and key");
    },
  },
  {
    name: '"/x" equals "x"',
    smoke: true,
    async run(t) {
      const { session } = await t.open();
      const echoes = [await session.get("/my-endpoint"), await session.get("my-endpoint")];
      const [one, other] = await Promise.all(echoes.map((echo) => echo.json()));
      equal([one.path, one.url], [other.path, other.url], "both");
      equal(one.path, "/my-endpoint", "path");
    },
  },
  {
    name: '"" is the base itself, no slash added',
    smoke: true,
    async run(t) {
      const { session, service } = await t.open();
      const echo = await (await session.post("", { json: { a: [1, "ä"] } })).json();
      equal([echo.method, echo.url, echo.path], ["POST", service.url, ""], "request");
      equal(echo.body, '{"a":[1,"ä"]}', "body");
      equal(echo.headers["content-type"], "application/json", "content type");
      const slashed = await t.open({ base: (url) => `${url}/` });
      equal((await (await slashed.session.get("")).json()).url, `${slashed.service.url}/`, "a base with a slash");
    },
  },
  {
    name: "every verb sends its method",
    smoke: true,
    async run(t) {
      const { session } = await t.open();
      for (const verb of verbs) {
        const response = await session[verb]("/v");
        equal(response.status, 200, verb);
        if (verb !== "head") equal((await response.json()).method, verb.toUpperCase(), "method");
      }
      const entries = await t.emulator.log("service");
      const seen = entries.filter(({ method }) => method !== "OPTIONS").map(({ method }) => method);
      equal(
        seen,
        verbs.map((verb) => verb.toUpperCase()),
        "methods",
      );
    },
  },
  {
    name: "HEAD has no body",
    async run(t) {
      const { session } = await t.open();
      const response = await session.head("/x");
      equal([response.status, await response.text()], [200, ""], "answer");
    },
  },
  {
    name: "json keeps a content type of the caller's",
    async run(t) {
      const { session } = await t.open();
      const headers = { "Content-Type": "application/cloudevents+json" };
      const echo = await (await session.post("/", { json: null, headers })).json();
      equal([echo.body, echo.headers["content-type"]], ["null", "application/cloudevents+json"], "request");
    },
  },
  {
    name: "bodies of every kind arrive",
    async run(t) {
      const { session } = await t.open();
      const form = new FormData();
      form.set("a", "1");
      const bodies = [
        ["text", "text"],
        [new TextEncoder().encode("bytes"), "bytes"],
        [new TextEncoder().encode("buffer").buffer, "buffer"],
        [new Blob(["blob"]), "blob"],
        [new URLSearchParams({ q: "a b" }), "q=a+b"],
        [form, 'name="a"'],
      ];
      for (const [body, expected] of bodies) {
        contains((await (await session.put("/b", { body })).json()).body, expected, "body");
      }
    },
  },
  {
    name: "searchParams join the query that is there",
    async run(t) {
      const { session } = await t.open({ base: (url) => `${url}?key=1` });
      const query = async (path, searchParams) => (await (await session.get(path, { searchParams })).json()).query;
      equal(await query("/a?b=2", { c: "3 &" }), "key=1&b=2&c=3+%26", "an object");
      equal(
        await query(
          "/a",
          new URLSearchParams([
            ["x", "1"],
            ["x", "2"],
          ]),
        ),
        "key=1&x=1&x=2",
        "URLSearchParams",
      );
      equal(await query("/a", "q=r"), "key=1&q=r", "text");
      equal(await query("/a", {}), "key=1", "nothing");
      equal(await query("", { n: 7, left: undefined }), "key=1&n=7", "a number, and what is left out");
    },
  },
  {
    name: "the session's headers and the call's, the call's winning",
    async run(t) {
      const { session } = await t.open({ session: { headers: { "x-a": "session", "X-B": "session" } } });
      for (const headers of [{ "X-A": "call" }, new Headers({ "x-a": "call" }), [["x-a", "call"]]]) {
        const echo = await (await session.get("/", { headers })).json();
        equal([echo.headers["x-a"], echo.headers["x-b"]], ["call", "session"], "headers");
      }
    },
  },
  {
    name: "the user agent option, and a header that replaces it",
    needs: ["user agent"],
    async run(t) {
      const { session } = await t.open({ session: { userAgent: "tests/1 (x)" } });
      equal((await (await session.get("/")).json()).headers["user-agent"], "tests/1 (x)", "option");
      const headers = { "User-Agent": "mine/2" };
      equal((await (await session.get("/", { headers })).json()).headers["user-agent"], "mine/2", "header");
    },
  },
  {
    name: "the default user agent is $K_SERVICE/$K_REVISION",
    needs: ["env", "user agent"],
    async run(t) {
      t.runtime.setEnv("K_SERVICE", "svc");
      t.runtime.setEnv("K_REVISION", "svc-00001-abc");
      try {
        const { session } = await t.open();
        equal((await (await session.get("/")).json()).headers["user-agent"], "svc/svc-00001-abc", "user agent");
      } finally {
        t.runtime.setEnv("K_SERVICE", undefined);
        t.runtime.setEnv("K_REVISION", undefined);
      }
    },
  },
  {
    name: "quotaProject is sent along",
    async run(t) {
      const { session } = await t.open({ session: { quotaProject: "billed-project" } });
      const echo = await (await session.get("/")).json();
      equal(echo.headers["x-goog-user-project"], "billed-project", "header");
    },
  },
  {
    name: "keepAlive: false asks to close where the runtime can",
    async run(t) {
      const { session } = await t.open({ session: { keepAlive: false } });
      const echo = await (await session.get("/")).json();
      if (t.runtime.closes) equal(echo.headers.connection, "close", "connection");
    },
  },
  {
    name: "members of init that are not ours pass through untouched",
    smoke: true,
    async run(t) {
      const { session, calls } = t.offline("https://svc.example/api");
      const own = { cf: { cacheTtl: 5 }, next: { revalidate: 1 }, dispatcher: { d: 1 }, cache: "no-store", keepalive: true };
      await session.get("/a", { ...own });
      for (const [name, value] of Object.entries(own)) ok(calls[0].init[name] === value, `init.${name} to be the caller's`);
      for (const name of ["json", "searchParams", "timeout"]) ok(!(name in calls[0].init), `no init.${name}`);
    },
  },
  {
    name: "the caller's init and options are not changed",
    async run(t) {
      const options = Object.freeze({ headers: Object.freeze({ "x-a": "1" }) });
      const { session } = t.offline("https://svc.example", options);
      const init = Object.freeze({ json: Object.freeze({ a: 1 }), headers: Object.freeze({ b: "2" }), timeout: 5000 });
      equal((await session.post("/a", init)).status, 200, "status");
      equal(init, { json: { a: 1 }, headers: { b: "2" }, timeout: 5000 }, "init");
    },
  },
  {
    name: "a body may stream up",
    needs: ["upload stream"],
    async run(t) {
      const { session } = await t.open({ service: { handler: "mirror" } });
      await session.get("/warm");
      for (const duplex of [{ duplex: "half" }, {}]) {
        const response = await session.post("/up", { body: pieces(40, 32 * 1024), ...duplex });
        equal((await response.arrayBuffer()).byteLength, 40 * 32 * 1024, "bytes that came back");
      }
    },
  },
  {
    name: "the Response is the one that fetch gave",
    smoke: true,
    async run(t) {
      const given = new Response("body", { status: 418, headers: { "x-mine": "1" } });
      const { session } = t.offline("https://svc.example", { answer: () => given });
      ok((await session.get("/first")) === given, "the first call's own response");
      ok((await session.get("/fast")) === given, "the second call's own response");
      ok(!given.bodyUsed, "a body that nobody read");
    },
  },
  {
    name: "a body may stream down",
    async run(t) {
      const { session } = await t.open();
      await session.get("/warm");
      await t.emulator.fault({ endpoint: "service", slowBody: 60 });
      const began = Date.now();
      const response = await session.get("/slow");
      const headersAfter = Date.now() - began;
      contains(await response.text(), '"path":"/slow"', "body");
      ok(Date.now() - began > headersAfter + 200, `headers (${headersAfter} ms) well before the end of the body`);
    },
  },
  {
    name: "4xx and 5xx are responses, not errors",
    smoke: true,
    async run(t) {
      const { session } = await t.open({ session: { retry: false }, service: { invokers: ["somebody@else.example"] } });
      equal((await session.get("/")).status, 403, "status of a caller who may not");
      for (const status of [404, 429, 500, 503]) {
        await t.emulator.fault({ endpoint: "service", status, times: 1 });
        equal((await session.get("/")).status, status, "status");
      }
    },
  },
];

function pieces(count, size) {
  let left = count;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(size).fill(97));
      else controller.close();
    },
  });
}

export default { name: "requests", cases };
