// The kit on the stores that come with the package, and on what is no store, which has to fail it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import { fileStore } from "../../pkg/stores/file.js";
import { checkStore } from "../../pkg/stores/kit.js";
import { memoryStore } from "../../pkg/stores/memory.js";

const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-stores-"));
after(() => rm(folder, { recursive: true, force: true }));

const bytes = (text) => new TextEncoder().encode(text);
const failed = (results) => results.filter(({ ok }) => !ok).map(({ name, why }) => `${name}: ${why}`);

test("memory passes", async () => {
  const store = memoryStore();
  assert.deepEqual(failed(await checkStore(() => store, { callers: 50, increments: 200 })), []);
});

test("a folder passes", async () => {
  assert.deepEqual(failed(await checkStore(() => fileStore(join(folder, "kit")))), []);
});

test("2,000 increments by eight processes in one folder, none lost, and nothing left behind but the record", async () => {
  const path = join(folder, "processes");
  const script = fileURLToPath(new URL("increment.mjs", import.meta.url));
  const ends = Array.from({ length: 8 }, () => {
    const child = spawn(process.execPath, [script, path, "counter", "250"], { stdio: "inherit" });
    return new Promise((resolve) => child.on("close", resolve));
  });
  assert.deepEqual(new Set(await Promise.all(ends)), new Set([0]));
  const { value } = await fileStore(path).read("counter");
  assert.equal(JSON.parse(new TextDecoder().decode(value)).count, 2000);
  assert.deepEqual(await readdir(path), ["counter"]);
});

test("files are their owner's alone, whatever they were before", async () => {
  const store = fileStore(join(folder, "modes"));
  const { version } = await store.write("a", bytes("1"), null);
  const mode = async () => (await stat(join(folder, "modes", "a"))).mode & 0o777;
  assert.equal(await mode(), 0o600);
  await chmod(join(folder, "modes", "a"), 0o644);
  await store.write("a", bytes("2"), version);
  assert.equal(await mode(), 0o600);
  assert.equal((await stat(join(folder, "modes"))).mode & 0o777, 0o700);
});

test("a file that was edited by hand has another version; a time that was set ahead does not stand in the way", async () => {
  const store = fileStore(join(folder, "edited"));
  const path = join(folder, "edited", "a");
  const { version } = await store.write("a", bytes("1"), null);
  await writeFile(path, "2");
  assert.equal(await store.write("a", bytes("3"), version), "conflict");
  const ahead = new Date(Date.now() + 3_600_000);
  await utimes(path, ahead, ahead);
  const record = await store.read("a");
  assert.ok(record.writtenAt <= record.serverNow);
  const { version: next } = await store.write("a", bytes("4"), record.version);
  assert.notEqual(next, record.version);
});

test("the lock of a process that is no more is taken over, that of one that lives is not", async () => {
  const store = fileStore(join(folder, "locks"));
  const { version } = await store.write("a", bytes("1"), null);
  const lock = join(folder, "locks", ".a.lock");
  const dead = await new Promise((resolve) => {
    const child = spawn(process.execPath, ["-e", ""]);
    child.on("close", () => resolve(child.pid));
  });
  await writeFile(lock, String(dead));
  const long = new Date(Date.now() - 60_000);
  await utimes(lock, long, long);
  const { version: next } = await store.write("a", bytes("2"), version);
  await writeFile(lock, String(process.pid));
  await utimes(lock, long, long);
  setTimeout(() => rm(lock), 500);
  const began = performance.now();
  assert.ok((await store.write("a", bytes("3"), next)).version);
  assert.ok(performance.now() - began > 400, "it waited for the lock");
});

test("names that no file can have are refused", async () => {
  const store = fileStore(folder);
  for (const key of ["", "a\nb", "a\0b", "a".repeat(513), "é".repeat(100), 7, undefined])
    await assert.rejects(store.read(key), { code: "invalid_option" });
  assert.throws(() => fileStore(""), { code: "invalid_option" });
});

test("what writes without a look fails", async () => {
  const records = new Map();
  let count = 0;
  const store = {
    read: async (key) => records.get(key) ?? null,
    write: async (key, value) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const version = String(++count);
      records.set(key, { value, version, writtenAt: Date.now(), serverNow: Date.now() });
      return { version };
    },
  };
  const names = failed(await checkStore(() => store)).map((line) => line.split(":")[0]);
  assert.ok(
    names.includes("a record is made but once") && names.includes("of writers at the same time one is first, and none is lost"),
    names.join(),
  );
});

test("versions that are made of the content fail", async () => {
  const store = memoryStore();
  const hash = (value) => `v${new TextDecoder().decode(value.slice(0, 100))}`;
  const naive = {
    read: async (key) => {
      const record = await store.read(key);
      return record && { ...record, version: hash(record.value) };
    },
    write: async (key, value, expected) => {
      const record = await store.read(key);
      if ((record ? hash(record.value) : null) !== expected) return "conflict";
      const written = await store.write(key, value, record?.version ?? null);
      return written === "conflict" ? written : { version: hash(value) };
    },
  };
  const results = failed(await checkStore(() => naive));
  assert.ok(
    results.some((line) => line.startsWith("no version comes twice")),
    results.join("\n"),
  );
});
