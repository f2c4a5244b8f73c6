// session.fetch, which can be handed to any library that takes a fetch.
import { equal, failure, ok } from "../client/check.js";

/** That a POST with the body "whole" was to be sent. Not on the wire: browsers stream no body over plain HTTP/1.1. */
async function sentWhole({ url, method, input }, expected) {
  equal([url, method, await input.text()], [expected, "POST", "whole"], "request");
}

const cases = [
  {
    name: "absolute URLs within the base",
    smoke: true,
    async run(t) {
      const { session, service } = await t.open();
      for (const input of [`${service.url}/x?q=1`, new URL(`${service.url}/x?q=1`)]) {
        const echo = await (await session.fetch(input)).json();
        equal([echo.method, echo.path, echo.query], ["GET", "/x", "q=1"], "request");
      }
      equal((await (await session.fetch(service.url)).json()).path, "", "the base itself");
    },
  },
  {
    name: "relative input, as the verbs take it",
    async run(t) {
      const { session } = await t.open();
      const echo = await (await session.fetch("/x", { method: "PUT", body: "b" })).json();
      equal([echo.method, echo.path, echo.body], ["PUT", "/x", "b"], "request");
      equal((await (await session.fetch("x")).json()).path, "/x", "path");
    },
  },
  {
    name: "a method is sent as fetch writes it",
    async run(t) {
      const { session } = await t.open();
      equal((await (await session.fetch("/x", { method: "post" })).json()).method, "POST", "method");
      const { session: offline, calls } = t.offline("https://svc.example");
      for (const method of ["Merge", "patch", "post"]) await offline.fetch("/x", { method });
      equal(
        calls.map(({ method }) => method),
        ["Merge", "patch", "post"],
        "methods, which are fetch's to write",
      );
    },
  },
  {
    name: "what else a Request says holds behind a redirect, too",
    async run(t) {
      const answer = ({ url }) => (url.endsWith("/old") ? new Response(null, { status: 307, headers: { location: "/new" } }) : undefined);
      const { session, calls } = t.offline("https://svc.example", { answer });
      const request = new Request("https://svc.example/old", { method: "DELETE", headers: { "x-a": "1" } });
      equal((await session.fetch(request)).status, 200, "status");
      const { input, method, headers, url } = calls[1];
      ok(input instanceof Request, "a Request again");
      equal([method, url, headers.get("x-a")], ["DELETE", "https://svc.example/new", "1"], "request");
    },
  },
  {
    name: "a Request keeps its method, headers and body",
    smoke: true,
    async run(t) {
      const { session, service } = await t.open();
      const headers = { "x-a": "1", "content-type": "text/plain" };
      const request = new Request(`${service.url}/r`, { method: "POST", headers, body: "of the request" });
      const echo = await (await session.fetch(request)).json();
      equal([echo.method, echo.path, echo.body], ["POST", "/r", "of the request"], "request");
      equal([echo.headers["x-a"], echo.headers["content-type"]], ["1", "text/plain"], "headers");
    },
  },
  {
    name: "init goes before what a Request says",
    async run(t) {
      const { session, service } = await t.open();
      const request = new Request(`${service.url}/r`, { headers: { "x-a": "request" } });
      const echo = await (await session.fetch(request, { method: "PUT", body: "init", headers: { "x-a": "init" } })).json();
      equal([echo.method, echo.body, echo.headers["x-a"]], ["PUT", "init", "init"], "request");
    },
  },
  {
    name: "a Request keeps its method, headers and body with searchParams, too",
    async run(t) {
      const { session, service } = await t.open();
      const request = new Request(`${service.url}/r?a=1`, { method: "DELETE", headers: { "x-a": "1" } });
      const echo = await (await session.fetch(request, { searchParams: { b: "2" } })).json();
      equal([echo.method, echo.query, echo.headers["x-a"]], ["DELETE", "a=1&b=2", "1"], "request");
      const { session: offline, calls } = t.offline("https://svc.example");
      await offline.fetch(new Request("https://svc.example/r", { method: "POST", body: "whole" }), { searchParams: { b: "2" } });
      await sentWhole(calls[0], "https://svc.example/r?b=2");
    },
  },
  {
    name: "a Request as init, as proxies hand theirs on",
    smoke: true,
    async run(t) {
      const { session, service } = await t.open();
      const came = () => new Request("https://elsewhere.example/old", { method: "DELETE", headers: { "x-a": "1" } });
      for (const call of [() => session.fetch(`${service.url}/new`, came()), () => session.fetch("/new", came())]) {
        const echo = await (await call()).json();
        equal([echo.method, echo.url, echo.headers["x-a"]], ["DELETE", `${service.url}/new`, "1"], "request");
      }
      equal((await (await session.put("/new", came())).json()).method, "PUT", "method of a verb");
      const { session: offline, calls } = t.offline("https://svc.example");
      const signal = AbortSignal.abort(new Error("mine"));
      const error = await failure(offline.fetch("/new", new Request("https://elsewhere.example/old", { signal })));
      equal([error?.message, calls.length], ["mine", 0], "a signal's reason, and requests");
      await offline.fetch("/new", new Request("https://elsewhere.example/old", { method: "POST", body: "whole" }));
      await sentWhole(calls[0], "https://svc.example/new");
    },
  },
  {
    name: "what lies outside the base is refused",
    smoke: true,
    async run(t) {
      const { session, service } = await t.open();
      const outside = [
        t.lab.away,
        `${service.url}x`,
        `${service.url}/..%2fother`,
        service.url.replace("127.0.0.1", "localhost"),
        service.url.replace("http:", "https:"),
        service.url.replace("//", "//user:secret@"),
        new URL("/run/other", service.url).href,
      ];
      for (const url of outside) {
        const how = { what: url, secrets: ["secret"] };
        await t.refused(() => session.fetch(url), "invalid_path", how);
        if (!url.includes("@")) await t.refused(() => session.fetch(new Request(url)), "invalid_path", how);
        await t.refused(() => session.fetch(new URL(url)), "invalid_path", how);
      }
      await t.nothingSent();
    },
  },
  {
    name: "verbs take no absolute URL, not even within the base",
    async run(t) {
      const { session, service } = await t.open();
      for (const verb of ["get", "post", "put", "patch", "delete", "head"]) {
        await t.refused(() => session[verb](`${service.url}/x`), "invalid_path");
        await t.refused(() => session[verb](new URL(service.url)), "invalid_path");
        await t.refused(() => session[verb](undefined), "invalid_path");
      }
      await t.nothingSent();
    },
  },
  {
    name: "works apart from its session",
    async run(t) {
      const { session, service } = await t.open();
      // As libraries take it: options of theirs, called without an owner.
      const { fetch } = session;
      equal((await fetch(`${service.url}/x`)).status, 200, "status");
      const client = { fetch: session.fetch };
      equal((await client.fetch(`${service.url}/x`)).status, 200, "status as another object's member");
    },
  },
  {
    name: "customFetch sends everything, and sees no option of ours",
    smoke: true,
    async run(t) {
      const urls = [];
      const custom = (input, init) => {
        urls.push(new URL(input.url ?? input).pathname);
        return fetch(input, init);
      };
      const { session } = await t.open({ session: { [t.customFetch]: custom } });
      equal((await session.get("/x")).status, 200, "status");
      equal(
        urls.map((path) => path.replace(/^\/run\/[^/]+/, "")),
        ["/token", "/x"],
        "paths",
      );
    },
  },
  {
    name: "a rejection of fetch's reaches the caller as it is",
    async run(t) {
      const offline = new TypeError("no network in this test");
      const { session } = t.offline("https://svc.example", { retry: false, answer: () => Promise.reject(offline) });
      for (const path of ["/first", "/again"]) {
        const error = await failure(session.get(path));
        ok(error === offline, `fetch's own error, saw ${error}`);
      }
    },
  },
];

export default { name: "fetch", cases };
