import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { assertionOf, call, claimsOf, CLOUD_PLATFORM, exchange, federate, GOOGLE_TOKEN_URL, POOL, PRINCIPALS } from "../testing/harness.js";
import { sign, start } from "../testing/harness.js";

const TARGET = "robot@p.iam.gserviceaccount.com";

/** A world whose key's account may act as TARGET, and its access token. */
async function robots(t, options) {
  const world = await start(t, options);
  const { emulator, key, url } = world;
  emulator.allowImpersonation({ caller: key.client_email, target: TARGET });
  const at = (verb, name = TARGET) => `${url}/v1/projects/-/serviceAccounts/${name}:${verb}`;
  return { ...world, at, token: await accessToken(world, CLOUD_PLATFORM) };
}

/** An access token of the key's account. */
async function accessToken({ url, key }, scope) {
  const response = await exchange(url, assertionOf(key, { target_audience: undefined, scope }));
  return (await response.json()).access_token;
}

test("generateIdToken: the audience, the email only if asked for, and a service that takes it", async (t) => {
  const { emulator, url, at, token, key } = await robots(t);
  const { uniqueId } = emulator.createServiceAccount({ email: TARGET });
  const service = emulator.addService("robots", { invokers: [TARGET] });
  const full = await call(at("generateIdToken"), token, { audience: service.url, includeEmail: true });
  assert.equal(full.status, 200);
  assert.deepEqual(Object.keys(full.body), ["token"]);
  const { iat, exp, ...claims } = claimsOf(full.body.token);
  const who = { aud: service.url, azp: uniqueId, sub: uniqueId, iss: "https://accounts.google.com" };
  assert.deepEqual(claims, { ...who, email: TARGET, email_verified: true });
  assert.equal(exp, iat + 3600);
  assert.equal((await fetch(service.url, { headers: { authorization: `Bearer ${full.body.token}` } })).status, 200);
  assert.deepEqual(emulator.log.find((entry) => entry.endpoint === "iam").iam, {
    method: "generateIdToken",
    target: TARGET,
    delegates: [],
    caller: key.client_email,
    audience: service.url,
    includeEmail: true,
  });

  const bare = claimsOf((await call(at("generateIdToken"), token, { audience: "a" })).body.token);
  assert.equal("email" in bare || "email_verified" in bare, false);
  const snake = await call(at("generateIdToken", uniqueId), token, { audience: "a", include_email: true, useEmailAzp: true });
  assert.deepEqual([claimsOf(snake.body.token).email, claimsOf(snake.body.token).azp], [TARGET, TARGET]);
  assert.equal((await call(at("generateIdToken", encodeURIComponent(TARGET)), token, { audience: "a" })).status, 200);
  assert.equal((await call(`${url}/v1/projects/-/serviceAccounts/${TARGET}:nothing`, token, {})).status, 404);
});

