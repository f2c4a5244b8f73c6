import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { CLOUD_PLATFORM, federate, POOL, post, PRINCIPALS, sign, start } from "../testing/harness.js";

const AUDIENCE = `${POOL}/providers/oidc`;
const WORKFORCE = "//iam.googleapis.com/locations/global/workforcePools/staff/providers/okta";

/** A world with a provider that trusts the emulator's issuer, and a good subject token. */
async function federation(t) {
  const world = await start(t);
  world.emulator.addProvider({ kind: "oidc", audience: AUDIENCE });
  const tokenFor = (options) => world.emulator.issueSubjectToken({ subject: "repo:a/b", audience: `https:${AUDIENCE}`, ...options });
  return { ...world, tokenFor, subject_token: await tokenFor() };
}

test("a subject token of the provider's issuer gives a federated access token", async (t) => {
  const { url, emulator, subject_token, tokenFor } = await federation(t);
  const { status, body } = await federate(url, { subject_token });
  assert.equal(status, 200);
  const { access_token, ...rest } = body;
  assert.match(access_token, /^ya29\./);
  const issued = "urn:ietf:params:oauth:token-type:access_token";
  assert.deepEqual(rest, { issued_token_type: issued, token_type: "Bearer", expires_in: 3600 });
  const { endpoint, sts } = emulator.log[0];
  assert.equal(endpoint, "sts");
  assert.deepEqual(sts, {
    grant: "urn:ietf:params:oauth:grant-type:token-exchange",
    audience: AUDIENCE,
    scope: CLOUD_PLATFORM,
    subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
    client: null,
    principal: `${PRINCIPALS}repo:a/b`,
  });
  const type = "urn:ietf:params:oauth:token-type:id_token";
  assert.equal((await federate(url, { subject_token, subject_token_type: type })).status, 200);
  for (const audience of [AUDIENCE, ["https://other.example", AUDIENCE]]) {
    assert.equal((await federate(url, { subject_token: await tokenFor({ audience }) })).status, 200);
  }
});

