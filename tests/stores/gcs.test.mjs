// The store in Cloud Storage against the emulator, over sockets.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";
import { AuthError, TimeoutError, customFetch } from "../../pkg/runtime/node.js";
import { gcsStore, parseGcsLocation } from "../../pkg/stores/gcs.js";
import { bytes, failure, open, text } from "./gcs/world.mjs";

const run = promisify(execFile);
const increments = fileURLToPath(new URL("gcs/increments.mjs", import.meta.url));

/** Lets several processes count up in one record, and gives what they saw and what is in it. */
async function count(options, { processes, times }) {
  const jobs = Array.from({ length: processes }, (_, job) => JSON.stringify({ options, key: "counter", me: `job ${job}`, times }));
  const outputs = await Promise.all(jobs.map((job) => run(process.execPath, [increments, job])));
  const seen = outputs.map(({ stdout }) => JSON.parse(stdout));
  const total = (name) => seen.reduce((sum, one) => sum + one[name], 0);
  const { value } = await gcsStore(options).read("counter");
  return { conflicts: total("conflicts"), lost: total("lost"), found: total("found"), ...JSON.parse(text(value)) };
}

test("a record is written, read, replaced and deleted", async (t) => {
  const { options, requests } = await open(t);
  const store = gcsStore({ ...options, prefix: "users/" });
  const value = Uint8Array.from({ length: 65_536 }, (_, index) => index);
  assert.equal(await store.read("ada"), null);
  const first = await store.write("ada", value, null);
  const record = await store.read("ada");
  assert.deepEqual(record.value, value);
  assert.equal(record.version, first.version);
  assert.ok(record.writtenAt <= record.serverNow && record.serverNow - record.writtenAt < 60_000);
  const second = await store.write("ada", new Uint8Array(), first.version);
  assert.deepEqual((await store.read("ada")).value, new Uint8Array());
  assert.equal(await store.delete("ada", first.version), "conflict");
  assert.equal(await store.delete("ada", second.version), true);
  assert.equal(await store.delete("ada", second.version), "conflict");
  assert.equal(await store.read("ada"), null);
  assert.deepEqual(
    requests().map(({ storage, method }) => `${method} ${storage.object}`),
    ["GET", "POST", "GET", "POST", "GET", "DELETE", "DELETE", "DELETE", "GET"].map((method) => `${method} users/ada`),
    "one request for each",
  );
});

test("stale versions are refused, also after a delete", async (t) => {
  const { options } = await open(t);
  const store = gcsStore(options);
  const { version } = await store.write("a", bytes("1"), null);
  assert.equal(await store.write("a", bytes("x"), null), "conflict");
  const next = await store.write("a", bytes("2"), version);
  assert.equal(await store.write("a", bytes("x"), version), "conflict");
  await store.delete("a", next.version);
  assert.equal(await store.write("a", bytes("x"), next.version), "conflict");
  const again = await store.write("a", bytes("1"), null);
  assert.notEqual(again.version, version);
  assert.equal(await store.write("a", bytes("x"), version), "conflict", "what has the same value is not the same record");
  assert.equal(text((await store.read("a")).value), "1");
});

test("what is in the bucket is plain, and not to be cached", async (t) => {
  const { options, url, emulator } = await open(t);
  await gcsStore(options).write("ada", bytes('{"type":"authorized_user"}'), null);
  const { authorization } = await (
    await import("../../pkg/runtime/node.js")
  )
    .createSession(url, {
      credential: options.credential,
      endpoints: url,
      scopes: ["https://www.googleapis.com/auth/devstorage.read_only"],
    })
    .authorizationHeaders();
  const described = await (await emulator.fetch(`${url}/storage/v1/b/tokens/o/ada`, { headers: { authorization } })).json();
  assert.deepEqual([described.contentType, described.cacheControl, described.size], ["application/json", "no-store", "26"]);
});

