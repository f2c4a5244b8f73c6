// Two instances over one store, in processes of their own, of which one is killed again and again while people log in, refresh, and get
// out. What was answered holds, on both. How a client gets over a lost answer is in `refreshed`.
//   ROUNDS=200 node --test tests/service/instances.test.mjs
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import { hashSecret } from "../../pkg/runtime/service-node.js";
import { startRedis } from "../stores/lib/databases.mjs";
import { EXCHANGE, ISSUER, SEAL, SECRET, type } from "./stand.mjs";

const script = fileURLToPath(new URL("instance.mjs", import.meta.url));
const rounds = Number(process.env.ROUNDS ?? 12);
/** Each is a subject, and so a record of its own; a subject has a hundred logins at the most. */
const CLIENTS = Array.from({ length: 6 }, (_, n) => `client-${n}`);
const ORDERS = "https://orders.example";

const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-instances-"));
after(() => rm(folder, { recursive: true, force: true }));

async function policy() {
  const hash = await hashSecret(SECRET);
  const callers = CLIENTS.map((name) => `[callers.${name}]\nclient_id = "${name}"\nsecret_hash = "${hash}"\nrate = "1000000/second"\n`);
  return `${callers.join("")}[[grants]]\nto = ${JSON.stringify(CLIENTS)}\njwt_for = ["${ORDERS}"]\n`;
}

/** An instance that can be killed and begun again. */
async function instance(told) {
  const child = spawn(process.execPath, [script, told], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let url = "";
  for await (const line of createInterface(child.stdout)) {
    url = line;
    break;
  }
  assert.ok(url, "the instance ended before it began");
  return { url, kill: () => (child.kill("SIGKILL"), ended) };
}

/** An answer, or nothing where it was lost with the process, or where the service says that it does not know. */
async function asked(url, method, path, { json, form, bearer } = {}) {
  const headers = { ...(json && { "content-type": "application/json" }), ...(bearer && { authorization: `Bearer ${bearer}` }) };
  try {
    const body = form ? new URLSearchParams(form) : json && JSON.stringify(json);
    const response = await fetch(url + path, { method, headers, body });
    const answer = await response.json();
    return response.status === 503 ? undefined : { status: response.status, body: answer };
  } catch {
    return undefined;
  }
}

const client = (client_id) => ({ client_id, client_secret: SECRET });
const user = (url, bearer) => asked(url, "GET", "/api/user", { bearer });
const refresh = (url, refresh_token) => asked(url, "POST", "/api/auth/refresh", { json: { refresh_token } });
const revoke = (url, token) => asked(url, "POST", "/api/auth/revoke", { form: { token } });
const introspect = (url, token) => asked(url, "POST", "/api/auth/introspect", { form: { token, ...client(CLIENTS[0]) } });

/** What is true of a login, as whoever has it knows it: `ended` once that was answered. */
function family(data) {
  return { ...data, ended: false };
}

/**
 * Refreshes. Where the answer was lost, the token is sent again: it is good, if the write had not come to pass; or it was used before, the
 * login has ended, and one logs in anew. There is no third way.
 */
async function refreshed(urls, mine, seen) {
  let answer = await refresh(pick(urls), mine.refresh_token);
  let lost = 0;
  while (!answer && lost < 20) {
    lost++;
    await pause(20);
    answer = await refresh(pick(urls), mine.refresh_token);
  }
  assert.ok(answer, "a refresh that is not answered however often it is asked for");
  if (answer.status === 200) {
    seen.refreshed++;
    if (lost) seen.again++;
    Object.assign(mine, answer.body.data);
    return;
  }
  assert.deepEqual([answer.status, answer.body.meta.code], [400, "invalid_grant"]);
  assert.ok(lost > 0 || mine.ended, `a refresh was refused whose token nobody had sent before: ${answer.body.message}`);
  seen.reused++;
  mine.ended = true;
}

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Somebody who logs in, goes on for a while, and often gets out. All that he was answered is in `families` and `jwts`. */
async function somebody(name, urls, until, { families, jwts, seen }) {
  while (Date.now() < until) {
    const answer = await asked(pick(urls), "POST", "/api/auth/login", { json: client(name) });
    if (!answer) {
      await pause(5);
      continue;
    }
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const mine = family(answer.body.data);
    families.push(mine);
    seen.logins++;
    const times = Math.floor(Math.random() * 4);
    for (let n = 0; n < times && !mine.ended; n++) {
      await refreshed(urls, mine, seen);
      if (mine.ended) break;
      const form = { grant_type: EXCHANGE, subject_token: mine.access_token, subject_token_type: type("access_token"), audience: ORDERS };
      const jwt = (await asked(pick(urls), "POST", "/api/token", { form }))?.body.access_token;
      if (jwt && (await revoke(pick(urls), jwt))?.status === 200) jwts.push(jwt);
    }
    if (mine.ended || Math.random() < 0.3) continue;
    const ways = [
      (url) => revoke(url, mine.refresh_token),
      (url) => revoke(url, mine.access_token),
      (url) => asked(url, "DELETE", "/api/auth/revoke", { bearer: mine.access_token }),
    ];
    const way = pick(ways);
    const answered = await way(pick(urls));
    // Where the answer was lost, it may have ended or not: it is tried again until it is known.
    const known = answered ?? (await again(() => way(pick(urls))));
    assert.ok(known.status === 200 || (known.status === 401 && !answered), `${known.status} ${JSON.stringify(known.body)}`);
    mine.ended = true;
    seen.ended++;
  }
}

async function again(ask) {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await ask();
    if (answer) return answer;
    await pause(20);
  }
  throw new Error("never answered");
}