test("refused: every field that is wrong", async (t) => {
  const { url, subject_token } = await federation(t);
  for (const [fields, error] of [
    [{ grant_type: undefined }, "unsupported_grant_type"],
    [{ grant_type: "refresh_token" }, "unsupported_grant_type"],
    [{ requested_token_type: undefined }, "invalid_request"],
    [{ requested_token_type: "urn:ietf:params:oauth:token-type:id_token" }, "invalid_request"],
    [{ scope: undefined }, "invalid_scope"],
    [{ scope: " x" }, "invalid_scope"],
    [{ audience: undefined }, "invalid_request"],
    [{ audience: `https:${AUDIENCE}` }, "invalid_request"],
    [{ audience: AUDIENCE.slice(2) }, "invalid_request"],
    [{ audience: AUDIENCE.replace("123", "my-project") }, "invalid_request"],
    [{ audience: `${POOL}/providers/other` }, "invalid_target"],
    [{ subject_token: undefined }, "invalid_request"],
    [{ subject_token: "x.y" }, "invalid_grant"],
    [{ subject_token_type: undefined }, "invalid_request"],
    [{ subject_token_type: "urn:ietf:params:oauth:token-type:saml2" }, "invalid_request"],
    [{ options: "{" }, "invalid_request"],
    [{ options: "%7" }, "invalid_request"],
    [{ options: '{"userProject":7}' }, "invalid_request"],
  ]) {
    const { status, body } = await federate(url, { subject_token, ...fields });
    assert.deepEqual([status, body.error], [400, error], JSON.stringify(fields));
    assert.equal(typeof body.error_description, "string");
  }
  const json = await fetch(`${url}/v1/token`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
  assert.equal((await json.json()).error, "unsupported_grant_type");
});

test("refused: subject tokens with anything wrong", async (t) => {
  const { url, emulator, tokenFor, subject_token } = await federation(t);
  const now = Math.floor(Date.now() / 1000);
  const [head, , tail] = subject_token.split(".");
  const forged = Buffer.from(JSON.stringify({ iss: `${url}/_oidc`, sub: "root", aud: AUDIENCE, iat: now, exp: now + 60 }));
  for (const [token, trouble] of [
    [await tokenFor({ issuer: "https://evil.example" }), /^The issuer in ID Token https:\/\/evil\.example does not match/],
    [await tokenFor({ audience: "https://other.example" }), /^The audience in ID Token \[https:\/\/other\.example\]/],
    [await tokenFor({ audience: `https://${AUDIENCE}` }), /^The audience in ID Token/],
    [await tokenFor({ lifetime: -1 }), /stale to sign-in/],
    [await tokenFor({ lifetime: 86_401 }), /24 hours/],
    [await tokenFor({ claims: { iat: now + 3000, exp: now + 4000 } }), /issued in the past/],
    [await tokenFor({ claims: { iat: undefined } }), /must have iat and exp/],
    [await tokenFor({ claims: { sub: undefined } }), /no sub/],
    [await tokenFor({ subject: "x".repeat(128) }), /google\.subject/],
    [`${head}.${forged.toString("base64url")}.${tail}`, /signature/],
    [sign({ alg: "none" }, { iss: `${url}/_oidc`, sub: "root", aud: AUDIENCE, iat: now, exp: now + 60 }), /not three parts/],
  ]) {
    const { status, body } = await federate(url, { subject_token: token });
    assert.deepEqual([status, body.error], [400, "invalid_grant"], String(trouble));
    assert.match(body.error_description, trouble);
  }
  emulator.clock.offset = 601_000;
  assert.match((await federate(url, { subject_token })).body.error_description, /stale/);
  // Not to the second: its end is in whole ones, and the clock goes on.
  emulator.clock.offset = 590_000;
  assert.equal((await federate(url, { subject_token })).status, 200);
});

test("a provider with an issuer and keys of its own, and its own audiences", async (t) => {
  const { url, emulator, tokenFor } = await federation(t);
  const pairs = {
    RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    stranger: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  };
  const jwk = { ...pairs.RS256.publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" };
  const audience = `${POOL}/providers/own`;
  const issuer = "https://issuer.example";
  emulator.addProvider({ kind: "oidc", audience, issuer, jwks: { keys: [jwk] }, allowedAudiences: ["my-app"] });
  const now = Math.floor(Date.now() / 1000);
  const ask = async (claims, pair = pairs.RS256, kid = "one") => {
    const token = sign(
      { alg: "RS256", kid },
      { iss: issuer, sub: "s", aud: "my-app", iat: now, exp: now + 60, ...claims },
      pair.privateKey,
    );
    return (await federate(url, { audience, subject_token: token })).status;
  };
  assert.equal(await ask({}), 200);
  assert.equal(await ask({ aud: `https:${audience}` }), 400, "only the audiences on the list");
  assert.equal(await ask({ iss: `${url}/_oidc` }), 400);
  assert.equal(await ask({}, pairs.stranger), 400);
  assert.equal(await ask({}, pairs.RS256, "two"), 400);
  assert.equal((await federate(url, { audience, subject_token: await tokenFor({ audience: "my-app", issuer }) })).status, 400);
  assert.throws(() => emulator.addProvider({ kind: "oidc", audience, issuer }), /belong together/);
  assert.throws(() => emulator.addProvider({ kind: "oidc", audience: "nonsense" }), /workloadIdentityPools/);
  assert.throws(() => emulator.addProvider({ kind: "ldap", audience }), /kind must be one of oidc/);
});

test("client authentication is Basic, and workforce identities name a project without it", async (t) => {
  const { url, emulator, tokenFor, subject_token } = await federation(t);
  const { client_id, client_secret } = emulator.createExternalAuthorizedUser({ clientSecret: "ü+/ÿ:~" });
  const basic = (text) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
  assert.equal((await federate(url, { subject_token }, basic(`${client_id}:${client_secret}`))).status, 200);
  assert.equal(emulator.log.at(-1).sts.client, client_id);
  const wrong = await federate(url, { subject_token }, basic(`${client_id}:x`));
  assert.deepEqual([wrong.status, wrong.body.error], [401, "invalid_client"]);
  const urlSafe = Buffer.from(`${client_id}:${client_secret}`).toString("base64url");
  assert.match(urlSafe, /[-_]/);
  assert.equal((await federate(url, { subject_token }, { authorization: `Basic ${urlSafe}` })).status, 401, "the standard alphabet");

  emulator.addProvider({ kind: "oidc", audience: WORKFORCE });
  const fields = { audience: WORKFORCE, subject_token: await tokenFor({ audience: WORKFORCE }) };
  assert.equal((await federate(url, fields)).body.error, "invalid_request");
  assert.equal((await federate(url, fields, basic(`${client_id}:${client_secret}`))).status, 200);
  assert.equal((await federate(url, { ...fields, options: '{"userProject":"p-1"}' })).status, 200);
  const { userProject, principal } = emulator.log.at(-1).sts;
  assert.equal(userProject, "p-1");
  // As google-auth for Python sends it.
  assert.equal((await federate(url, { ...fields, options: "%7B%22userProject%22%3A%20%22p-2%22%7D" })).status, 200);
  assert.equal(emulator.log.at(-1).sts.userProject, "p-2");
  assert.equal(principal, "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/repo:a/b");
});

test("a SAML response: issuer, audience and time", async (t) => {
  const { url, emulator } = await federation(t);
  const audience = `${POOL}/providers/saml`;
  emulator.addProvider({ kind: "saml", audience, issuer: "https://idp.example" });
  const ask = async ({
    issuer = "https://idp.example",
    named = `https:${audience}`,
    end = new Date(Date.now() + 60_000).toISOString(),
  } = {}) => {
    const xml = `<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"><a:Issuer>${issuer}</a:Issuer><a:NameID>ada</a:NameID>
      <a:Conditions NotOnOrAfter="${end}"><a:Audience>${named}</a:Audience></a:Conditions></p:Response>`;
    const subject_token_type = "urn:ietf:params:oauth:token-type:saml2";
    return federate(url, { audience, subject_token_type, subject_token: Buffer.from(xml).toString("base64") });
  };
  assert.equal((await ask()).status, 200);
  assert.equal(emulator.log.at(-1).sts.principal, `${PRINCIPALS}ada`);
  assert.equal((await ask({ issuer: "https://evil.example" })).body.error, "invalid_grant");
  assert.equal((await ask({ named: "x" })).body.error, "invalid_grant");
  assert.equal((await ask({ end: new Date(Date.now() - 1000).toISOString() })).body.error, "invalid_grant");
});

test("a workforce identity's refresh token, at /v1/oauthtoken", async (t) => {
  const { url, emulator } = await federation(t);
  const file = emulator.createExternalAuthorizedUser({ audience: WORKFORCE, subject: "ada", rotate: true });
  const { refresh_token, client_id, client_secret, ...rest } = file;
  assert.deepEqual(rest, {
    type: "external_account_authorized_user",
    audience: WORKFORCE,
    token_url: "https://sts.googleapis.com/v1/oauthtoken",
    token_info_url: "https://sts.googleapis.com/v1/introspect",
    revoke_url: "https://sts.googleapis.com/v1/revoke",
    universe_domain: "googleapis.com",
  });
  const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`;
  const ask = (fields, headers = { authorization }) =>
    post(`${url}/v1/oauthtoken`, { grant_type: "refresh_token", refresh_token, ...fields }, headers);
  const { status, body } = await ask();
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ["access_token", "expires_in", "refresh_token", "token_type"]);
  assert.equal(emulator.log.at(-1).sts.principal, "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/ada");
  assert.equal((await ask()).body.error, "invalid_grant", "the old one is out of use");
  assert.equal((await ask({ refresh_token: body.refresh_token })).status, 200);
  const inForm = await ask({ client_id, client_secret }, {});
  assert.deepEqual([inForm.status, inForm.body.error], [401, "invalid_client"], "only in the header");
  assert.equal((await ask({ grant_type: "authorization_code" })).body.error, "unsupported_grant_type");

  const user = emulator.createAuthorizedUser({ clientId: client_id, clientSecret: client_secret });
  assert.equal((await ask({ refresh_token: user.refresh_token })).body.error, "invalid_grant", "no workforce identity");
  const steady = emulator.createExternalAuthorizedUser({ clientId: client_id, clientSecret: client_secret, subject: "bob" });
  assert.equal("refresh_token" in (await ask({ refresh_token: steady.refresh_token })).body, false);
  emulator.setUserState("principal://iam.googleapis.com/locations/global/workforcePools/emulator-pool/subject/bob", "revoked");
  assert.equal((await ask({ refresh_token: steady.refresh_token })).body.error, "invalid_grant");
  assert.throws(() => emulator.createExternalAuthorizedUser({ audience: AUDIENCE }), /workforcePools/);
});

test("faults at the STS", async (t) => {
  const { url, emulator, subject_token } = await federation(t);
  emulator.addFault({ endpoint: "sts", match: "/v1/token", json: { error: "server_error" }, status: 500, times: 1 });
  assert.deepEqual(await federate(url, { subject_token }), { status: 500, body: { error: "server_error" } });
  assert.equal((await federate(url, { subject_token })).status, 200);
});
