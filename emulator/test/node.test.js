import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createEmulator } from "../index.js";
import { serve } from "../node.js";
import { idToken, rawRequest, start, until } from "../testing/harness.js";

test("only loopback hosts, unless told otherwise", async () => {
  const emulator = createEmulator();
  for (const host of ["0.0.0.0", "::", "", "192.168.0.1", "example.com", "127.0.0.1.example.com"]) {
    await assert.rejects(serve(emulator, { host }), TypeError, host);
  }
  const open = await serve(emulator, { host: "0.0.0.0", exposeToNetwork: true });
  await open.close();
  for (const host of ["127.0.0.2", "localhost"]) {
    const server = await serve(emulator, { host });
    assert.equal(server.url, `http://${host}:${server.port}`);
    assert.equal(emulator.origin, server.url);
    assert.equal((await fetch(`${server.url}/oauth2/v3/certs`)).status, 200);
    await server.close();
    assert.equal(emulator.origin, undefined);
  }
});

test("a taken port is an error with its code", async (t) => {
  const { server } = await start(t);
  await assert.rejects(serve(createEmulator(), { port: server.port }), { code: "EADDRINUSE" });
});

test("close ends idle connections at once and busy ones after a while", async () => {
  const emulator = createEmulator();
  const server = await serve(emulator);
  const agent = new Agent({ keepAlive: true });
  await new Promise((resolve, reject) => {
    request(`${server.url}/oauth2/v3/certs`, { agent }, (answer) => answer.resume().on("end", resolve))
      .on("error", reject)
      .end();
  });
  // On the same event loop a timer tells better than a clock whether close has waited out its grace.
  const inTime = (closing) => Promise.race([closing.then(() => true), sleep(450, false)]);
  assert.ok(await inTime(server.close()), "an idle connection holds nothing up");
  agent.destroy();

  const second = await serve(emulator);
  emulator.addFault({ endpoint: "certs", delay: 150, times: 1 });
  const late = fetch(`${second.url}/oauth2/v3/certs`);
  await until(() => emulator.log.at(-1).outcome === "pending");
  assert.ok(await inTime(second.close()), "nor does one that has become idle");
  assert.equal((await late).status, 200, "a request under way is finished");

  const third = await serve(emulator);
  emulator.addFault({ endpoint: "certs", hang: true });
  const never = fetch(`${third.url}/oauth2/v3/certs`);
  const broken = assert.rejects(never, TypeError);
  await until(() => emulator.log.at(-1).outcome === "pending");
  await third.close();
  await broken;
  await assert.rejects(fetch(third.url), TypeError);
});

test("works with `await using` and with anything that has a fetch", async () => {
  const server = await serve({ fetch: async (_, { rawTarget }) => new Response(rawTarget) });
  assert.equal((await rawRequest(server.url, { path: "/a/../b" })).body, "/a/../b");
  await server[Symbol.asyncDispose]();
  await assert.rejects(fetch(server.url), TypeError);
});

test("a thousand connections at once", async (t) => {
  const world = await start(t);
  const headers = { authorization: `Bearer ${await idToken(world)}` };
  const agent = new Agent({ maxSockets: 1000 });
  t.after(() => agent.destroy());
  const one = () =>
    new Promise((resolve, reject) => {
      const outgoing = request(`${world.service.url}/x`, { agent, headers, method: "POST" }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode));
      });
      outgoing.on("error", reject).end("body");
    });
  const statuses = await Promise.all(Array.from({ length: 1000 }, one));
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.equal(world.emulator.log.length, 1001);
});

test("strange requests get an answer and do no harm", async (t) => {
  const { url } = await start(t);
  assert.equal((await rawRequest(url, { method: "TRACE" })).status, 400);
  assert.equal((await rawRequest(url, { headers: { host: "a b" } })).status, 400);
  assert.equal((await rawRequest(url, { method: "OPTIONS", path: "*" })).status, 404);
  assert.equal((await rawRequest(url, { path: `/run/hello/${"x".repeat(40_000)}` })).status, 403);
  assert.match(await exchangeBytes(url, "GET /oauth2/v3/certs HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(await exchangeBytes(url, "nonsense\r\n\r\n"), /^HTTP\/1\.1 400 /);
  assert.equal((await fetch(`${url}/oauth2/v3/certs`)).status, 200);
});

test("a client that leaves in mid-body does no harm", async (t) => {
  const world = await start(t);
  const authorization = `Bearer ${await idToken(world)}`;
  const outgoing = request(`${world.service.url}/x`, { method: "POST", headers: { authorization, "content-length": 1000 } });
  outgoing.on("error", () => {});
  outgoing.write("half");
  const { log } = world.emulator;
  await until(() => log.at(-1).service && log.at(-1).outcome === "pending");
  outgoing.destroy();
  await until(() => log.at(-1).outcome !== "pending");
  assert.equal(log.at(-1).outcome, "the client went away");
  assert.equal((await fetch(world.service.url, { headers: { authorization } })).status, 200);
});

test("a body that nobody reads does not spoil the connection", async (t) => {
  const { url } = await start(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const post = () =>
    new Promise((resolve, reject) => {
      const outgoing = request(`${url}/nowhere`, { agent, method: "POST" }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode));
      });
      outgoing.on("error", reject).end("x".repeat(1 << 20));
    });
  assert.deepEqual([await post(), await post(), await post()], [404, 404, 404]);
});

/**
 * @param {string} url
 * @param {string} bytes
 */
function exchangeBytes(url, bytes) {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => (answer += chunk));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}
