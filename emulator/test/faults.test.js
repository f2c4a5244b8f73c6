import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { assertionOf, exchange, idToken, rawRequest, start, until } from "../testing/harness.js";

const CERTS = "/oauth2/v3/certs";

/** Runs it and says how long it took. @param {() => Promise<any>} work */
async function timed(work) {
  const before = performance.now();
  const value = await work();
  return { value, took: performance.now() - before };
}

test("status, headers and body replace the answer, as often as told", async (t) => {
  const { url, key, emulator } = await start(t);
  emulator.addFault({ endpoint: "token", status: 503, headers: { "retry-after": "2" }, body: "busy", times: 2 });
  for (let i = 0; i < 2; i++) {
    const response = await exchange(url, assertionOf(key));
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("retry-after"), "2");
    assert.equal(await response.text(), "busy");
  }
  assert.equal((await exchange(url, assertionOf(key))).status, 200);
  assert.deepEqual(
    emulator.log.map(({ status, outcome, fault }) => [status, outcome, fault]),
    [
      [503, "fault: status 503, headers, body", "status 503, headers, body"],
      [503, "fault: status 503, headers, body", "status 503, headers, body"],
      [200, "ok", undefined],
    ],
  );
});

test("HTML, JSON, and answers without a body", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "certs", body: "html", times: 1 });
  const html = await fetch(url + CERTS);
  assert.equal(html.status, 200);
  assert.match(html.headers.get("content-type"), /^text\/html/);
  assert.match(await html.text(), /^<html>/);

  emulator.addFault({ endpoint: "certs", json: { keys: [] }, times: 1 });
  assert.deepEqual(await (await fetch(url + CERTS)).json(), { keys: [] });
  emulator.addFault({ endpoint: "certs", json: null, status: 400, times: 1 });
  const nothing = await fetch(url + CERTS);
  assert.deepEqual([nothing.status, await nothing.json()], [400, null]);
  emulator.addFault({ endpoint: "certs", status: 302, headers: { location: "/x" }, times: 1 });
  const redirect = await fetch(url + CERTS, { redirect: "manual" });
  assert.deepEqual([redirect.status, redirect.headers.get("location")], [302, "/x"]);
  emulator.addFault({ endpoint: "certs", status: 204, json: 1, times: 1 });
  assert.equal(await (await fetch(url + CERTS)).text(), "");

  emulator.addFault({ endpoint: "certs", headers: { age: "7", "x-more": "1" }, times: 1 });
  const spoiled = await fetch(url + CERTS);
  assert.equal(spoiled.headers.get("age"), "7");
  assert.equal(spoiled.headers.get("x-more"), "1");
  assert.equal((await spoiled.json()).keys.length, 1, "headers alone leave the answer as it is");
});

test("a fault picks its endpoint and its path, the oldest first, until cleared", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "any", match: "/run/hello/a?", status: 501 });
  emulator.addFault({ endpoint: "service", status: 502 });
  const status = async (path) => (await fetch(url + path)).status;
  assert.equal(await status("/run/hello/a?x"), 501);
  assert.equal(await status("/run/hello/a"), 502);
  assert.equal(await status(CERTS), 200);
  emulator.addFault({ endpoint: "any", status: 503 });
  assert.equal(await status(CERTS), 503);
  assert.equal(await status("/nowhere"), 503);
  emulator.clearFaults();
  assert.equal(await status(CERTS), 200);
  assert.equal(await status("/run/hello/a?x"), 403);
});

test("idToken stands in for the real one, and only for that", async (t) => {
  const { url, key, emulator } = await start(t);
  emulator.addFault({ endpoint: "token", idToken: "<html>" });
  assert.deepEqual(await (await exchange(url, assertionOf(key))).json(), { id_token: "<html>" });
  assert.equal((await exchange(url, assertionOf(key, { aud: "x" }))).status, 400);
  const access = await (await exchange(url, assertionOf(key, { target_audience: undefined, scope: "a" }))).json();
  assert.deepEqual(Object.keys(access), ["access_token", "expires_in", "token_type"]);
  assert.equal(emulator.log[1].outcome.endsWith("(and fault: idToken)"), true);
  assert.ok(!JSON.stringify(emulator.log).includes("<html>"));
});

test("a huge body is more than a mebibyte of valid JSON; an endless one has no end", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "certs", body: "huge", times: 2 });
  assert.ok((await (await fetch(url + CERTS)).json()).id_token.length > 1 << 20);
  const { body, headers } = await rawRequest(url, { path: CERTS });
  assert.ok(body.length > 1 << 20);
  assert.equal(headers["content-length"], undefined);

  emulator.addFault({ endpoint: "certs", body: "endless", times: 1 });
  const response = await fetch(url + CERTS);
  const reader = response.body.getReader();
  for (let seen = 0; seen < 8 << 20;) seen += (await reader.read()).value.length;
  await reader.cancel();
});

