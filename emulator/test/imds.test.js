import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../testing/harness.js";

const ROLES = "/latest/meta-data/iam/security-credentials";

/** A world with an EC2 instance, and ways to ask its metadata service. */
async function instance(t, settings) {
  const world = await start(t);
  const defaults = { enabled: true, requireSession: true, role: "ci", zone: "eu-north-1c", accountId: "111122223333", keyLifetime: 21_600 };
  world.emulator.configureImds({ ...defaults, ...settings });
  const open = (ttl = "300", more = {}) =>
    fetch(`${world.url}/latest/api/token`, {
      method: "PUT",
      headers: { ...(ttl && { "x-aws-ec2-metadata-token-ttl-seconds": ttl }), ...more },
    });
  const get = async (path, token) => {
    const response = await fetch(world.url + path, { headers: token ? { "x-aws-ec2-metadata-token": token } : {} });
    return { status: response.status, text: await response.text() };
  };
  return { ...world, open, get };
}

test("a session opens zone, region, role and keys", async (t) => {
  const { emulator, open, get } = await instance(t);
  const answer = await open();
  assert.deepEqual([answer.status, answer.headers.get("x-aws-ec2-metadata-token-ttl-seconds")], [200, "300"]);
  const token = await answer.text();
  assert.deepEqual(await get("/latest/meta-data/placement/availability-zone", token), { status: 200, text: "eu-north-1c" });
  assert.deepEqual(await get("/latest/meta-data/placement/region", token), { status: 200, text: "eu-north-1" });
  for (const path of [ROLES, `${ROLES}/`]) assert.deepEqual(await get(path, token), { status: 200, text: "ci" });
  const read = async (session = token) => JSON.parse((await get(`${ROLES}/ci`, session)).text);
  const first = await read();
  assert.deepEqual(Object.keys(first), ["Code", "LastUpdated", "Type", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"]);
  assert.equal(first.Code, "Success");
  assert.match(first.AccessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assert.ok(Math.abs(Date.parse(first.Expiration) - Date.now() - 21_600_000) < 5000);
  assert.deepEqual(await read(), first, "the same until shortly before its end");
  for (const path of [`${ROLES}/other`, "/latest/meta-data/", "/latest/nothing"]) assert.equal((await get(path, token)).status, 404);

  emulator.clock.offset = 299_000;
  assert.equal((await get(ROLES, token)).status, 200);
  emulator.clock.offset = 301_000;
  assert.equal((await get(ROLES, token)).status, 401, "the session is over");
  emulator.clock.offset = 21_400_000;
  assert.notEqual((await read(await (await open()).text())).AccessKeyId, first.AccessKeyId);
});

test("without a session it is closed, unless it is told to be open", async (t) => {
  const { emulator, open, get, url } = await instance(t);
  for (const token of [undefined, "x"]) assert.equal((await get(ROLES, token)).status, 401);
  for (const ttl of ["", "0", "21601", "x"]) assert.equal((await open(ttl)).status, 400, ttl);
  assert.equal((await open("300", { "x-forwarded-for": "10.0.0.1" })).status, 403);
  assert.equal((await fetch(`${url}/latest/api/token`)).status, 405);
  assert.equal((await fetch(url + ROLES, { method: "POST" })).status, 405);
  emulator.configureImds({ requireSession: false });
  assert.equal((await get(ROLES)).status, 200);
  assert.equal((await get(ROLES, "x")).status, 401, "a bad token is bad all the same");
  emulator.addFault({ endpoint: "imds", match: ROLES, status: 500, times: 1 });
  assert.equal((await get(ROLES)).status, 500);
  emulator.configureImds({ enabled: false });
  assert.deepEqual([(await open()).status, (await get(ROLES)).status], [404, 404]);
  for (const wrong of [{ role: "" }, { keyLifetime: 0 }, { regoin: "x" }]) {
    assert.throws(() => emulator.configureImds(wrong), TypeError, JSON.stringify(wrong));
  }
});
