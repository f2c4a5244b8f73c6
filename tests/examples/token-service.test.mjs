// examples/token-service, with the packed package: two processes of Node over Redis, and two isolates of workerd over Durable Objects.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { hashSecret } from "../../pkg/runtime/service-node.js";
import { install, pack } from "../packaging/install.mjs";
import { workerd } from "../runtime/programs.mjs";
import { bundleWorker } from "../runtime/runners/workerd-bundle.mjs";
import { startWorkerd } from "../runtime/runners/workerd-server.mjs";
import { startRedis } from "../stores/lib/databases.mjs";
import { freePort } from "../stores/lib/port.mjs";

const SECRET = "a client's secret of many letters";
const SEAL = "a-secret-that-seals-of-32-characters-or-more";
const ISSUER = "https://tokens.example";
const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-example-"));
after(() => rm(folder, { recursive: true, force: true }));
const place = join(folder, "app");
const { tarball } = await pack(join(folder, "packed"));
cpSync(fileURLToPath(new URL("../../examples/token-service", import.meta.url)), place, { recursive: true });
await install(place, tarball, { dependencies: { "@hono/node-server": "2.1.9", redis: "6.3.1" } });
const policy = readFileSync(join(place, "policy.toml"), "utf8");
assert.match(policy, /\$argon2id\$/);
writeFileSync(join(place, "policy.toml"), policy.replace(/\$argon2id\$[^"]+/, await hashSecret(SECRET)));

/** What holds wherever the service runs: what one instance began the other goes on with, and ends. */
async function held([one, other]) {
  const ask = async (url, method, path, { json, form, bearer } = {}) => {
    const headers = { ...(json && { "content-type": "application/json" }), ...(bearer && { authorization: `Bearer ${bearer}` }) };
    const body = json ? JSON.stringify(json) : form && new URLSearchParams(form);
    const response = await fetch(new URL(path, url), { method, headers, body });
    return { status: response.status, body: await response.json() };
  };
  const login = await ask(one, "POST", "/api/auth/login", { json: { client_id: "dev", client_secret: SECRET } });
  assert.equal(login.status, 200, JSON.stringify(login.body));
  const { access_token: bearer, refresh_token } = login.body.data;
  assert.equal((await ask(other, "GET", "/api/user", { bearer })).status, 200);
  const form = {
    grant_type: "client_credentials",
    client_id: "dev",
    client_secret: SECRET,
    audience: "https://api.example",
    scope: "orders.read",
  };
  const jwt = await ask(other, "POST", "/api/token", { form });
  assert.deepEqual([jwt.status, jwt.body.expires_in], [200, 300], JSON.stringify(jwt.body));
  const sets = await Promise.all([one, other].map((url) => ask(url, "GET", "/.well-known/jwks.json")));
  assert.deepEqual(sets[0].body, sets[1].body, "one key set");
  const refreshed = await ask(other, "POST", "/api/auth/refresh", { json: { refresh_token } });
  assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
  assert.equal((await ask(one, "POST", "/api/auth/refresh", { json: { refresh_token } })).status, 400, "used before, at the other");
  assert.equal((await ask(other, "GET", "/api/user", { bearer })).status, 401);
  const many = await Promise.all(Array.from({ length: 40 }, (_, i) => ask([one, other][i % 2], "POST", "/api/token", { form })));
  assert.deepEqual([...new Set(many.map(({ status }) => status))], [200]);
}

test("two processes of Node over Redis", async () => {
  mkdirSync(join(folder, "redis"));
  const redis = await startRedis(join(folder, "redis"));
  const start = async () => {
    const port = String(await freePort());
    const env = { PATH: process.env.PATH, ISSUER, PORT: port, AUTH_JIT_SECRET: SEAL, REDIS_URL: `redis://127.0.0.1:${redis.port}` };
    const child = spawn(process.execPath, ["node.js"], { cwd: place, env });
    let told = "";
    child.stderr.on("data", (text) => (told += text));
    const url = await new Promise((resolve, reject) => {
      child.stdout.once("data", (text) => resolve(String(text).trim()));
      child.once("close", () => reject(new Error(told)));
    });
    return { url, end: () => (child.kill("SIGTERM"), new Promise((resolve) => child.once("close", resolve))) };
  };
  const all = await Promise.all([start(), start()]);
  await held(all.map(({ url }) => url));
  assert.deepEqual(await Promise.all(all.map(({ end }) => end())), [0, 0]);
  await redis.stop();
});

test("two isolates of workerd over a Durable Object for each record", async () => {
  const modules = await bundleWorker(join(place, "worker.js"), join(folder, "worker"));
  const worker = (index) => ({
    name: `worker${index}`,
    modules,
    date: "2026-10-20",
    objects: index === 0 ? ["RecordHolder"] : [],
    namespaces: { RECORDS: index === 0 ? "RecordHolder" : "worker0/RecordHolder" },
    texts: { ISSUER, AUTH_JIT_SECRET: SEAL },
  });
  const runtime = await startWorkerd({ program: workerd(), folder: join(folder, "worker"), workers: [worker(0), worker(1)] });
  after(() => runtime.stop());
  await held(runtime.urls);
});