test("delay, with fetch and with node:http", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "certs", delay: 150 });
  for (const ask of [() => fetch(url + CERTS), () => rawRequest(url, { path: CERTS })]) {
    const { value, took } = await timed(ask);
    assert.equal(value.status, 200);
    assert.ok(took >= 145, String(took));
  }
});

test("hang: no answer, until the client gives up", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "certs", hang: true, times: 1 });
  const leaving = new AbortController();
  const left = assert.rejects(fetch(url + CERTS, { signal: leaving.signal }), { name: "AbortError" });
  await until(() => emulator.log[0]?.fault === "hang");
  assert.equal(emulator.log[0].outcome, "pending");
  leaving.abort();
  await left;
  await until(() => emulator.log[0].outcome !== "pending");
  const [{ status, outcome, fault }] = emulator.log;
  assert.deepEqual({ status, outcome, fault }, { status: null, outcome: "the client went away", fault: "hang" });

  emulator.addFault({ endpoint: "certs", hang: true, times: 1 });
  const pending = rawRequest(url, { path: CERTS });
  const quiet = await Promise.race([pending.catch((error) => error), sleep(150, "quiet")]);
  assert.equal(quiet, "quiet");
  // The server is closed when the test ends, and takes the hanging request with it.
  pending.catch(() => {});
});

test("reset: the connection breaks instead of an answer", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "certs", reset: true, times: 2 });
  await assert.rejects(rawRequest(url, { path: CERTS }), { code: "ECONNRESET" });
  // undici repeats a GET on its own when a used connection breaks, which this one is not.
  await assert.rejects(
    fetch(url + CERTS),
    (error) => error instanceof TypeError && /ECONNRESET|closed/.test(`${error.cause?.code} ${error.cause}`),
  );
  assert.deepEqual(
    emulator.log.map((entry) => entry.outcome),
    ["fault: reset", "fault: reset"],
  );
  assert.equal((await fetch(url + CERTS)).status, 200);
});

test("torn: the whole length is declared, half the body comes", async (t) => {
  const { url, emulator } = await start(t);
  const whole = await (await fetch(url + CERTS)).text();
  emulator.addFault({ endpoint: "certs", torn: true, times: 2 });
  const error = await rawRequest(url, { path: CERTS }).then(assert.fail, (broken) => broken);
  assert.equal(error.answer.status, 200);
  assert.equal(Number(error.answer.headers["content-length"]), whole.length);
  assert.equal(error.answer.body, whole.slice(0, whole.length >> 1));

  const response = await fetch(url + CERTS);
  assert.equal(response.status, 200);
  await assert.rejects(response.json(), TypeError);
  emulator.addFault({ endpoint: "certs", torn: true, status: 204 });
  await assert.rejects((await fetch(url + CERTS)).text(), TypeError, "an answer that had no body");
});

test("slowBody: pieces with pauses, the head at once", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "certs", slowBody: 30 });
  const before = performance.now();
  const response = await fetch(url + CERTS);
  const pieces = [];
  for await (const piece of response.body) pieces.push(piece);
  const took = performance.now() - before;
  assert.ok(took >= 190, String(took));
  assert.ok(pieces.length >= 6, String(pieces.length));
  assert.equal(JSON.parse(Buffer.concat(pieces).toString()).keys.length, 1);
  const { body } = await rawRequest(url, { path: CERTS });
  assert.equal(JSON.parse(body).keys.length, 1);
});

test("faults hit services before and after the check", async (t) => {
  const world = await start(t);
  const { emulator, service } = world;
  const headers = { authorization: `Bearer ${await idToken(world)}` };
  emulator.addFault({ endpoint: "service", torn: true, times: 1 });
  await assert.rejects((await fetch(service.url, { headers })).json(), TypeError);
  emulator.addFault({ endpoint: "service", status: 401, times: 1 });
  assert.equal((await fetch(service.url, { headers })).status, 401);
  const [torn, replaced] = emulator.log.slice(-2).map((entry) => entry.service);
  assert.equal(torn.caller, world.key.client_email);
  assert.equal(replaced.caller, null, "nothing was checked");
  assert.equal(replaced.headers.authorization, "Bearer [redacted]");
});

test("mistakes in a fault are refused", async (t) => {
  const { emulator } = await start(t);
  for (const fault of [
    null,
    {},
    { endpoint: "nowhere" },
    { endpoint: "token", staus: 500 },
    { endpoint: "token", status: 99 },
    { endpoint: "token", times: 0 },
    { endpoint: "token", delay: -1 },
    { endpoint: "token", headers: { "a b": "c" } },
    { endpoint: "token", headers: "x" },
    { endpoint: "token", body: 1 },
    { endpoint: "token", body: "x", json: 1 },
    { endpoint: "token", idToken: "x", status: 200 },
    { endpoint: "token", body: "endless", torn: true },
  ]) {
    assert.throws(() => emulator.addFault(fault), TypeError, JSON.stringify(fault));
  }
});
