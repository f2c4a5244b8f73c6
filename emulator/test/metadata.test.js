import assert from "node:assert/strict";
import { test } from "node:test";
import { call, claimsOf, CLOUD_PLATFORM, start } from "../testing/harness.js";

const EMAIL = "vm@p.iam.gserviceaccount.com";
const ACCOUNTS = "/instance/service-accounts";
const FLAVOR = { "Metadata-Flavor": "Google" };

/** A world with a metadata server, and a way to ask it below `/computeMetadata/v1`. */
async function machine(t, options) {
  const world = await start(t, options);
  world.emulator.configureMetadata({ enabled: true, account: EMAIL, projectId: "p", accounts: [], universeDomain: "googleapis.com" });
  const get = async (path, headers = FLAVOR) => {
    const response = await fetch(`${world.url}/computeMetadata/v1${path}`, { headers, redirect: "manual" });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const identity = (query) => get(`${ACCOUNTS}/default/identity?${query}`);
  return { ...world, get, identity };
}

test("an ID token as text; full ones name the email and the machine", async (t) => {
  const { identity, emulator, url } = await machine(t);
  emulator.configureMetadata({ licenses: ["77"], zone: "us-central1-a", instanceId: "9007199254740993" });
  const bare = await identity("audience=https%3A%2F%2Fx.example%2F%3Fa%3D1");
  assert.equal(bare.status, 200);
  assert.equal(bare.headers.get("metadata-flavor"), "Google");
  const { aud, sub, azp, iss, ...rest } = claimsOf(bare.text);
  assert.deepEqual([aud, iss, azp], ["https://x.example/?a=1", "https://accounts.google.com", sub]);
  assert.deepEqual(Object.keys(rest).sort(), ["exp", "iat"]);

  const full = claimsOf((await identity("audience=a&format=full")).text);
  assert.deepEqual([full.email, full.email_verified, full.sub], [EMAIL, true, sub]);
  const { project_id, zone, instance_id, license_id } = full.google.compute_engine;
  assert.deepEqual([project_id, zone, instance_id, license_id], ["p", "us-central1-a", "9007199254740993", undefined]);
  const licensed = claimsOf((await identity("audience=a&format=full&licenses=TRUE")).text);
  assert.deepEqual(licensed.google.compute_engine.license_id, ["77"]);

  const service = emulator.addService("vms", { invokers: [EMAIL] });
  const { text: token } = await identity(`audience=${encodeURIComponent(`${url}/run/vms`)}&format=full`);
  assert.equal((await fetch(service.url, { headers: { authorization: `Bearer ${token}` } })).status, 200);
});

test("an access token, with the account's scopes or those asked for, good at IAM", async (t) => {
  const { get, emulator, url } = await machine(t);
  const { text, headers } = await get(`${ACCOUNTS}/default/token`);
  const token = JSON.parse(text);
  assert.deepEqual(Object.keys(token), ["access_token", "expires_in", "token_type"]);
  assert.ok(token.expires_in > 3590 && token.expires_in <= 3600);
  assert.equal(headers.get("content-type"), "application/json");
  const target = "robot@p.iam.gserviceaccount.com";
  emulator.allowImpersonation({ caller: EMAIL, target });
  const ask = (bearer) => call(`${url}/v1/projects/-/serviceAccounts/${target}:generateIdToken`, bearer, { audience: "a" });
  assert.equal((await ask(token.access_token)).status, 200);
  const narrow = JSON.parse((await get(`${ACCOUNTS}/${EMAIL}/token?scopes=openid,email`)).text);
  assert.equal((await ask(narrow.access_token)).status, 403);
  const wide = JSON.parse((await get(`${ACCOUNTS}/default/token?scopes=openid,${encodeURIComponent(CLOUD_PLATFORM)}`)).text);
  assert.equal((await ask(wide.access_token)).status, 200);
});

test("the same token until four minutes before its end, per account, scopes, audience and format", async (t) => {
  const { get, identity, emulator } = await machine(t, { now: () => 1_800_000_000_000 });
  emulator.configureMetadata({ accounts: [{ email: "second@p.iam.gserviceaccount.com" }] });
  const token = async (query = "", account = "default") => JSON.parse((await get(`${ACCOUNTS}/${account}/token${query}`)).text);
  const first = await token();
  const jwt = (await identity("audience=a")).text;
  const others = await Promise.all([token("?scopes=x"), token("?scopes=y"), token("", "second@p.iam.gserviceaccount.com")]);
  assert.equal(new Set([first, ...others].map((one) => one.access_token)).size, 4);
  const jwts = await Promise.all(["audience=b", "audience=a&format=full", "audience=a&format=full&licenses=true"].map(identity));
  assert.equal(new Set([jwt, ...jwts.map((one) => one.text)]).size, 4);
  assert.equal((await token("", EMAIL)).access_token, first.access_token, "an alias is the same account");

  emulator.clock.offset = 3_359_000;
  assert.deepEqual(await token(), { ...first, expires_in: 241 });
  assert.equal((await identity("audience=a")).text, jwt);
  emulator.clock.offset = 3_360_000;
  const second = await token();
  assert.notEqual(second.access_token, first.access_token);
  assert.equal(second.expires_in, 3600);
  assert.notEqual((await identity("audience=a")).text, jwt);
  assert.equal(claimsOf((await identity("audience=a")).text).exp, claimsOf(jwt).exp + 3360);

  const kept = (await identity("audience=z")).text;
  await emulator.rotateKeys();
  assert.equal((await identity("audience=z")).text, kept);
  await emulator.rotateKeys({ keep: false });
  assert.notEqual((await identity("audience=z")).text, kept, "void tokens are not handed out");
});

test("the header is wanted, and X-Forwarded-For is not", async (t) => {
  const { get } = await machine(t);
  for (const headers of [{}, { "Metadata-Flavor": "google" }, { ...FLAVOR, "X-Forwarded-For": "10.0.0.1" }]) {
    for (const path of ["", "/", "/project/project-id", `${ACCOUNTS}/default/token`, "/nothing"]) {
      const answer = await get(path, headers);
      assert.equal(answer.status, 403, path);
      assert.match(answer.headers.get("content-type"), /^text\/html/);
      assert.equal(answer.headers.get("metadata-flavor"), "Google");
    }
  }
  assert.match((await get("/", {})).text, /Missing Metadata-Flavor:Google header/);
});

test("values, lists and folders", async (t) => {
  const { get, emulator, url } = await machine(t);
  const second = "second@p.iam.gserviceaccount.com";
  emulator.configureMetadata({
    zone: "us-east1-b",
    numericProjectId: "42",
    instanceId: "9007199254740993",
    universeDomain: "other.example",
  });
  emulator.configureMetadata({ scopes: ["a", "b"], accounts: [{ email: second, scopes: ["c"], aliases: ["spare"] }] });
  for (const [path, text] of [
    ["/project/project-id", "p"],
    ["/project/numeric-project-id", "42"],
    ["/universe/universe-domain", "other.example"],
    ["/instance/id", "9007199254740993"],
    ["/instance/zone", "projects/42/zones/us-east1-b"],
    ["/instance/region", "projects/42/regions/us-east1"],
    [`${ACCOUNTS}/default/email`, EMAIL],
    [`${ACCOUNTS}/spare/email`, second],
    [`${ACCOUNTS}/${encodeURIComponent(second)}/email`, second],
    [`${ACCOUNTS}/default/aliases`, "default\n"],
    [`${ACCOUNTS}/default/scopes`, "a\nb\n"],
    [`${ACCOUNTS}/`, `default/\n${EMAIL}/\nspare/\n${second}/\n`],
    [`${ACCOUNTS}/default/`, "aliases\nemail\nidentity\nscopes\ntoken\n"],
    ["/", "instance/\nproject/\nuniverse/\n"],
    ["/project/project-id?alt=json", '"p"'],
  ]) {
    const answer = await get(path);
    assert.deepEqual([answer.status, answer.text], [200, text], path);
  }
  const account = { aliases: ["default"], email: EMAIL, scopes: ["a", "b"] };
  const spare = { aliases: ["spare"], email: second, scopes: ["c"] };
  const recursive = async (path) => (await get(`${path}?recursive=true`)).text;
  assert.deepEqual(JSON.parse(await recursive(`${ACCOUNTS}/default/`)), account);
  const all = { default: account, [EMAIL]: account, spare, [second]: spare };
  assert.deepEqual(JSON.parse(await recursive(`${ACCOUNTS}/`)), all);
  const whole = await recursive("/");
  assert.match(whole, /"id":9007199254740993,/);
  assert.match(whole, /"project":\{"numericProjectId":42,"projectId":"p"\}/);
  assert.deepEqual(JSON.parse(whole).instance.serviceAccounts, all);

  for (const path of ["", "/instance", `${ACCOUNTS}/default`]) {
    const { status, headers } = await get(path);
    assert.deepEqual([status, headers.get("location")], [301, `${url}/computeMetadata/v1${path}/`]);
    assert.equal(headers.get("metadata-flavor"), "Google");
  }
});

test("refused: an empty audience, unknown accounts and paths", async (t) => {
  const { get, identity } = await machine(t);
  for (const query of ["", "audience=", "audience", "format=full", "audience=a&format=whole"]) {
    const { status, text } = await identity(query);
    assert.equal(status, 400, query);
    assert.match(text, query.includes("=a") ? /format/ : /non-empty audience parameter required/);
  }
  for (const path of [
    `${ACCOUNTS}/nobody@p.iam.gserviceaccount.com/token`,
    `${ACCOUNTS}/default/token/`,
    `${ACCOUNTS}/default/nothing`,
    "/nothing",
    "/instance/constructor",
    "//instance/id",
    "/instance/attributes/__proto__",
  ]) {
    assert.equal((await get(path)).status, 404, path);
  }
});

test("pings, faults, and no metadata server at all", async (t) => {
  const { get, emulator, url } = await machine(t);
  const ping = () => fetch(`${url}/`);
  assert.deepEqual([(await ping()).status, (await ping()).headers.get("metadata-flavor")], [200, "Google"]);
  emulator.addFault({ endpoint: "metadata", match: "/token", status: 503, times: 1 });
  assert.equal((await get(`${ACCOUNTS}/default/token`)).status, 503);
  assert.equal((await get(`${ACCOUNTS}/default/token`)).status, 200);
  assert.equal(emulator.log.at(-1).endpoint, "metadata");

  emulator.configureMetadata({ enabled: false });
  assert.deepEqual([(await ping()).status, (await ping()).headers.get("metadata-flavor")], [404, null]);
  assert.equal((await get("/project/project-id")).status, 404);
  for (const wrong of [{ acount: "x" }, { account: 7 }, { scopes: "a" }, { accounts: [{}] }, { zone: "" }]) {
    assert.throws(() => emulator.configureMetadata(wrong), TypeError, JSON.stringify(wrong));
  }
  emulator.configureMetadata({ enabled: true });
  assert.equal((await ping()).status, 200);
});
