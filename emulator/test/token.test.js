import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { createEmulator } from "../index.js";
import { assertionOf, claimsOf, exchange, goodClaims, JWT_BEARER, start } from "../testing/harness.js";

test("an ID token has Google's claims and is signed with the published key", async (t) => {
  const { url, key, emulator } = await start(t);
  const before = Math.floor(Date.now() / 1000);
  const response = await exchange(url, assertionOf(key));
  assert.equal(response.status, 200);
  const answer = await response.json();
  assert.deepEqual(Object.keys(answer), ["id_token"]);

  const [header, payload, signature] = answer.id_token.split(".");
  const { keys } = await (await fetch(`${url}/oauth2/v3/certs`)).json();
  const { kid, alg, typ } = JSON.parse(Buffer.from(header, "base64url").toString());
  assert.deepEqual({ alg, typ }, { alg: "RS256", typ: "JWT" });
  const jwk = keys.find((one) => one.kid === kid);
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  assert.ok(verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, "base64url")));

  const { iat, exp, ...claims } = claimsOf(answer.id_token);
  assert.deepEqual(claims, {
    aud: "https://hello.example",
    azp: key.client_email,
    email: key.client_email,
    email_verified: true,
    iss: "https://accounts.google.com",
    sub: key.client_id,
  });
  assert.ok(iat >= before && iat <= before + 5);
  assert.equal(exp, iat + 3600);
  assert.deepEqual(emulator.log[0].token, {
    grant: JWT_BEARER,
    issuer: key.client_email,
    kid: key.private_key_id,
    kind: "id_token",
    audience: "https://hello.example",
  });
});

test("an access token", async (t) => {
  const { url, key, emulator } = await start(t, { accessTokenLifetime: 1200 });
  const scope = "https://www.googleapis.com/auth/cloud-platform openid";
  const response = await exchange(url, assertionOf(key, { target_audience: undefined, scope }));
  const answer = await response.json();
  assert.deepEqual(Object.keys(answer), ["access_token", "expires_in", "token_type"]);
  assert.match(answer.access_token, /^ya29\./);
  assert.equal(answer.expires_in, 1200);
  assert.equal(answer.token_type, "Bearer");
  assert.equal(emulator.log[0].token.scope, scope);
  assert.equal(emulator.log[0].token.kind, "access_token");
});

test("the answer's headers are like Google's, and its date is the emulator's", async (t) => {
  const { url, key, emulator } = await start(t);
  emulator.clock.offset = -600_000;
  const response = await exchange(url, assertionOf(key, goodClaims(key, Math.floor(emulator.clock.now() / 1000))));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  assert.match(response.headers.get("cache-control"), /^no-cache/);
  const ahead = Date.now() - Date.parse(response.headers.get("date"));
  assert.ok(ahead >= 599_000 && ahead < 605_000, String(ahead));
});

test("accepted: every name of the endpoint, no kid, no typ, own sub, a clock a little ahead", async (t) => {
  const { url, key } = await start(t);
  const now = Math.floor(Date.now() / 1000);
  for (const [claims, header] of [
    [{ aud: `${url}/token` }],
    [{ aud: "https://www.googleapis.com/oauth2/v4/token" }],
    [{}, { kid: undefined }],
    [{}, { typ: undefined }],
    [{ sub: key.client_email }],
    [{ iat: now + 290, exp: now + 3890 }],
    [{ iat: now - 3590, exp: now + 10 }],
    [{ exp: now + 0.5 + 60 }],
  ]) {
    const response = await exchange(url, assertionOf(key, claims, header));
    assert.equal(response.status, 200, JSON.stringify({ claims, header }));
  }
});

test("domain-wide delegation gives access tokens for the granted scopes alone", async (t) => {
  const { url, emulator } = await start(t);
  const key = await emulator.createServiceAccountKey({ email: "dwd@p.iam.gserviceaccount.com", delegatedScopes: ["a", "b"] });
  const ask = (claims) => exchange(url, assertionOf(key, { sub: "user@corp.example", ...claims }));
  assert.equal((await ask({ target_audience: undefined, scope: "a b" })).status, 200);
  assert.equal(emulator.log.at(-1).token.subject, "user@corp.example");
  assert.equal((await ask({ target_audience: undefined, scope: "a c" })).status, 401);
  assert.equal((await ask({})).status, 401, "an ID token never names the user");
  assert.equal((await ask({ target_audience: undefined, scope: "a", sub: 7 })).status, 401);
});

test("an existing key file can be registered, and an account removed", async (t) => {
  const { url, emulator, key } = await start(t);
  const foreign = await createEmulator().createServiceAccountKey({ email: "foreign@p.iam.gserviceaccount.com" });
  assert.equal((await exchange(url, assertionOf(foreign))).status, 400);
  await emulator.addServiceAccount(JSON.stringify(foreign));
  const response = await exchange(url, assertionOf(foreign));
  assert.equal(claimsOf((await response.json()).id_token).sub, foreign.client_id);

  emulator.removeServiceAccount(foreign.client_email);
  const { error_description: trouble } = await (await exchange(url, assertionOf(foreign))).json();
  assert.equal(trouble, "Invalid grant: account not found");
  assert.equal((await exchange(url, assertionOf(key))).status, 200);
  await assert.rejects(emulator.addServiceAccount({ ...foreign, type: "authorized_user" }), TypeError);
  await assert.rejects(emulator.addServiceAccount({ ...foreign, private_key: "no key" }), TypeError);
});

test("a second key of an account works beside the first", async (t) => {
  const { url, emulator, key } = await start(t);
  const second = await emulator.createServiceAccountKey({ email: key.client_email });
  assert.equal(second.client_id, key.client_id);
  assert.notEqual(second.private_key_id, key.private_key_id);
  for (const one of [key, second]) {
    assert.equal((await exchange(url, assertionOf(one))).status, 200);
    assert.equal((await exchange(url, assertionOf(one, {}, { kid: undefined }))).status, 200);
  }
});

test("a key file has every field of Google's format", async (t) => {
  const { emulator } = await start(t);
  const tokenUri = "http://127.0.0.1:1/token";
  const key = await emulator.createServiceAccountKey({ email: "a+b@p.iam.gserviceaccount.com", projectId: "p", tokenUri });
  const { private_key_id: keyId, private_key: pem, client_id: clientId, ...rest } = key;
  assert.match(keyId, /^[0-9a-f]{40}$/);
  assert.match(clientId, /^\d{21}$/);
  assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n([\w+/=]{1,64}\n)+-----END PRIVATE KEY-----\n$/);
  assert.equal(createPublicKey(pem).asymmetricKeyDetails.modulusLength, 2048);
  assert.deepEqual(rest, {
    type: "service_account",
    project_id: "p",
    client_email: "a+b@p.iam.gserviceaccount.com",
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: tokenUri,
    auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
    client_x509_cert_url: "https://www.googleapis.com/robot/v1/metadata/x509/a%2Bb%40p.iam.gserviceaccount.com",
    universe_domain: "googleapis.com",
  });
});
