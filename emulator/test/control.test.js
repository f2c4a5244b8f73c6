import assert from "node:assert/strict";
import { test } from "node:test";
import { assertionOf, call, claimsOf, exchange, federate, idToken, POOL, post, start } from "../testing/harness.js";

/**
 * @param {string} url
 * @param {string} command such as "POST faults"
 * @param {unknown} [input]
 */
async function steer(url, command, input, headers = {}) {
  const [method, path] = command.split(" ");
  const body = input === undefined ? undefined : JSON.stringify(input);
  const response = await fetch(`${url}/_emulator/${path}`, { method, body, headers });
  const text = await response.text();
  return { status: response.status, value: text === "" ? undefined : JSON.parse(text) };
}

test("keys, services, accounts and the log, from outside", async (t) => {
  const { url, emulator } = await start(t);
  const { value: key } = await steer(url, "POST keys", { email: "ci@p.iam.gserviceaccount.com", tokenUri: `${url}/token` });
  assert.equal(key.client_email, "ci@p.iam.gserviceaccount.com");
  assert.equal(key.token_uri, `${url}/token`);
  const made = await steer(url, "POST services", { name: "api", audiences: ["https://api.example"], invokers: [key.client_email] });
  assert.deepEqual(made, { status: 200, value: { name: "api", url: `${url}/run/api` } });

  const token = await idToken({ url, key }, "https://api.example");
  const response = await fetch(`${url}/run/api/x`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await response.json()).caller, key.client_email);

  const { value: log } = await steer(url, "GET log");
  assert.deepEqual(
    log.map(({ endpoint, status }) => [endpoint, status]),
    [
      ["token", 200],
      ["service", 200],
    ],
  );
  assert.equal((await steer(url, "DELETE log")).status, 204);
  assert.deepEqual((await steer(url, "GET log")).value, []);

  assert.equal((await steer(url, "DELETE accounts", { email: key.client_email })).status, 204);
  assert.equal((await exchange(url, assertionOf(key))).status, 400);
  assert.equal((await steer(url, "POST accounts", { key })).status, 204);
  assert.equal((await exchange(url, assertionOf(key))).status, 200);
  assert.equal((await steer(url, "POST keys")).status, 200, "no body means no options");
  assert.deepEqual((await steer(url, "POST buckets", { name: "orders", limitWrites: false })).value, { name: "orders" });
  assert.match((await steer(url, "POST buckets", { name: "No" })).value.error, /bucket's name/);
  assert.equal(emulator.log.length, 2, "steering is not logged");
});

test("faults, clock, rotation and reset, from outside", async (t) => {
  const { url, emulator } = await start(t, {});
  const certs = () => fetch(`${url}/oauth2/v3/certs`);
  assert.equal((await steer(url, "POST faults", { endpoint: "certs", status: 500 })).status, 204);
  assert.equal((await certs()).status, 500);
  assert.equal((await steer(url, "DELETE faults")).status, 204);
  await steer(url, "POST faults", [
    { endpoint: "certs", status: 501, times: 1 },
    { endpoint: "certs", status: 502 },
  ]);
  assert.deepEqual([(await certs()).status, (await certs()).status], [501, 502]);

  const { value: clock } = await steer(url, "POST clock", { offset: 60_000, scale: 0 });
  assert.equal(clock.scale, 0);
  assert.ok(clock.offset <= 60_000 && clock.offset > 59_000);
  assert.equal((await steer(url, "GET clock")).value.now, clock.now, "frozen");

  assert.equal((await steer(url, "POST reset")).status, 204);
  assert.equal(emulator.clock.offset, 0);
  assert.equal(emulator.clock.scale, 1);
  assert.equal(emulator.log.length, 0);
  assert.equal((await (await certs()).json()).keys.length, 1);
  assert.equal((await steer(url, "POST rotate-keys")).status, 204);
  assert.equal((await (await certs()).json()).keys.length, 2);
  await steer(url, "POST rotate-keys", { keep: false });
  assert.equal((await (await certs()).json()).keys.length, 1);
});

