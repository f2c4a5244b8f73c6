import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { claimsOf, start } from "../testing/harness.js";

const AUDIENCE = "/projects/1/global/backendServices/2";

async function keysOf(url) {
  const response = await fetch(`${url}/iap/verify/public_key-jwk`);
  assert.match(response.headers.get("cache-control"), /^public, max-age=\d+$/);
  return (await response.json()).keys;
}

/** By Node's crypto, and none of the emulator's code. */
function isSignedBy(jwk, assertion) {
  const [header, claims, signature] = assertion.split(".");
  const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  return verify("sha256", Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"));
}

test("an assertion says who came in, and is signed with a key that is published", async (t) => {
  const { url, emulator } = await start(t, {});
  const ada = emulator.addPerson({ email: "ada@corp.example", hd: "corp.example" });
  const assertion = await emulator.issueIapAssertion({
    audience: AUDIENCE,
    email: "ada@corp.example",
    claims: { google: { access_levels: [] } },
  });
  const header = JSON.parse(Buffer.from(assertion.split(".")[0], "base64url").toString());
  const [jwk, ...others] = await keysOf(url);
  assert.deepEqual(header, { alg: "ES256", typ: "JWT", kid: jwk.kid });
  assert.deepEqual(Object.keys(jwk).sort(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
  assert.deepEqual([jwk.alg, jwk.use, others], ["ES256", "sig", []]);
  assert.ok(isSignedBy(jwk, assertion));
  const { iat, exp, ...claims } = claimsOf(assertion);
  assert.deepEqual(claims, {
    iss: "https://cloud.google.com/iap",
    aud: AUDIENCE,
    sub: `accounts.google.com:${ada.sub}`,
    email: "ada@corp.example",
    hd: "corp.example",
    identity_source: "GOOGLE",
    google: { access_levels: [] },
  });
  assert.equal(exp - iat, 600);
  const pems = await (await fetch(`${url}/iap/verify/public_key`)).json();
  assert.equal(createPublicKey(pems[jwk.kid]).export({ format: "jwk" }).x, jwk.x);
});

test("whoever comes in twice is the same person, and another lifetime is what was asked for", async (t) => {
  const { emulator } = await start(t, {});
  const issue = async (options) => claimsOf(await emulator.issueIapAssertion({ audience: AUDIENCE, ...options }));
  const [first, second, other] = [await issue({ email: "eve@example.com" }), await issue({ email: "eve@example.com" }), await issue({})];
  assert.equal(first.sub, second.sub);
  assert.deepEqual([other.email, other.sub === first.sub], ["developer@example.com", false]);
  const { iat, exp } = await issue({ lifetime: -60 });
  assert.equal(exp - iat, -60);
  for (const options of [{ audience: "" }, { audience: 1 }, { email: "" }]) await assert.rejects(issue(options), TypeError);
});

test("rotation, faults and the clock are the same for these keys", async (t) => {
  const { url, emulator } = await start(t, {});
  const first = await emulator.issueIapAssertion({ audience: AUDIENCE });
  await emulator.rotateKeys();
  const [second, old] = await keysOf(url);
  assert.ok(isSignedBy(old, first) && !isSignedBy(second, first));
  await emulator.rotateKeys({ keep: false });
  assert.equal((await keysOf(url)).length, 1);
  emulator.addFault({ endpoint: "certs", status: 503, times: 1 });
  assert.equal((await fetch(`${url}/iap/verify/public_key-jwk`)).status, 503);
  emulator.clock.offset = 3_600_000;
  const { iat } = claimsOf(await emulator.issueIapAssertion({ audience: AUDIENCE }));
  assert.ok(Math.abs(iat - Date.now() / 1000 - 3600) < 5);
});
