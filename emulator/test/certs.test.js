import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { claimsOf, idToken, start } from "../testing/harness.js";

const kidOf = (token) => JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString()).kid;

/** @param {string} url */
async function certs(url) {
  const response = await fetch(`${url}/oauth2/v3/certs`);
  assert.equal(response.status, 200);
  return { headers: response.headers, keys: (await response.json()).keys };
}

test("the JWKS holds public RS256 keys, cacheable, and ages", async (t) => {
  const { url, emulator } = await start(t, { jwksMaxAge: 100 });
  const first = await certs(url);
  assert.equal(first.keys.length, 1);
  assert.deepEqual(Object.keys(first.keys[0]).sort(), ["alg", "e", "kid", "kty", "n", "use"]);
  assert.match(first.headers.get("cache-control"), /^public, max-age=100\b/);
  assert.equal(first.headers.get("age"), "0");

  emulator.clock.offset = 40_500;
  assert.equal((await certs(url)).headers.get("age"), "40");
  emulator.clock.offset = 100_500;
  assert.equal((await certs(url)).headers.get("age"), "0", "made anew when its time is over");
  emulator.clock.offset = -50_000;
  assert.equal((await certs(url)).headers.get("age"), "0");
  assert.equal((await fetch(`${url}/oauth2/v3/certs`, { method: "HEAD" })).status, 200);
  assert.equal((await fetch(`${url}/oauth2/v3/certs`, { method: "POST" })).status, 404);
});

test("rotation signs with a new key, and keeps or drops the old one", async (t) => {
  const world = await start(t);
  const { url, emulator, service } = world;
  const call = async (token) => (await fetch(service.url, { headers: { authorization: `Bearer ${token}` } })).status;
  const first = await idToken(world);

  await emulator.rotateKeys();
  const second = await idToken(world);
  assert.notEqual(kidOf(second), kidOf(first));
  assert.deepEqual(
    (await certs(url)).keys.map((key) => key.kid),
    [kidOf(second), kidOf(first)],
  );
  assert.deepEqual([await call(first), await call(second)], [200, 200]);

  await emulator.rotateKeys({ keep: false });
  const third = await idToken(world);
  assert.deepEqual(
    (await certs(url)).keys.map((key) => key.kid),
    [kidOf(third)],
  );
  assert.deepEqual([await call(first), await call(second), await call(third)], [401, 401, 200]);
  assert.equal(claimsOf(third).iss, "https://accounts.google.com");
});

test("discovery names the emulator's endpoints and Google's issuer", async (t) => {
  const { url } = await start(t);
  const document = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
  assert.equal(document.issuer, "https://accounts.google.com");
  assert.equal(document.token_endpoint, `${url}/token`);
  assert.equal((await certs(document.jwks_uri.replace("/oauth2/v3/certs", ""))).keys.length, 1);
});

test("the same keys come as certificates, which node reads, and which are signed by themselves", async (t) => {
  const { url, emulator } = await start(t);
  await emulator.rotateKeys();
  const response = await fetch(`${url}/oauth2/v1/certs`);
  assert.match(response.headers.get("cache-control"), /^public, max-age=\d+/);
  const pems = await response.json();
  const { keys } = await certs(url);
  assert.deepEqual(
    Object.keys(pems),
    keys.map((key) => key.kid),
  );
  for (const { kid, n } of keys) {
    const certificate = new X509Certificate(pems[kid]);
    assert.equal(certificate.publicKey.export({ format: "jwk" }).n, n);
    assert.ok(certificate.verify(certificate.publicKey));
    assert.equal(certificate.subject, "CN=federated-signon.system.gserviceaccount.com");
  }
});