test("generateAccessToken: its expiry, its lifetime, and what it is good for", async (t) => {
  const { emulator, at, token } = await robots(t);
  const { status, body } = await call(at("generateAccessToken"), token, { scope: [CLOUD_PLATFORM], lifetime: "600s" });
  assert.equal(status, 200);
  assert.match(body.accessToken, /^ya29\./);
  assert.match(body.expireTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.ok(Math.abs(Date.parse(body.expireTime) - Date.now() - 600_000) < 5000);

  // It acts as the target, which may act as itself only if it is allowed to.
  const again = () => call(at("generateIdToken"), body.accessToken, { audience: "a" });
  assert.equal((await again()).status, 403);
  emulator.allowImpersonation({ caller: TARGET, target: TARGET });
  assert.equal((await again()).status, 200);
  emulator.clock.offset = 601_000;
  assert.equal((await again()).status, 401, "its life is over");
  emulator.clock.offset = 0;
  emulator.disallowImpersonation({ caller: TARGET, target: TARGET });
  assert.equal((await again()).status, 403);

  const long = () => call(at("generateAccessToken"), token, { scope: [CLOUD_PLATFORM], lifetime: "3601s" });
  assert.equal((await long()).body.error.status, "INVALID_ARGUMENT");
  emulator.createServiceAccount({ email: TARGET, maxLifetime: 43_200 });
  assert.equal((await long()).status, 200);
  assert.throws(() => emulator.createServiceAccount({ email: TARGET, maxLifetime: 43_201 }), TypeError);
});

test("refused: callers without a good access token", async (t) => {
  const { emulator, url, key, at, token } = await robots(t);
  const idToken = (await (await exchange(url, assertionOf(key))).json()).id_token;
  for (const bad of [undefined, "x", `${token}x`, idToken]) {
    const { status, body, headers } = await call(at("generateIdToken"), bad, { audience: "a" });
    assert.deepEqual([status, body.error.code, body.error.status], [401, 401, "UNAUTHENTICATED"]);
    assert.match(headers.get("www-authenticate"), /^Bearer/);
  }
  const weak = await accessToken({ url, key }, "openid email");
  const { status, body } = await call(at("generateIdToken"), weak, { audience: "a" });
  assert.deepEqual([status, body.error.details[0].reason], [403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]);
  const iam = await accessToken({ url, key }, "https://www.googleapis.com/auth/iam");
  assert.equal((await call(at("generateIdToken"), iam, { audience: "a" })).status, 200);
  emulator.clock.offset = 3_601_000;
  assert.equal((await call(at("generateIdToken"), token, { audience: "a" })).status, 401, "expired");
  emulator.reset();
  assert.equal((await call(at("generateIdToken"), token, { audience: "a" })).status, 401, "void after a reset");
});

test("refused: what is asked for, and of whom", async (t) => {
  const { emulator, url, at, token } = await robots(t);
  const unknown = await call(at("generateIdToken", "nobody@p.iam.gserviceaccount.com"), token, { audience: "a" });
  assert.deepEqual([unknown.status, unknown.body.error.status], [404, "NOT_FOUND"]);
  emulator.createServiceAccount({ email: "other@p.iam.gserviceaccount.com" });
  const denied = await call(at("generateAccessToken", "other@p.iam.gserviceaccount.com"), token, { scope: ["a"] });
  assert.deepEqual([denied.status, denied.body.error.status], [403, "PERMISSION_DENIED"]);
  assert.deepEqual(denied.body.error.details, [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      domain: "iam.googleapis.com",
      reason: "IAM_PERMISSION_DENIED",
      metadata: { permission: "iam.serviceAccounts.getAccessToken" },
    },
  ]);
  for (const [verb, body] of [
    ["generateIdToken", {}],
    ["generateIdToken", { audience: "" }],
    ["generateIdToken", { audience: 7 }],
    ["generateIdToken", { audience: "a", includeEmail: "yes" }],
    ["generateIdToken", { audience: "a", scope: ["x"] }],
    ["generateIdToken", { audience: "a", delegates: TARGET }],
    ["generateIdToken", { audience: "a", delegates: [TARGET] }],
    ["generateIdToken", { audience: "a", delegates: ["projects/-/serviceAccounts/"] }],
    ["generateIdToken", "{"],
    ["generateIdToken", "[]"],
    ["generateAccessToken", {}],
    ["generateAccessToken", { scope: [] }],
    ["generateAccessToken", { scope: CLOUD_PLATFORM }],
    ["generateAccessToken", { scope: ["a b", ""] }],
    ["generateAccessToken", { scope: ["a"], lifetime: 3600 }],
    ["generateAccessToken", { scope: ["a"], lifetime: "3600" }],
    ["generateAccessToken", { scope: ["a"], lifetime: "0s" }],
    ["signJwt", { payload: "no json" }],
    ["signJwt", { payload: '{"exp":1}' }],
    ["signBlob", { payload: "%%" }],
  ]) {
    const answer = await call(at(verb), token, body);
    assert.deepEqual([answer.status, answer.body.error.status], [400, "INVALID_ARGUMENT"], JSON.stringify([verb, body]));
  }
  const named = await call(`${url}/v1/projects/p/serviceAccounts/${TARGET}:generateIdToken`, token, { audience: "a" });
  assert.equal(named.status, 400, "the project is the wildcard");
});

test("delegates are walked in order", async (t) => {
  const { emulator, key, at, token } = await robots(t);
  const [one, two, end] = ["d1", "d2", "end"].map((name) => `${name}@p.iam.gserviceaccount.com`);
  const ask = (...delegates) =>
    call(at("generateAccessToken", end), token, { scope: ["a"], delegates: delegates.map((name) => `projects/-/serviceAccounts/${name}`) });
  for (const email of [one, two, end]) emulator.createServiceAccount({ email });
  for (const [caller, target] of [
    [key.client_email, one],
    [one, two],
    [two, end],
  ]) {
    assert.equal((await ask(one, two)).status, 403, "every link is needed");
    emulator.allowImpersonation({ caller, target });
  }
  assert.equal((await ask(one, two)).status, 200);
  assert.deepEqual(emulator.log.at(-1).iam.delegates, [one, two]);
  assert.equal((await ask(two, one)).status, 403);
  assert.equal((await ask(one)).status, 403);
  assert.equal((await ask()).status, 403);
  assert.equal((await ask(one, "nobody@p.iam.gserviceaccount.com")).status, 404);
});

