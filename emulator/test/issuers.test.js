import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { createEmulator } from "../index.js";
import { claimsOf, federate, POOL, start } from "../testing/harness.js";

const AUDIENCE = `${POOL}/providers/oidc`;

test("the issuer of subject tokens publishes what verifies them, and its keys are not Google's", async (t) => {
  const { url, emulator } = await start(t);
  const document = await (await fetch(`${url}/_oidc/.well-known/openid-configuration`)).json();
  assert.equal(document.issuer, `${url}/_oidc`);
  const keys = await (await fetch(document.jwks_uri)).json();
  const token = await emulator.issueSubjectToken({ subject: "s", audience: "a", claims: { team: "x" } });
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { issuer: document.issuer, audience: "a", subject: "s" });
  assert.equal(payload.team, "x");
  assert.equal(payload.exp, payload.iat + 600);
  const google = await (await fetch(`${url}/oauth2/v3/certs`)).json();
  assert.equal(
    google.keys.some((key) => key.kid === keys.keys[0].kid),
    false,
  );
  await assert.rejects(jwtVerify(token, createLocalJWKSet(google)));
  await assert.rejects(createEmulator().issueSubjectToken({ subject: "", audience: "a", issuer: "https://x" }), TypeError);
  await assert.rejects(createEmulator().issueSubjectToken({ subject: "s", audience: "a" }), /origin is not known/);
  emulator.addFault({ endpoint: "oidc", status: 500, times: 1 });
  assert.equal((await fetch(document.jwks_uri)).status, 500);
});

test("a job of GitHub Actions fetches its token with the request token alone", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addProvider({ kind: "oidc", audience: AUDIENCE });
  const { env, url: requestUrl, token } = emulator.createGitHubJob({ repository: "me/app", ref: "refs/heads/x", claims: { actor: "me" } });
  assert.deepEqual(env, { ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token });
  const ask = (suffix, authorization) => fetch(requestUrl + suffix, { headers: authorization ? { authorization } : {} });
  const audience = `https:${AUDIENCE}`;
  const response = await ask(`&audience=${encodeURIComponent(audience)}`, `Bearer ${token}`);
  assert.equal(response.status, 200);
  const { value } = await response.json();
  const { iss, sub, aud, repository, actor } = claimsOf(value);
  assert.deepEqual([iss, sub, aud], [`${url}/_oidc`, "repo:me/app:ref:refs/heads/x", audience]);
  assert.deepEqual([repository, actor], ["me/app", "me"]);
  assert.equal((await federate(url, { subject_token: value })).status, 200);
  assert.equal(claimsOf((await (await ask("", `bearer ${token}`)).json()).value).aud, "https://github.com/me");
  for (const wrong of [undefined, "Bearer x", token, `Basic ${token}`]) assert.equal((await ask("", wrong)).status, 401);
  emulator.addFault({ endpoint: "github", status: 503, times: 1 });
  assert.equal((await ask("", `Bearer ${token}`)).status, 503);
});

test("Azure's metadata service wants its header", async (t) => {
  const { url, emulator } = await start(t);
  emulator.addProvider({ kind: "oidc", audience: `${POOL}/providers/azure`, allowedAudiences: ["api://app"] });
  // The provider above has the emulator's issuer, and what Azure is asked for as its audience.
  emulator.configureAzure({ subject: "object-1" });
  const path = `${url}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api://app`;
  const response = await fetch(path, { headers: { Metadata: "True" } });
  assert.equal(response.status, 200);
  const body = await response.json();
  assert.deepEqual([body.resource, body.token_type, typeof body.expires_in], ["api://app", "Bearer", "string"]);
  const { aud, sub, oid } = claimsOf(body.access_token);
  assert.deepEqual([aud, sub, oid], ["api://app", "object-1", "object-1"]);
  const exchanged = await federate(url, { audience: `${POOL}/providers/azure`, subject_token: body.access_token });
  assert.equal(exchanged.status, 200);
  assert.match(emulator.log.at(-1).sts.principal, /\/subject\/object-1$/);

  assert.equal((await fetch(path)).status, 400);
  assert.equal((await fetch(path.replace("api-version", "version"), { headers: { Metadata: "true" } })).status, 400);
  assert.equal((await fetch(path.replace("resource", "r"), { headers: { Metadata: "true" } })).status, 400);
  emulator.addFault({ endpoint: "azure", status: 503, times: 1 });
  assert.equal((await fetch(path, { headers: { Metadata: "True" } })).status, 503);
});