test("every key has an object of its own, whatever is in it", async (t) => {
  const { options } = await open(t);
  const store = gcsStore({ ...options, prefix: "p/" });
  const keys = [
    "a", "A", "a/", "/a", "a//b", "a/../b", "..", ".", "../..", "a b", "a+b", "a%2Fb", "a%252Fb", "%", "?x=1&y", "#x", "ü", "u\u0308", "😀",
    "\u200d", "a:b", "gs://b/o", "\\", "'\"<>&", "x".repeat(512), "ada@example.com", "ada@example.com.lease", "__proto__", "constructor",
  ]; // prettier-ignore
  for (const key of keys) assert.notEqual(await store.write(key, bytes(`of ${key}`), null), "conflict", key);
  for (const key of keys) assert.equal(text((await store.read(key)).value), `of ${key}`, key);
  for (const key of ["", "x".repeat(513), "a\nb", "a\u0000", "a\u007f", "\u0085", "\ud800", "a\udfff", "\u2028", 7, undefined, null, {}]) {
    for (const refused of [store.read(key), store.write(key, bytes(""), null), store.delete(key, "1")]) {
      assert.equal((await failure(refused)).code, "invalid_option", inspect(key));
    }
  }
  const whole = gcsStore(options);
  for (const key of [".", "..", ".well-known/acme-challenge/x"]) assert.equal((await failure(whole.read(key))).code, "invalid_option", key);
  assert.equal((await failure(gcsStore({ ...options, prefix: "ü".repeat(400) }).read("x".repeat(300)))).code, "invalid_option");
});

test("bad options, values and versions are refused before anything is sent", async (t) => {
  const { options, emulator } = await open(t);
  for (const [name, value] of [
    ["bucket", undefined],
    ["bucket", "No"],
    ["bucket", "a/b"],
    ["bucket", "ab"],
    ["bucket", "a.b\n"],
    ["bucket", 7],
    ["prefix", "a\n"],
    ["prefix", 7],
    ["prefix", ".well-known/acme-challenge/"],
    ["prefix", "x".repeat(1024)],
    ["audience", "x"],
    ["joinUrl", () => "x"],
    ["timeout", 0],
    ["timeout", "1"],
    ["retry", true],
    ["retry", { attempts: 0 }],
    ["scopes", []],
    ["credential", 7],
    ["buckets", "x"],
  ]) /* prettier-ignore */ {
    const error = await failure((async () => gcsStore({ ...options, [name]: value }))());
    assert.ok(error instanceof AuthError && error.code.startsWith("invalid_"), `${name} ${inspect(value)}: ${error}`);
  }
  assert.throws(() => gcsStore(undefined), AuthError);
  assert.throws(() => gcsStore({ ...options, apiEndpoint: "http://elsewhere.example" }), { code: "invalid_base_url" });
  const store = gcsStore(options);
  for (const value of ["text", [1], new Uint8Array(65_537), new Uint16Array(1), new ArrayBuffer(1), null, undefined]) {
    assert.equal((await failure(store.write("a", value, null))).code, "invalid_option", inspect(value).slice(0, 40));
  }
  for (const version of ["0", "", "x", "-1", "01", "1.5", "99999999999999999999", 7, undefined]) {
    assert.equal((await failure(store.write("a", bytes(""), version))).code, "invalid_option", inspect(version));
    assert.equal((await failure(store.delete("a", version))).code, "invalid_option", inspect(version));
  }
  assert.equal((await failure(store.delete("a", null))).code, "invalid_option");
  assert.deepEqual(emulator.log, []);
});

test("a polluted Object.prototype changes nothing", async () => {
  // Without a server: in this process it would be polluted, too.
  const sent = [];
  const answer = async (input, { headers }) => {
    sent.push([String(input), new Headers(headers).get("authorization")]);
    const now = new Date().toUTCString();
    return sent.length === 1
      ? new Response('{"generation":"7"}')
      : new Response("1", { headers: { "x-goog-generation": "7", "last-modified": now, date: now } });
  };
  const polluted = { prefix: "evil/", apiEndpoint: "https://evil.example", bucket: "evil", scopes: ["evil"], retry: false, timeout: 1 };
  const credential = async ({ scopes }) => scopes.join();
  try {
    for (const [name, value] of Object.entries(polluted))
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    const store = gcsStore({ bucket: "tokens", credential, [customFetch]: answer });
    await store.write("a", bytes("1"), null);
    assert.equal(text((await store.read("a")).value), "1");
    assert.throws(() => gcsStore({ credential }), { code: "invalid_option" });
  } finally {
    for (const name of Object.keys(polluted)) delete Object.prototype[name];
  }
  const token = "Bearer https://www.googleapis.com/auth/devstorage.read_write";
  assert.deepEqual(sent, [
    ["https://storage.googleapis.com/upload/storage/v1/b/tokens/o?uploadType=multipart&ifGenerationMatch=0&fields=generation", token],
    ["https://storage.googleapis.com/storage/v1/b/tokens/o/a?alt=media", token],
  ]);
});

