// The kit, and counting by several processes, on real databases; and on what is no store for tokens, which has to fail it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bin, node24 } from "../runtime/programs.mjs";
import { startPostgres, startRedis } from "./lib/databases.mjs";
import { openStore } from "./lib/open.mjs";

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(`lib/${name}`, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-databases-"));
after(() => rm(folder, { recursive: true, force: true }));

const failed = (results) => results.filter(({ ok }) => !ok).map(({ name, why }) => `${name}: ${why}`);
const onNode = [process.execPath];
const onNode24 = [node24()];
const onDeno = [bin("deno"), "run", "--quiet", "--no-lock", "--unstable-kv", "--allow-all"];

/** What a process with a store prints. */
async function child([program, ...words], ...more) {
  const { stdout } = await run(program, [...words, here("child.mjs"), ...more.map(String)], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout);
}

/** Lets processes count, and gives what came to be. */
async function count(program, spec, processes, times) {
  await Promise.all(Array.from({ length: processes }, () => child(program, "increment", spec, "counter", times)));
  return (await child(program, "count", spec, "counter")).count;
}

test("Redis passes, with either client, and 2,000 increments by four processes are all there", async (t) => {
  const redis = await startRedis(folder);
  t.after(redis.stop);
  for (const spec of [redis.spec, `ioredis:${redis.port}`]) assert.deepEqual(failed(await child(onNode, "kit", spec)), [], spec);
  assert.equal(await count(onNode, redis.spec, 4, 500), 2000);
  const { store, close } = await openStore(redis.spec);
  const written = await store.write("plain", new TextEncoder().encode('{"a":"ä"}'), null);
  const { stdout } = await run("redis-cli", ["-p", String(redis.port), "hget", "cloud-run-auth:plain", "text"]);
  assert.equal(stdout, '{"a":"ä"}\n', "JSON is there to be read");
  await run("redis-cli", ["-p", String(redis.port), "del", "cloud-run-auth:plain"]);
  assert.equal(await store.write("plain", new Uint8Array(), written.version), "conflict", "a version of what was deleted");
  await close();
});

test("PostgreSQL passes, makes its table for many at once, and 2,000 increments by four processes are all there", async (t) => {
  const postgres = await startPostgres(folder);
  t.after(postgres.stop);
  assert.equal(await count(onNode, postgres.spec, 4, 500), 2000);
  assert.deepEqual(failed(await child(onNode, "kit", postgres.spec)), []);
  await postgres.stop();
  const { store, close } = await openStore(postgres.spec);
  const error = await store.read("a").catch((thrown) => thrown);
  assert.deepEqual([error.code, error.transient, error.cause.code], ["store_unavailable", true, "ECONNREFUSED"]);
  await close();
});

test("SQLite passes, by Node's own module and by better-sqlite3, and 1,000 increments by four processes are all there", async () => {
  for (const [program, name] of [
    [onNode, "better.db"],
    [onNode24, "node.db"],
  ]) {
    const spec = `sqlite:${join(folder, name)}`;
    assert.equal(await count(program, spec, 4, 250), 1000, name);
    assert.deepEqual(failed(await child(program, "kit", spec)), [], name);
  }
});

test("Deno KV passes, and 800 increments by four processes are all there", async () => {
  const spec = `deno-kv:${join(folder, "deno.kv")}`;
  assert.deepEqual(failed(await child(onDeno, "kit", spec)), []);
  assert.equal(await count(onDeno, spec, 4, 200), 800);
});

let server;
let worker;
before(async () => {
  server = spawn(node24(), [here("miniflare.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  [worker] = await once(createInterface(server.stdout), "line");
});
after(() => server.stdin.end());
const ask = async (path) => (await fetch(new URL(path, worker))).json();

for (const [store, times] of [
  ["durable-object", 250],
  ["r2", 50],
]) {
  test(`${store} passes, and ${times * 4} increments by four requests are all there`, async () => {
    assert.deepEqual(failed(await ask(`/kit?store=${store}`)), []);
    await Promise.all(
      [1, 2, 3, 4].map(async () => (await fetch(new URL(`/increment?store=${store}&key=counter&times=${times}`, worker))).text()),
    );
    assert.equal((await ask(`/count?store=${store}&key=counter`)).count, times * 4);
  });
}

test("Workers KV fails: it loses increments", async () => {
  const results = failed(await ask("/kit?store=kv"));
  assert.match(results.join("\n"), /increments \d+ were lost/);
});

test("what is no database is refused at once", async () => {
  const { redisStore } = await import("../../pkg/stores/redis.js");
  const { postgresStore } = await import("../../pkg/stores/postgres.js");
  const { sqliteStore } = await import("../../pkg/stores/sqlite.js");
  const { denoKvStore } = await import("../../pkg/stores/deno-kv.js");
  const { r2Store } = await import("../../pkg/stores/r2.js");
  const pool = { query: () => assert.fail("asked") };
  for (const refused of [
    () => redisStore(undefined),
    () => redisStore({ sendCommand() {} }, { prefix: 7 }),
    () => postgresStore("postgres://"),
    () => postgresStore(pool, { table: 'x"; drop table users; --' }),
    () => postgresStore(pool, { table: "a.b.c" }),
    () => postgresStore(pool, { tabel: "a" }),
    () => sqliteStore("a.db"),
    () => sqliteStore({ prepare() {}, exec() {} }, { table: "a b" }),
    () => denoKvStore({}),
    () => r2Store({ get() {}, put() {} }),
  ])
    assert.throws(refused, { code: "invalid_option" }, String(refused));
});
