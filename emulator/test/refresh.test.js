import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { assertionOf, claimsOf, exchange, post, start } from "../testing/harness.js";

const EMAIL = "https://www.googleapis.com/auth/userinfo.email";
const CLOUD = "https://www.googleapis.com/auth/cloud-platform";
const GCLOUD = "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com";

/**
 * The grant, with what the file says but for what is overridden.
 */
function refresh(url, { client_id, client_secret, refresh_token }, fields = {}, headers = {}) {
  return post(`${url}/token`, { grant_type: "refresh_token", client_id, client_secret, refresh_token, ...fields }, headers);
}

test("a user's file has Google's fields, and its refresh token gives an access token and an ID token", async (t) => {
  const { url, emulator } = await start(t);
  const file = emulator.createAuthorizedUser({ email: "ada@corp.example", quotaProjectId: "billing" });
  assert.equal(file.type, "authorized_user");
  assert.equal(file.client_id, GCLOUD);
  assert.equal(file.quota_project_id, "billing");
  assert.equal(file.universe_domain, "googleapis.com");
  assert.match(file.refresh_token, /^1\/\//);

  const { status, body } = await refresh(url, file);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ["access_token", "expires_in", "scope", "token_type", "id_token"]);
  assert.match(body.access_token, /^ya29\./);
  assert.deepEqual([body.expires_in, body.scope, body.token_type], [3600, `openid ${EMAIL} ${CLOUD}`, "Bearer"]);
  const { iat, exp, sub, at_hash, ...claims } = claimsOf(body.id_token);
  const who = { aud: GCLOUD, azp: GCLOUD, email: "ada@corp.example", email_verified: true, iss: "https://accounts.google.com" };
  assert.deepEqual(claims, who);
  assert.match(sub, /^\d{21}$/);
  assert.equal(exp, iat + 3600);
  assert.equal(at_hash, createHash("sha256").update(body.access_token).digest().subarray(0, 16).toString("base64url"));

  const [{ endpoint, token }] = emulator.log;
  assert.equal(endpoint, "refresh");
  const expected = { grant: "refresh_token", kind: "access_token", client: GCLOUD, subject: "ada@corp.example" };
  assert.deepEqual(token, { issuer: null, kid: null, ...expected });
});

test("scopes may be narrowed, not widened, and decide what an ID token says", async (t) => {
  const { url, emulator } = await start(t);
  const file = emulator.createAuthorizedUser({ email: "bob@corp.example" });
  const plain = (await refresh(url, file, { scope: CLOUD })).body;
  assert.equal(plain.scope, CLOUD);
  assert.equal("id_token" in plain, false);
  const anonymous = claimsOf((await refresh(url, file, { scope: "openid" })).body.id_token);
  assert.equal("email" in anonymous || "email_verified" in anonymous, false);
  const named = claimsOf((await refresh(url, file, { scope: "openid email" })).body.id_token);
  assert.equal(named.email, "bob@corp.example");
  const whatever = claimsOf((await refresh(url, file, { target_audience: "https://x.example" })).body.id_token);
  assert.equal(whatever.aud, file.client_id, "a user's ID token names the client");

  for (const scope of ["https://www.googleapis.com/auth/drive", "openid  email", '"']) {
    const { status, body } = await refresh(url, file, { scope });
    assert.deepEqual([status, body.error], [400, "invalid_scope"], scope);
  }
  const narrow = emulator.createAuthorizedUser({ scopes: [CLOUD] });
  assert.equal("id_token" in (await refresh(url, narrow)).body, false);
  assert.equal((await refresh(url, narrow, { scope: "openid" })).body.error, "invalid_scope");
});