/** That what was answered holds, on each instance. */
async function holds(urls, { families, jwts, seen }) {
  const each = (list, look) => Promise.all(list.map(look));
  for (const url of urls) {
    await each(jwts, async (jwt) =>
      assert.equal((await again(() => introspect(url, jwt))).body.active, false, "a revoked JWT is good again"),
    );
    await each(families, async ({ access_token, refresh_token, ended }) => {
      assert.equal(
        (await again(() => user(url, access_token))).status,
        ended ? 401 : 200,
        ended ? "a login came back" : "a login was lost",
      );
      assert.equal((await again(() => introspect(url, refresh_token))).body.active, !ended);
    });
  }
  await each(families, async (mine) => {
    if (mine.ended) {
      assert.equal((await again(() => refresh(pick(urls), mine.refresh_token))).status, 400, "a login came back");
      return;
    }
    await refreshed(urls, mine, seen);
    if (mine.ended) return;
    for (const url of urls)
      assert.equal((await again(() => user(url, mine.access_token))).status, 200, "a token that was answered does not work");
    assert.equal((await again(() => revoke(pick(urls), mine.refresh_token))).status, 200);
    mine.ended = true;
  });
}

async function storm(spec) {
  const told = JSON.stringify({ issuer: ISSUER, secrets: [SEAL], policy: await policy(), spec });
  const instances = await Promise.all([instance(told), instance(told)]);
  const urls = instances.map(({ url }) => url);
  const seen = { logins: 0, refreshed: 0, again: 0, reused: 0, ended: 0, killed: 0 };
  const all = { families: [], jwts: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      const now = { families: [], jwts: [], seen };
      // Secrets are hashed at an instance's first login of each client; then it goes quickly.
      for (const url of urls)
        await Promise.all(
          CLIENTS.map((name) =>
            asked(url, "POST", "/api/token", { form: { grant_type: "client_credentials", audience: ORDERS, ...client(name) } }),
          ),
        );
      const until = Date.now() + 400;
      const people = CLIENTS.flatMap((name) => [somebody(name, urls, until, now), somebody(name, urls, until, now)]);
      const killing = (async () => {
        await pause(Math.random() * 350);
        const victim = Math.floor(Math.random() * 2);
        await instances[victim].kill();
        seen.killed++;
        instances[victim] = await instance(told);
        urls[victim] = instances[victim].url;
      })();
      await Promise.all([...people, killing]);
      await holds(urls, now);
      all.families.push(...now.families);
      all.jwts.push(...now.jwts);
    }
    // After everything, and by instances that have seen nothing of it.
    await Promise.all(instances.map(({ kill }) => kill()));
    instances.splice(0, 2, ...(await Promise.all([instance(told), instance(told)])));
    const fresh = instances.map(({ url }) => url);
    await holds(fresh, { ...all, seen });
    const keys = await Promise.all(fresh.map(async (url) => (await asked(url, "GET", "/.well-known/jwks.json")).body));
    assert.deepEqual(keys[0], keys[1]);
    assert.equal(keys[0].keys.length, 1, "the two made one key between them");
  } finally {
    await Promise.all(instances.map(({ kill }) => kill()));
  }
  assert.ok(seen.killed === rounds && seen.refreshed > rounds * 5 && seen.ended > rounds * 5, JSON.stringify(seen));
  console.log(`# ${spec.split(":")[0]}: ${rounds} kills, ${JSON.stringify({ ...seen, revokedJwts: all.jwts.length })}`);
}

test("over files: what was answered holds on both, whoever is killed", async () => {
  await storm(`file:${join(folder, "records")}`);
});

test("over Redis: what was answered holds on both, whoever is killed", async (t) => {
  const redis = await startRedis(folder);
  t.after(redis.stop);
  await storm(redis.spec);
});