test("locations in both forms, and what is none", () => {
  for (const [location, bucket, object] of [
    ["gs://my-bucket/a/b.json", "my-bucket", "a/b.json"],
    ["my-bucket:a/b.json", "my-bucket", "a/b.json"],
    ["my_bucket.example.com:a:b", "my_bucket.example.com", "a:b"],
    ["gs://my-bucket//a", "my-bucket", "/a"],
    ["my-bucket:/a", "my-bucket", "/a"],
    ["gs://my-bucket/a b%20c?d#e ü", "my-bucket", "a b%20c?d#e ü"],
    ["gs://my-bucket/a:b", "my-bucket", "a:b"],
  ]) {
    assert.deepEqual(parseGcsLocation(location), { bucket, object }, location);
  }
  for (const other of [
    "",
    "user.json",
    "./a:b",
    "C:\\user.json",
    "C:/user.json",
    "/tmp/a:b",
    "https://x/y",
    "redis://h/1",
    "file:///tmp/x",
    "Bucket:x",
    "-ab:x",
    "ab:x",
  ]) {
    assert.equal(parseGcsLocation(other), undefined, other);
  }
  for (const wrong of [
    "gs://",
    "gs://my-bucket",
    "gs://my-bucket/",
    "gs://No/x",
    "gs://my-bucket/a\nb",
    `my-bucket:${"x".repeat(1025)}`,
    "my-bucket:..",
  ]) {
    assert.throws(() => parseGcsLocation(wrong), { code: "invalid_option" }, wrong);
  }
  assert.throws(() => parseGcsLocation(7), { code: "invalid_option" });
});

test("what is missing is said: the role, the scope, the bucket, the token", async (t) => {
  const { options, emulator } = await open(t);
  const store = gcsStore(options);
  const all = (of = store) => [of.read("a"), of.write("a", bytes(""), null), of.delete("a", "1")].map(failure);
  const check = async (errors, pattern, status) => {
    for (const error of await Promise.all(errors)) {
      assert.deepEqual([error.code, error.transient, error.server.status], ["store_refused", false, status], error.message);
      assert.match(error.message, pattern);
      assert.match(error.message, /gs:\/\/\w+\/a/);
      assert.doesNotMatch(inspect(error, { showHidden: true }), /ya29|eyJ|PRIVATE/);
    }
  };
  emulator.addBucket("tokens", { readers: [], writers: [] });
  await check(
    all(),
    /lacks storage\.objects\.(get|create|delete)\. Give it the role Storage Object User \(roles\/storage\.objectUser\) on the bucket/,
    403,
  );
  await check(all(gcsStore({ ...options, scopes: ["https://www.googleapis.com/auth/pubsub"] })), /scopes do not allow it/, 403);
  await check(all(gcsStore({ ...options, bucket: "none" })), /no such bucket/, 404);
  await check(all(gcsStore({ ...options, credential: async () => "ya29.stranger" })), /token was refused/, 401);
});

test("reads are sent again, writes are not, and who does not know is told so", async (t) => {
  const { options, emulator, requests } = await open(t);
  const store = gcsStore({ ...options, retry: { attempts: 3, delay: 1 } });
  await store.write("a", bytes("1"), null);
  for (const fault of [{ status: 503 }, { status: 500, body: "html" }, { reset: true }, { lost: true }]) {
    emulator.addFault({ endpoint: "storage", ...fault, times: 2 });
    assert.equal(text((await store.read("a")).value), "1", JSON.stringify(fault));
    emulator.addFault({ endpoint: "storage", ...fault, times: 1 });
    const before = requests().length;
    const { version } = await store.read("a");
    for (const act of [() => store.write("a", bytes("1"), version), () => store.delete("a", version)]) {
      emulator.addFault({ endpoint: "storage", ...fault, times: 1 });
      const error = await failure(act());
      assert.deepEqual([error.code, error.transient], ["store_unavailable", true], JSON.stringify(fault));
      assert.match(error.message, /gs:\/\/tokens\/a.*read/s);
      if (fault.lost) break;
    }
    assert.equal(requests().length - before, fault.lost ? 3 : 4, "two for the read, and one for each of the others");
  }
});