test("users, impersonation, federation and the metadata servers, from outside", async (t) => {
  const { url, emulator } = await start(t);
  const { value: user } = await steer(url, "POST users", { email: "ada@corp.example" });
  const ask = () =>
    post(`${url}/token`, { ...user, type: undefined, account: undefined, universe_domain: undefined, grant_type: "refresh_token" });
  const { body } = await ask();
  assert.equal((await steer(url, "POST user-state", { user: "ada@corp.example", state: "revoked" })).status, 204);
  assert.equal((await ask()).body.error, "invalid_grant");
  assert.equal((await steer(url, "POST external-users", { subject: "bob" })).value.type, "external_account_authorized_user");

  const target = "robot@p.iam.gserviceaccount.com";
  const account = (await steer(url, "POST service-accounts", { email: target })).value;
  assert.deepEqual(Object.keys(account), ["email", "projectId", "uniqueId"]);
  const impersonate = async (token) =>
    (await call(`${url}/v1/projects/-/serviceAccounts/${target}:generateIdToken`, token, { audience: "a" })).status;
  assert.equal(await impersonate(body.access_token), 403);
  assert.equal((await steer(url, "POST impersonation", { caller: "ada@corp.example", target })).status, 204);
  assert.equal(await impersonate(body.access_token), 200);
  await steer(url, "DELETE impersonation", { caller: "ada@corp.example", target });
  assert.equal(await impersonate(body.access_token), 403);

  const audience = `${POOL}/providers/oidc`;
  assert.equal((await steer(url, "POST providers", { kind: "oidc", audience })).status, 204);
  const { token } = (await steer(url, "POST subject-tokens", { subject: "s", audience })).value;
  assert.equal((await federate(url, { subject_token: token })).status, 200);
  const { assertion } = (await steer(url, "POST iap-assertions", { audience: "/projects/1/apps/a", email: "eve@example.com" })).value;
  assert.equal(claimsOf(assertion).email, "eve@example.com");
  const { value: job } = await steer(url, "POST github-jobs");
  const value = await (await fetch(`${job.url}&audience=a`, { headers: { authorization: `Bearer ${job.token}` } })).json();
  assert.equal(claimsOf(value.value).aud, "a");
  assert.equal((await steer(url, "POST azure", { subject: "object-2" })).status, 204);
  const headers = { Metadata: "true" };
  const azure = await (await fetch(`${url}/metadata/identity/oauth2/token?api-version=1&resource=r`, { headers })).json();
  assert.equal(claimsOf(azure.access_token).sub, "object-2");

  assert.match((await steer(url, "POST aws-keys", { role: "ci" })).value.arn, /assumed-role\/ci/);
  await steer(url, "POST imds", { requireSession: false, zone: "eu-west-3b" });
  assert.equal(await (await fetch(`${url}/latest/meta-data/placement/availability-zone`)).text(), "eu-west-3b");
  await steer(url, "POST metadata", { projectId: "steered" });
  const project = await fetch(`${url}/computeMetadata/v1/project/project-id`, { headers: { "Metadata-Flavor": "Google" } });
  assert.equal(await project.text(), "steered");
  for (const fault of ["refresh", "sts", "iam", "metadata", "imds", "oidc", "github", "azure", "storage", "api"]) {
    assert.equal((await steer(url, "POST faults", { endpoint: fault, status: 500 })).status, 204, fault);
  }
  assert.equal(emulator.log.at(-1).endpoint, "metadata");
});

test("mistakes are told", async (t) => {
  const { url } = await start(t);
  for (const [command, input, status, error] of [
    ["GET nothing", undefined, 404, /^There is GET log, /],
    ["PUT log", {}, 404, /DELETE log/],
    ["POST faults", { endpoint: "nowhere" }, 400, /fault\.endpoint must be one of token, authorize, /],
    ["POST services", { name: "No" }, 400, /service's name/],
    ["POST keys", { email: 7 }, 400, /email must be a string/],
    ["POST clock", { scale: -1 }, 400, /clock\.scale/],
    ["POST clock", { offset: "1" }, 400, /clock\.offset/],
    ["POST user-state", { user: "nobody", state: "revoked" }, 400, /no such user/],
    ["POST impersonation", { caller: "a" }, 400, /target must be a string/],
    ["POST providers", { kind: "aws", audience: "x" }, 400, /audience must be/],
    ["POST subject-tokens", {}, 400, /subject must be a string/],
    ["POST iap-assertions", {}, 400, /audience must be a string/],
    ["POST metadata", { zone: 1 }, 400, /zone must be a string/],
  ]) {
    const answer = await steer(url, command, input);
    assert.equal(answer.status, status, command);
    assert.match(answer.value.error, error, command);
  }
  const response = await fetch(`${url}/_emulator/faults`, { method: "POST", body: "{" });
  assert.equal(response.status, 400);
});

test("pages from elsewhere may not steer", async (t) => {
  const { url } = await start(t);
  for (const origin of ["https://evil.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "null"]) {
    assert.equal((await steer(url, "POST reset", undefined, { origin })).status, 403, origin);
  }
  for (const origin of ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:1", "http://app.localhost", url]) {
    assert.equal((await steer(url, "POST reset", undefined, { origin })).status, 204, origin);
  }
});

test("the control plane can be off", async (t) => {
  const { url } = await start(t, { control: false });
  const response = await fetch(`${url}/_emulator/log`);
  assert.equal(response.status, 404);
  assert.match(response.headers.get("content-type"), /^text\/html/);
});
