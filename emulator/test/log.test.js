import assert from "node:assert/strict";
import { test } from "node:test";
import { assertionOf, exchange, idToken, JWT_BEARER, start } from "../testing/harness.js";

test("no token, key or assertion is ever in the log", async (t) => {
  const seen = [];
  const world = await start(t, { onRequest: (entry) => seen.push(structuredClone(entry)) });
  const { url, key, emulator, service } = world;
  const assertion = assertionOf(key);
  const token = await idToken(world);
  const access = await (await exchange(url, assertionOf(key, { target_audience: undefined, scope: "a" }))).json();
  const secrets = [assertion, token, access.access_token, key.private_key, "hunter2"].flatMap((text) => [text, text.slice(-40)]);

  const headers = {
    authorization: `Bearer ${token}`,
    "x-serverless-authorization": `Bearer ${token}`,
    "proxy-authorization": "Basic hunter2",
    cookie: "s=hunter2",
    "x-api-key": "hunter2",
    "x-goog-iap-jwt-assertion": token,
    "x-odd": `look: ${token}`,
    referer: `${url}/?x=${token}`,
  };
  for (const path of ["", `?id_token=${token}&a=1`, `?access%5Ftoken=hunter2`, `/${token}/x`, "?%zz=hunter2", `?x=${token}`]) {
    await fetch(service.url + path, { headers });
  }
  await fetch(service.url, { headers: { authorization: "Bearer hunter2" } });
  await fetch(`${url}/${token}`);
  await exchange(url, `${assertion}=`);
  await exchange(url, assertionOf(key, { target_audience: token, iss: assertion }, { kid: token }));
  const post = (fields) => fetch(`${url}/token`, { method: "POST", body: new URLSearchParams(fields) });
  await post({ grant_type: assertion, assertion: JWT_BEARER });
  await post([
    ["grant_type", JWT_BEARER],
    [assertion, "x"],
    [assertion, "y"],
  ]);
  await world.emulator.addService("fails", { handler: () => Promise.reject(new Error(`no good: ${token}`)) });
  await fetch(`${url}/run/fails`, { headers: { authorization: `Bearer ${await idToken(world, `${url}/run/fails`)}` } });
  emulator.addFault({ endpoint: "token", idToken: "hunter2" });
  await exchange(url, assertion);

  for (const text of [JSON.stringify(emulator.log), JSON.stringify(seen)]) {
    for (const secret of secrets)
      assert.ok(
        !text.includes(secret),
        `${secret.slice(0, 20)} in ${text.slice(Math.max(0, text.indexOf(secret) - 100), text.indexOf(secret) + 100)}`,
      );
    assert.ok(text.includes("[redacted]"));
  }
  assert.equal(emulator.log.length, seen.length);
  assert.deepEqual(emulator.log.find((entry) => entry.query.includes("a=1")).query, "id_token=[redacted]&a=1");
});

test("entries count up, are told when they end, and are bounded", async (t) => {
  const ended = [];
  const { emulator } = await start(t, { origin: "http://emulator.test", onRequest: (entry) => ended.push(entry.id) });
  for (let i = 0; i < 10_050; i++) await emulator.fetch(new Request("http://emulator.test/nowhere"));
  assert.equal(emulator.log.length, 10_000);
  assert.equal(emulator.log[0].id, 51);
  assert.equal(ended.length, 10_050);
  const log = emulator.log;
  emulator.reset();
  assert.equal(log.length, 0);
  assert.equal(emulator.log, log, "the list stays the same one");
});
