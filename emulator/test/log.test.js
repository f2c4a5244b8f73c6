import assert from "node:assert/strict";
import { test } from "node:test";
import { assertionOf, call, exchange, federate, idToken, JWT_BEARER, POOL, post, PRINCIPALS, start } from "../testing/harness.js";

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

test("nor is a refresh token, a client secret, a federated token, a subject token or an AWS key", async (t) => {
  const { url, emulator } = await start(t);
  const audience = `${POOL}/providers/oidc`;
  const target = "robot@p.iam.gserviceaccount.com";
  emulator.addProvider({ kind: "oidc", audience });
  emulator.allowImpersonation({ caller: `${PRINCIPALS}s`, target });
  const user = emulator.createAuthorizedUser({ rotate: true });
  const staff = emulator.createExternalAuthorizedUser();
  const job = emulator.createGitHubJob();
  const aws = emulator.createAwsKey({ role: "ci" });
  const subject_token = await emulator.issueSubjectToken({ subject: "s", audience });
  const { type, account, universe_domain, ...fields } = user;
  const tokens = (await post(`${url}/token`, { grant_type: "refresh_token", ...fields })).body;
  const basic = `Basic ${btoa(`${staff.client_id}:${staff.client_secret}`)}`;
  await post(`${url}/v1/oauthtoken`, { grant_type: "refresh_token", refresh_token: staff.refresh_token }, { authorization: basic });
  const federated = (await federate(url, { subject_token })).body.access_token;
  const at = (verb) => `${url}/v1/projects/-/serviceAccounts/${target}:${verb}`;
  const impersonated = (await call(at("generateAccessToken"), federated, { scope: ["a"] })).body.accessToken;
  await fetch(`${job.url}&audience=a`, { headers: { authorization: `Bearer ${job.token}` } });
  const flavor = { "Metadata-Flavor": "Google" };
  const machine = await (await fetch(`${url}/computeMetadata/v1/instance/service-accounts/default/token`, { headers: flavor })).json();

  const secrets = [user.refresh_token, user.client_secret, tokens.refresh_token, tokens.access_token, staff.refresh_token];
  secrets.push(staff.client_secret, subject_token, federated, impersonated, job.token, machine.access_token, aws.sessionToken);
  // Each of them where it does not belong.
  for (const secret of secrets) {
    await post(`${url}/token`, { ...fields, grant_type: "refresh_token", scope: secret });
    for (const field of ["grant_type", "audience", "scope", "subject_token_type", "subject_token"])
      await federate(url, { [field]: secret });
    await fetch(`${url}/storage/v1/x?y=${encodeURIComponent(secret)}&audience=${secret}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    await fetch(
      `${url}/storage/v1/b/${encodeURIComponent(secret)}/o/${encodeURIComponent(secret)}?pageToken=${encodeURIComponent(secret)}`,
      {
        headers: { authorization: `Bearer ${secret}` },
      },
    );
    await fetch(job.url, { headers: { authorization: `Bearer ${secret}` } });
    await call(at("generateIdToken"), federated, { audience: secret, delegates: [`projects/-/serviceAccounts/${secret}`] });
    await call(at("generateAccessToken"), federated, { scope: [secret], lifetime: secret });
    await call(at("signJwt").replace(target, secret), federated, { payload: secret });
  }
  const text = JSON.stringify(emulator.log);
  for (const secret of [...secrets, basic.slice(6), aws.secretAccessKey, ...secrets.map(encodeURIComponent)]) {
    const found = text.indexOf(secret);
    assert.equal(found, -1, text.slice(found - 200, found + 40));
  }
  assert.equal(text.split("[redacted]").length > secrets.length * 8, true);
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