test("a lost answer: what was written is there, and what was not is not", async (t) => {
  const { options, emulator } = await open(t);
  const store = gcsStore(options);
  const { version } = await store.write("a", bytes("1"), null);
  emulator.addFault({ endpoint: "storage", match: "/upload/", reset: true, times: 1 });
  await failure(store.write("a", bytes("2"), version));
  assert.deepEqual([(await store.read("a")).version, text((await store.read("a")).value)], [version, "1"]);
  for (const fault of [{ lost: true }, { torn: true }]) {
    const before = await store.read("a");
    emulator.addFault({ endpoint: "storage", match: "/upload/", ...fault, times: 1 });
    const error = await failure(store.write("a", bytes(JSON.stringify(fault)), before.version));
    assert.equal(error.code, "store_unavailable");
    const after = await store.read("a");
    assert.equal(text(after.value), JSON.stringify(fault));
    assert.equal(await store.write("a", bytes("x"), before.version), "conflict");
    assert.notEqual(await store.write("a", bytes("y"), after.version), "conflict");
  }
});

test("answers that are none", async (t) => {
  const { options, emulator } = await open(t);
  const store = gcsStore({ ...options, retry: false, timeout: 2_000 });
  const { version } = await store.write("a", bytes("1"), null);
  const fails = async (fault, promise, code) => {
    emulator.addFault({ endpoint: "storage", ...fault, times: 1 });
    const error = await failure(promise());
    assert.ok(error instanceof AuthError, String(error));
    assert.equal(error.code, code, `${JSON.stringify(fault)}: ${error.message}`);
    emulator.clearFaults();
  };
  const read = () => store.read("a");
  const write = () => store.write("a", bytes("2"), version);
  await fails({ status: 400, body: "html" }, read, "store_refused");
  await fails({ status: 200, json: {} }, write, "store_unavailable");
  await fails({ status: 200, json: null }, write, "store_unavailable");
  await fails({ status: 200, body: "html" }, write, "store_unavailable");
  await fails({ status: 503, body: "endless" }, write, "store_unavailable");
  await fails({ torn: true }, read, "store_unavailable");
  await fails({ body: "endless", headers: { "x-goog-generation": "7", "last-modified": new Date().toUTCString() } }, read, "store_refused");
  await fails({ headers: { date: "yesterday" } }, read, "store_unavailable");
  await fails({ hang: true }, read, "timeout");
  await fails({ hang: true }, write, "timeout");
  emulator.addFault({
    endpoint: "storage",
    body: "x".repeat(50),
    slowBody: 5_000,
    headers: { "x-goog-generation": "7", "last-modified": new Date().toUTCString() },
    times: 1,
  });
  assert.ok((await failure(gcsStore({ ...options, timeout: 500 }).read("a"))) instanceof TimeoutError, "the body counts");
});

test("a page sees only some headers: then it takes two requests, which agree", async (t) => {
  const { options, requests } = await open(t, { fresh: true });
  const other = gcsStore(options);
  let interfere = () => {};
  const hidden = async (input, init) => {
    const response = await fetch(input, init);
    if (String(input).includes("fields=")) await interfere();
    const headers = new Headers(response.headers);
    for (const name of ["x-goog-generation", "last-modified"]) headers.delete(name);
    return new Response(response.body, { status: response.status, headers });
  };
  const store = gcsStore({ ...options, [customFetch]: hidden });
  assert.equal(await store.read("a"), null);
  let { version } = await store.write("a", bytes("1"), null);
  const record = await store.read("a");
  assert.deepEqual([record.version, text(record.value)], [version, "1"]);
  assert.equal(record.writtenAt, Math.floor(Number(version) / 1000), "with its milliseconds");
  let changes = 0;
  interfere = async () => {
    if (++changes < 3) ({ version } = await other.write("a", bytes(`${changes}`), version));
  };
  const latest = await store.read("a");
  assert.deepEqual([latest.version, text(latest.value), changes], [version, "2", 3]);
  interfere = async () => void ({ version } = await other.write("a", bytes("again"), version));
  const before = requests().length;
  assert.equal((await failure(store.read("a"))).code, "store_unavailable");
  assert.ok(requests().length - before < 20, "it gives up");
});

test("times are the store's, in whole seconds, however fast its clock runs", async (t) => {
  const { options, emulator } = await open(t);
  const store = gcsStore(options);
  emulator.clock.scale = 0;
  emulator.clock.offset = 1_000_000_000;
  const at = emulator.clock.now();
  await store.write("a", bytes("1"), null);
  emulator.clock.offset += 90_500;
  const { writtenAt, serverNow } = await store.read("a");
  const whole = (ms) => Math.floor(ms / 1000) * 1000;
  assert.ok(Math.abs(serverNow - writtenAt - 90_500) < 1000);
  assert.ok(writtenAt >= whole(at) && writtenAt <= whole(at + 60_000));
});

