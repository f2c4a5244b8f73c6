import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createEmulator } from "../index.js";
import { assertionOf, JWT_BEARER } from "../testing/harness.js";

const ORIGIN = "https://google.test";

test("the handler alone, without a socket: token, service, keys, faults", async () => {
  const { fetch, createServiceAccountKey, addService, addFault, log } = createEmulator({ origin: ORIGIN });
  const key = await createServiceAccountKey();
  const service = addService("hello");
  assert.equal(service.url, `${ORIGIN}/run/hello`);

  const body = new URLSearchParams({
    grant_type: JWT_BEARER,
    assertion: assertionOf(key, { aud: `${ORIGIN}/token`, target_audience: service.url }),
  });
  const { id_token: token } = await (await fetch(new Request(`${ORIGIN}/token`, { method: "POST", body }))).json();
  const call = () => fetch(new Request(`${service.url}/x`, { method: "POST", body: "hi", headers: { authorization: `Bearer ${token}` } }));
  const echo = await (await call()).json();
  assert.deepEqual([echo.path, echo.body, echo.caller], ["/x", "hi", key.client_email]);
  assert.equal((await (await fetch(new Request(`${ORIGIN}/oauth2/v3/certs`))).json()).keys.length, 1);

  addFault({ endpoint: "service", reset: true, times: 1 });
  await assert.rejects(call(), TypeError);
  addFault({ endpoint: "service", torn: true, times: 1 });
  await assert.rejects((await call()).text(), TypeError);
  addFault({ endpoint: "service", hang: true, times: 1 });
  await assert.rejects(fetch(new Request(service.url, { signal: abortSoon() })), /given up/);
  addFault({ endpoint: "service", delay: 60_000, times: 1 });
  await assert.rejects(fetch(new Request(service.url, { signal: abortSoon() })), /given up/);
  addFault({ endpoint: "service", hang: true, times: 1 });
  await assert.rejects(fetch(new Request(service.url, { signal: AbortSignal.abort() })), { name: "AbortError" });
  assert.equal(log[0].token.audience, service.url);

  for (const url of [service.url, new URL(service.url)]) {
    assert.equal((await fetch(url, { method: "PUT", headers: { authorization: `Bearer ${token}` } })).status, 200, "as a client's fetch");
  }
});

/** Aborts in a moment, and keeps the process alive until then, which AbortSignal.timeout does not. */
function abortSoon() {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("given up")), 50);
  return controller.signal;
}

test("a pinned origin is the only one; without any, each request's own counts", async () => {
  const pinned = createEmulator({ origin: `${ORIGIN}/` });
  const key = await pinned.createServiceAccountKey();
  const ask = (emulator, at, aud) => {
    const body = new URLSearchParams({ grant_type: JWT_BEARER, assertion: assertionOf(key, { aud }) });
    return emulator.fetch(new Request(`${at}/token`, { method: "POST", body })).then((answer) => answer.status);
  };
  assert.equal(await ask(pinned, "http://localhost:1", `${ORIGIN}/token`), 200);
  assert.equal(await ask(pinned, "http://localhost:1", "http://localhost:1/token"), 400);

  const free = createEmulator();
  await free.addServiceAccount(key);
  assert.throws(() => free.addService("x").url, /origin is not known/);
  assert.equal(await ask(free, "http://localhost:1", "http://localhost:1/token"), 200);
  assert.equal(await ask(free, "http://localhost:1", "http://localhost:2/token"), 400);
});

test("a thousand first requests make one signing key", async () => {
  const { fetch } = createEmulator();
  const answers = await Promise.all(Array.from({ length: 1000 }, () => fetch(new Request(`${ORIGIN}/oauth2/v3/certs`))));
  const kids = await Promise.all(answers.map(async (answer) => (await answer.json()).keys[0].kid));
  assert.equal(new Set(kids).size, 1);
});

test("nothing that index.js loads is Node's", async () => {
  const seen = new Set();
  const visit = async (url) => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    const text = await readFile(url, "utf8");
    const code = text.replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, "");
    assert.doesNotMatch(code, /\b(process|Buffer)\.|\b(require|setImmediate)\(|\b__dirname\b/, url.href);
    for (const [, name] of text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)"/gms)) {
      if (name.startsWith(".")) await visit(new URL(name, url));
      else assert.equal(name, "jose", url.href);
    }
  };
  await visit(new URL("../index.js", import.meta.url));
  assert.ok(seen.size > 20, [...seen].join());
});