test("a federated identity, and a whole pool, may be allowed", async (t) => {
  const { emulator, url, at } = await robots(t);
  const audience = `${POOL}/providers/oidc`;
  emulator.addProvider({ kind: "oidc", audience });
  const federated = async (subject) => {
    const subject_token = await emulator.issueSubjectToken({ subject, audience });
    return (await federate(url, { subject_token })).body.access_token;
  };
  const [ada, bob] = [await federated("ada"), await federated("bob")];
  const ask = async (token, name = TARGET) => (await call(at("generateIdToken", name), token, { audience: "a" })).status;
  assert.equal(await ask(ada), 403);
  emulator.allowImpersonation({ caller: `${PRINCIPALS}ada`, target: TARGET });
  assert.deepEqual([await ask(ada), await ask(bob)], [200, 403]);
  const pool = PRINCIPALS.replace("principal:", "principalSet:").replace("subject/", "*");
  emulator.allowImpersonation({ caller: pool, target: "pool@p.iam.gserviceaccount.com" });
  assert.equal(await ask(bob, "pool@p.iam.gserviceaccount.com"), 200);
});

test("signJwt and signBlob sign with a key that is published for the account", async (t) => {
  const { url, at, token } = await robots(t);
  const published = async (kid) => {
    const { keys } = await (await fetch(`${url}/service_accounts/v1/jwk/${encodeURIComponent(TARGET)}`)).json();
    return createPublicKey({ key: keys.find((key) => key.kid === kid), format: "jwk" });
  };
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: TARGET, aud: GOOGLE_TOKEN_URL, iat: now, exp: now + 600, target_audience: "https://x.example" };
  const { keyId, signedJwt } = (await call(at("signJwt"), token, { payload: JSON.stringify(claims) })).body;
  assert.deepEqual(claimsOf(signedJwt), claims);
  const [input, signature] = [signedJwt.slice(0, signedJwt.lastIndexOf(".")), signedJwt.split(".")[2]];
  assert.ok(verify("RSA-SHA256", Buffer.from(input), await published(keyId), Buffer.from(signature, "base64url")));
  const exchanged = await exchange(url, signedJwt);
  assert.equal(claimsOf((await exchanged.json()).id_token).email, TARGET, "an assertion like any other");

  const blob = Buffer.from([0, 255, 128, 7]);
  const signed = (await call(at("signBlob"), token, { payload: blob.toString("base64") })).body;
  assert.ok(verify("RSA-SHA256", blob, await published(signed.keyId), Buffer.from(signed.signedBlob, "base64")));
  assert.equal((await fetch(`${url}/service_accounts/v1/jwk/nobody`)).status, 404);
});

test("a self-signed JWT calls IAM, also from another universe, which the token endpoint does not know", async (t) => {
  const { emulator, url, at } = await robots(t);
  const key = await emulator.createServiceAccountKey({ email: "far@p.iam.gserviceaccount.com", universeDomain: "other.example" });
  assert.equal(key.universe_domain, "other.example");
  emulator.allowImpersonation({ caller: key.client_email, target: key.client_email });
  assert.equal((await exchange(url, assertionOf(key))).status, 400);
  const now = Math.floor(Date.now() / 1000);
  const ask = async (claims, header, secret = key.private_key) => {
    const all = { iss: key.client_email, sub: key.client_email, iat: now, exp: now + 3600, ...claims };
    const jwt = sign({ alg: "RS256", typ: "JWT", kid: key.private_key_id, ...header }, all, secret);
    return (await call(at("generateIdToken", key.client_email), jwt, { audience: "a" })).status;
  };
  const aud = "https://iamcredentials.other.example/";
  assert.equal(await ask({ aud }), 200);
  assert.equal(await ask({ scope: CLOUD_PLATFORM }), 200);
  assert.equal(await ask({ scope: "openid" }), 403);
  const { private_key } = await emulator.createServiceAccountKey({ email: "third@p.iam.gserviceaccount.com" });
  for (const [claims, header, secret] of [
    [{ aud: "https://iamcredentials.googleapis.com/" }],
    [{ aud: "https://iamcredentials.other.example" }],
    [{ aud: "https://storage.other.example/" }],
    [{}],
    [{ aud, sub: "someone@corp.example" }],
    [{ aud, sub: undefined }],
    [{ aud, iss: TARGET, sub: TARGET }],
    [{ aud, exp: now - 1 }],
    [{ aud, exp: now + 3601 }],
    [{ aud, iat: now + 400, exp: now + 3000 }],
    [{ aud, iat: undefined }],
    [{ scope: "a  b" }],
    [{ aud }, { kid: undefined }],
    [{ aud }, { kid: "x" }],
    [{ aud }, { alg: "RS512" }],
    [{ aud }, {}, private_key],
  ]) {
    assert.equal(await ask(claims, header, secret), 401, JSON.stringify([claims, header]));
  }
});

test("faults at IAM, and a message too large", async (t) => {
  const { emulator, at, token } = await robots(t);
  emulator.addFault({ endpoint: "iam", match: ":generateIdToken", status: 503, json: { error: { code: 503 } }, times: 1 });
  assert.equal((await call(at("generateIdToken"), token, { audience: "a" })).status, 503);
  assert.equal((await call(at("generateIdToken"), token, { audience: "a" })).status, 200);
  assert.equal((await call(at("generateIdToken"), token, { audience: "a".repeat(2 << 20) })).status, 400);
});
