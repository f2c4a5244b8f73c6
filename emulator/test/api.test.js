import assert from "node:assert/strict";
import { test } from "node:test";
import { assertionOf, claimsOf, CLOUD_PLATFORM, exchange, sign, start } from "../testing/harness.js";

/** Asks the stand-in for a Google API. */
async function ask(url, token, headers = {}) {
  const authorization = token && { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/storage/v1/b/bucket?x=1`, { headers: { ...authorization, ...headers } });
  return { status: response.status, body: await response.json() };
}

test("an access token with a scope that fits, and who is to pay", async (t) => {
  const { url, key, emulator } = await start(t);
  const access = async (scope) =>
    (await (await exchange(url, assertionOf(key, { target_audience: undefined, scope }))).json()).access_token;
  const { status, body } = await ask(url, await access(CLOUD_PLATFORM), { "x-goog-user-project": "billing" });
  assert.equal(status, 200);
  const echo = { caller: key.client_email, scopes: [CLOUD_PLATFORM], quotaProject: "billing", path: "/storage/v1/b/bucket", query: "x=1" };
  assert.deepEqual(body, echo);
  assert.deepEqual(emulator.log.at(-1).api, { caller: key.client_email, quotaProject: "billing" });
  assert.equal((await ask(url, await access("https://www.googleapis.com/auth/devstorage.read_only"))).body.quotaProject, null);
  const weak = await ask(url, await access("openid"));
  assert.deepEqual([weak.status, weak.body.error.status], [403, "PERMISSION_DENIED"]);

  const user = emulator.createAuthorizedUser({ email: "ada@corp.example" });
  const { client_id, client_secret, refresh_token } = user;
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id, client_secret, refresh_token });
  const tokens = await (await fetch(`${url}/token`, { method: "POST", body: form })).json();
  assert.equal((await ask(url, tokens.access_token)).body.caller, "ada@corp.example");
  for (const bad of [undefined, tokens.id_token, "ya29.c.x"]) {
    const { status, body } = await ask(url, bad);
    assert.deepEqual([status, body.error.status], [401, "UNAUTHENTICATED"]);
  }
  assert.equal(claimsOf(tokens.id_token).email, "ada@corp.example");
});

test("a self-signed JWT, by audience or by scope", async (t) => {
  const { url, key } = await start(t);
  const now = Math.floor(Date.now() / 1000);
  const base = { iss: key.client_email, sub: key.client_email, iat: now, exp: now + 3600 };
  const send = (claims, header = {}) =>
    ask(url, sign({ alg: "RS256", typ: "JWT", kid: key.private_key_id, ...header }, { ...base, ...claims }, key.private_key));
  const byAudience = await send({ aud: "https://storage.googleapis.com/" });
  assert.deepEqual([byAudience.status, byAudience.body.caller, byAudience.body.scopes], [200, key.client_email, null]);
  assert.deepEqual((await send({ scope: CLOUD_PLATFORM })).body.scopes, [CLOUD_PLATFORM]);
  assert.equal((await send({ aud: `${url}/` })).status, 200);
  for (const claims of [
    { aud: "https://storage.googleapis.com" },
    { aud: "https://pubsub.googleapis.com/" },
    { aud: "https://oauth2.googleapis.com/token" },
    { aud: "https://storage.googleapis.com/", exp: now - 1 },
  ]) {
    assert.equal((await send(claims)).status, 401, JSON.stringify(claims));
  }
  assert.equal((await send({ aud: "https://storage.googleapis.com/" }, { kid: undefined })).status, 401, "AIP-4111: kid");
  assert.equal((await send({ scope: "openid" })).status, 403);
});

test("faults at the API", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addFault({ endpoint: "api", status: 503, json: {}, times: 1 });
  assert.equal((await ask(url)).status, 503);
  assert.equal((await ask(url)).status, 401);
});
