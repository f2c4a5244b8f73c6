import assert from "node:assert/strict";
import { test } from "node:test";
import { assertionOf, exchange, start } from "../testing/harness.js";

const ORIGIN = "http://127.0.0.1:5173";

test("preflights are allowed everywhere, and are no requests to the endpoint", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "any", status: 500 });
  for (const path of ["/token", "/oauth2/v3/certs", "/run/hello/x", "/_emulator/log", "/nowhere"]) {
    const response = await fetch(url + path, {
      method: "OPTIONS",
      headers: {
        origin: ORIGIN,
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,x-serverless-authorization,content-type,x-any",
        "access-control-request-private-network": "true",
      },
    });
    assert.equal(response.status, 204, path);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(response.headers.get("access-control-allow-methods"), "PATCH");
    assert.equal(response.headers.get("access-control-allow-headers"), "authorization,x-serverless-authorization,content-type,x-any");
    assert.equal(response.headers.get("access-control-allow-private-network"), "true");
  }
  assert.deepEqual(
    emulator.log.map((entry) => entry.endpoint),
    Array(4).fill("preflight"),
  );
});

test("every answer can be read by a page", async (t) => {
  const { url, key, emulator, service } = await start(t);
  emulator.addFault({ endpoint: "certs", status: 503, headers: { "access-control-allow-origin": "x" }, times: 1 });
  for (const response of [
    await exchange(url, assertionOf(key)),
    await exchange(url, "x"),
    await fetch(`${url}/oauth2/v3/certs`),
    await fetch(service.url),
    await fetch(service.url, { method: "OPTIONS", headers: { origin: ORIGIN } }),
    await fetch(`${url}/nowhere`),
    await fetch(`${url}/_emulator/log`),
  ]) {
    assert.equal(response.headers.get("access-control-allow-origin"), "*", response.url);
    assert.equal(response.headers.get("access-control-expose-headers"), "*", response.url);
  }
  assert.equal(emulator.log.at(-2).status, 403, "OPTIONS that is no preflight reaches the service's check");
});