test("a write that is one too many waits and comes again, as often as told", async (t) => {
  const { options, emulator, requests } = await open(t);
  emulator.addBucket("tokens", { limitWrites: true });
  emulator.clock.scale = 0;
  const impatient = gcsStore({ ...options, retry: { attempts: 3, delay: 1 } });
  const { version } = await impatient.write("a", bytes("1"), null);
  const before = requests().length;
  const error = await failure(impatient.write("a", bytes("2"), version));
  assert.deepEqual(
    [error.code, error.transient, error.server],
    ["store_unavailable", true, { status: 429, error: "rateLimitExceeded", description: undefined }],
  );
  assert.match(error.message, /written too often/);
  assert.equal(requests().length - before, 3);
  assert.equal((await failure(gcsStore({ ...options, retry: false }).write("a", bytes("2"), version))).code, "store_unavailable");
  assert.equal(requests().length - before, 4);
  const patient = gcsStore({ ...options, retry: { attempts: 100, delay: 1, maxDelay: 5 } });
  const waiting = patient.write("a", bytes("2"), version);
  while (requests().length - before < 8) await new Promise((resolve) => setTimeout(resolve, 1));
  emulator.clock.offset += 1000;
  assert.notEqual(await waiting, "conflict");
  const limited = gcsStore({ ...options, timeout: 300, retry: { attempts: 1000, delay: 1, maxDelay: 5 } });
  const latest = await limited.read("a");
  assert.ok((await failure(limited.write("a", bytes("3"), latest.version))) instanceof TimeoutError);
});

test("the environment's emulator, and a user's own credential", async (t) => {
  const { options, emulator, url, requests } = await open(t);
  emulator.addBucket("tokens", { writers: "any", limitWrites: false });
  process.env.CLOUD_RUN_AUTH_EMULATOR = url;
  t.after(() => delete process.env.CLOUD_RUN_AUTH_EMULATOR);
  const credential = emulator.createAuthorizedUser({ email: "ada@corp.example" });
  const store = gcsStore({ bucket: "tokens", credential, scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
  await store.write("a", bytes("1"), null);
  assert.equal(requests().at(-1).storage.caller, "ada@corp.example");
  await gcsStore({ ...options, endpoints: undefined, apiEndpoint: url }).read("a");
  assert.equal(requests().at(-1).storage.caller, options.credential.client_email);
});

test("3,000 increments by 4 processes, none lost", async (t) => {
  const { options } = await open(t);
  const { count: counted, last, conflicts } = await count(options, { processes: 4, times: 750 });
  assert.equal(counted, 3000);
  assert.deepEqual(Object.values(last), [750, 750, 750, 750]);
  assert.ok(conflicts > 0, "they met");
  t.diagnostic(`${conflicts} conflicts`);
});

test("40 increments by 4 processes at one write a second, none lost", async (t) => {
  const { options, emulator, requests } = await open(t, { fresh: true });
  emulator.addBucket("tokens", { limitWrites: true });
  emulator.clock.scale = 20;
  const { count: counted } = await count({ ...options, retry: { attempts: 20, delay: 50, maxDelay: 100 } }, { processes: 4, times: 10 });
  assert.equal(counted, 40);
  const written = requests().filter(({ storage, status }) => storage.operation === "insert" && status === 200);
  const generations = written.map(({ storage }) => Number(storage.generation)).sort((a, b) => a - b);
  assert.equal(generations.length, 40);
  for (let at = 1; at < 40; at++) assert.ok(generations[at] - generations[at - 1] >= 999_000, "a second between two writes");
  const tooMany = requests().filter(({ status }) => status === 429).length;
  assert.ok(tooMany > 0, "they were held back");
  t.diagnostic(`${tooMany} times 429`);
});

test("600 increments by 4 processes, of which each fifth answer is lost: none lost, none twice", async (t) => {
  let uploads = 0;
  const world = await open(t, {
    before(request) {
      const what =
        ++uploads % 5 === 0 ? { lost: true } : uploads % 7 === 0 ? { reset: true } : uploads % 11 === 0 ? { torn: true } : undefined;
      if (what && request.method === "POST" && request.url.includes("/upload/")) {
        world.emulator.addFault({ endpoint: "storage", match: "/upload/", ...what, times: 1 });
      }
    },
  });
  const { count: counted, lost, found } = await count(world.options, { processes: 4, times: 150 });
  assert.equal(counted, 600);
  assert.ok(lost > found && found > 0, `${lost} ${found}`);
  t.diagnostic(`${lost} answers lost, of which ${found} had been written`);
});