test("clients must be known, prove themselves, and hold the token", async (t) => {
  const { url, emulator } = await start(t);
  const file = emulator.createAuthorizedUser({ clientId: "one.apps.example", clientSecret: "s3cret:with colon" });
  const other = emulator.createAuthorizedUser({ clientId: "two.apps.example" });
  const basic = (id, secret) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` });
  for (const [fields, headers, status, error] of [
    [{}, {}, 200, undefined],
    [{ client_id: undefined, client_secret: undefined }, basic("one.apps.example", "s3cret:with colon"), 200, undefined],
    [{ client_id: undefined, client_secret: undefined }, basic("one.apps.example", "s3cret"), 401, "invalid_client"],
    [{}, { authorization: "Basic %%%" }, 401, "invalid_client"],
    [{}, { authorization: "Bearer x" }, 401, "invalid_client"],
    [{ client_id: "nobody" }, {}, 401, "invalid_client"],
    [{ client_secret: "wrong" }, {}, 401, "invalid_client"],
    [{ client_secret: undefined }, {}, 401, "invalid_client"],
    [{ client_id: undefined }, {}, 400, "invalid_request"],
    [{ refresh_token: undefined }, {}, 400, "invalid_request"],
    [{ refresh_token: "1//unknown" }, {}, 400, "invalid_grant"],
    [{ refresh_token: other.refresh_token }, {}, 401, "unauthorized_client"],
  ]) {
    const answer = await refresh(url, file, fields, headers);
    assert.deepEqual([answer.status, answer.body.error], [status, error], JSON.stringify([fields, headers]));
  }
});

test("rotation puts the old refresh token out of use", async (t) => {
  const { url, emulator } = await start(t);
  const file = emulator.createAuthorizedUser({ rotate: true });
  const first = (await refresh(url, file)).body.refresh_token;
  assert.match(first, /^1\/\//);
  assert.notEqual(first, file.refresh_token);
  const { status, body } = await refresh(url, file);
  const gone = { error: "invalid_grant", error_description: "Token has been expired or revoked." };
  assert.deepEqual([status, body], [400, gone]);
  const second = await refresh(url, { ...file, refresh_token: first });
  assert.equal(second.status, 200);
  assert.notEqual(second.body.refresh_token, first);
});

test("revoked, reauthentication demanded, and good again", async (t) => {
  const { url, emulator } = await start(t);
  const file = emulator.createAuthorizedUser({ email: "eve@corp.example" });
  emulator.setUserState("eve@corp.example", "revoked");
  assert.deepEqual((await refresh(url, file)).body, { error: "invalid_grant", error_description: "Token has been expired or revoked." });
  emulator.setUserState(file.refresh_token, "reauth");
  const { status, body } = await refresh(url, file);
  assert.deepEqual([status, body.error, body.error_subtype], [400, "invalid_grant", "invalid_rapt"]);
  emulator.setUserState("eve@corp.example", "active");
  assert.equal((await refresh(url, file)).status, 200);
  assert.throws(() => emulator.setUserState("nobody@corp.example", "revoked"), /no such user/);
  assert.throws(() => emulator.setUserState("eve@corp.example", "gone"), /state must be one of active, revoked, reauth/);
  assert.throws(() => emulator.createAuthorizedUser({ email: "" }), TypeError);
  assert.throws(() => emulator.createAuthorizedUser({ scopes: "openid" }), TypeError);
});

test("a fault for refresh spares the other grants; one for token catches both", async (t) => {
  const { url, key, emulator } = await start(t);
  const file = emulator.createAuthorizedUser();
  emulator.addFault({ endpoint: "refresh", status: 503, times: 1 });
  assert.equal((await exchange(url, assertionOf(key))).status, 200);
  assert.equal((await fetch(`${url}/token`, refreshInit(file))).status, 503);
  assert.equal(emulator.log.at(-1).fault, "status 503");
  assert.equal((await refresh(url, file)).status, 200);

  emulator.addFault({ endpoint: "refresh", idToken: "not.a.token", times: 1 });
  assert.equal((await refresh(url, file)).body.id_token, "not.a.token");
  emulator.addFault({ endpoint: "token", status: 502 });
  assert.equal((await fetch(`${url}/token`, refreshInit(file))).status, 502);
  emulator.clearFaults();
  emulator.addFault({ endpoint: "any", headers: { "x-odd": "1" }, times: 2 });
  assert.equal((await fetch(`${url}/token`, refreshInit(file))).headers.get("x-odd"), "1");
  assert.equal((await fetch(`${url}/token`, refreshInit(file))).headers.get("x-odd"), "1", "one request uses up one");
});

test("Cloud Run takes gcloud's users by their client, if they are invokers", async (t) => {
  const { url, emulator, key } = await start(t);
  const ada = emulator.createAuthorizedUser({ email: "ada@corp.example" });
  const login = emulator.createAuthorizedUser({ email: "ada@corp.example", clientId: "32555940559.apps.googleusercontent.com" });
  const own = emulator.createAuthorizedUser({ email: "ada@corp.example", clientId: "own.apps.example" });
  const service = emulator.addService("users", { invokers: ["ada@corp.example"] });
  const call = async (token) => (await fetch(service.url, { headers: { authorization: `Bearer ${token}` } })).status;
  const tokenOf = async (file, fields) => (await refresh(url, file, fields)).body.id_token;
  assert.equal(await call(await tokenOf(ada)), 200);
  assert.equal(emulator.log.at(-1).service.caller, "ada@corp.example");
  assert.equal(await call(await tokenOf(login)), 200);
  assert.equal(await call(await tokenOf(own)), 401, "another client's audience is wrong");
  assert.equal(await call(await tokenOf(ada, { scope: "openid" })), 401, "no email");
  assert.equal(await call(await tokenOf(emulator.createAuthorizedUser({ email: "eve@corp.example" }))), 403);
  const machine = await (await exchange(url, assertionOf(key, { target_audience: GCLOUD }))).json();
  assert.equal(await call(machine.id_token), 401, "an account's token with that audience is no user's");
});

/** The request that `refresh` sends. */
function refreshInit({ client_id, client_secret, refresh_token }) {
  return { method: "POST", body: new URLSearchParams({ grant_type: "refresh_token", client_id, client_secret, refresh_token }) };
}
