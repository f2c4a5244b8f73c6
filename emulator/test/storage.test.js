import assert from "node:assert/strict";
import { test } from "node:test";
import { assertionOf, exchange, rawRequest, start } from "../testing/harness.js";

const READ_WRITE = "https://www.googleapis.com/auth/devstorage.read_write";
const READ_ONLY = "https://www.googleapis.com/auth/devstorage.read_only";

/** A bucket, and a caller who may use it. The limit of writes is off unless it is what is looked at. */
async function open(t, { scope = READ_WRITE, limitWrites = false, ...more } = {}) {
  const world = await start(t);
  const { url, key, emulator } = world;
  const bucket = emulator.addBucket("orders", { limitWrites, ...more });
  const access = async (scope) => {
    const tokens = await (await exchange(url, assertionOf(key, { target_audience: undefined, scope }))).json();
    return { authorization: `Bearer ${tokens.access_token}` };
  };
  const authorization = await access(scope);
  const ask = async (path, { headers, ...init } = {}) => {
    const response = await fetch(url + path, { ...init, headers: { ...authorization, ...headers } });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    const body = /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, bytes, body };
  };
  const at = (name, query = "") => `/storage/v1/b/orders/o/${encodeURIComponent(name)}${query && `?${query}`}`;
  const put = (name, value, query = "", headers = {}) =>
    ask(`/upload/storage/v1/b/orders/o?uploadType=media&name=${encodeURIComponent(name)}&${query}`, {
      method: "POST",
      body: value,
      headers,
    });
  return { ...world, bucket, ask, at, put, access };
}

/** What an error says, in short. */
const said = ({ status, body }) => [status, body.error?.errors[0].reason];

test("an object is written, described, read and deleted", async (t) => {
  const { ask, at, put, url, emulator, key, access } = await open(t);
  const name = "users/ada lovelace/ü?#%2F.json";
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const { status, body: object } = await put(name, bytes, "", { "content-type": "application/x-thing" });
  assert.equal(status, 200);
  assert.match(object.generation, /^\d{16}$/);
  const { generation, etag, timeCreated, updated } = object;
  assert.deepEqual(
    [object.name, object.bucket, object.size, object.metageneration, object.contentType, object.kind],
    [name, "orders", "256", "1", "application/x-thing", "storage#object"],
  );
  assert.equal(object.id, `orders/${name}/${generation}`);
  assert.deepEqual([timeCreated, updated], Array(2).fill(new Date(Math.floor(Number(generation) / 1000)).toISOString()));

  const described = await ask(at(name));
  assert.deepEqual(described.body, object);
  assert.equal(described.headers.get("etag"), etag);
  for (const path of [at(name, "alt=media"), `/download${at(name, "alt=media")}`, new URL(object.mediaLink).pathname + "?alt=media"]) {
    const read = await ask(path);
    assert.deepEqual(read.bytes, bytes, path);
    assert.equal(read.headers.get("x-goog-generation"), generation);
    assert.equal(read.headers.get("x-goog-metageneration"), "1");
    assert.equal(read.headers.get("x-goog-hash"), `crc32c=${object.crc32c}`);
    assert.equal(read.headers.get("content-type"), "application/x-thing");
    assert.equal(read.headers.get("etag"), etag);
    assert.equal(Date.parse(read.headers.get("last-modified")), Math.floor(Date.parse(updated) / 1000) * 1000);
    assert.ok(Date.parse(read.headers.get("date")) >= Date.parse(read.headers.get("last-modified")));
  }
  const head = await rawRequest(url, { method: "HEAD", path: at(name, "alt=media"), headers: await access(READ_ONLY) });
  assert.deepEqual([head.status, head.headers["x-goog-generation"], head.body], [200, generation, ""]);

  assert.deepEqual((await ask(at(name, "fields=generation,updated"))).body, { generation, updated });
  assert.equal((await ask(at(name), { method: "DELETE" })).status, 204);
  assert.deepEqual(said(await ask(at(name))), [404, "notFound"]);
  assert.deepEqual((await ask(at(name, "alt=media"))).body, `No such object: orders/${name}`);
  assert.deepEqual(said(await ask(at(name), { method: "DELETE" })), [404, "notFound"]);
  assert.deepEqual(
    emulator.log.filter(({ endpoint }) => endpoint === "storage").map(({ storage }) => storage.operation),
    ["insert", ...Array(6).fill("get"), "delete", "get", "get", "delete"],
  );
  const [written] = emulator.log.filter(({ endpoint }) => endpoint === "storage");
  assert.deepEqual(written.storage, { operation: "insert", bucket: "orders", object: name, caller: key.client_email, generation });
});

test("CRC32C is Castagnoli's", async (t) => {
  const { put } = await open(t);
  // RFC 3720, appendix B.4, and the check value of the catalogue.
  for (const [value, sum] of [
    [new Uint8Array(32), "8a9136aa"],
    [new Uint8Array(32).fill(255), "62a8ab43"],
    ["123456789", "e3069283"],
    ["", "00000000"],
  ]) {
    const { body } = await put("sum", value);
    assert.equal(Buffer.from(body.crc32c, "base64").toString("hex"), sum);
  }
});

test("preconditions of writes: 412, and nothing is written", async (t) => {
  const { ask, at, put } = await open(t);
  const value = async () => (await ask(at("a", "alt=media"))).body;
  for (const query of ["ifGenerationMatch=1", "ifMetagenerationMatch=1", "ifGenerationNotMatch=0"]) {
    assert.deepEqual(said(await put("a", "0", query)), [412, "conditionNotMet"], query);
  }
  const first = (await put("a", "1", "ifGenerationMatch=0")).body.generation;
  const refused = await put("a", "2", "ifGenerationMatch=0");
  assert.deepEqual(refused.body.error, {
    code: 412,
    message: "At least one of the pre-conditions you specified did not hold.",
    errors: [
      {
        message: "At least one of the pre-conditions you specified did not hold.",
        domain: "global",
        reason: "conditionNotMet",
        locationType: "header",
        location: "If-Match",
      },
    ],
  });
  assert.equal(await value(), "1");
  const second = (await put("a", "2", `ifGenerationMatch=${first}`)).body.generation;
  assert.ok(BigInt(second) > BigInt(first));
  for (const query of [
    `ifGenerationMatch=${first}`,
    "ifGenerationMatch=0",
    `ifGenerationNotMatch=${second}`,
    "ifMetagenerationMatch=2",
    "ifMetagenerationNotMatch=1",
    `ifGenerationMatch=${second}&ifMetagenerationMatch=2`,
  ]) {
    assert.deepEqual(said(await put("a", "3", query)), [412, "conditionNotMet"], query);
    assert.deepEqual(said(await ask(at("a", query), { method: "DELETE" })), [412, "conditionNotMet"], query);
  }
  assert.equal(await value(), "2");
  for (const bad of ["x", "", "1.5", "99999999999999999999"]) {
    assert.deepEqual(said(await put("a", "3", `ifGenerationMatch=${bad}`)), [400, "invalidParameter"], bad);
  }
  const query = `ifGenerationMatch=${second}&ifGenerationNotMatch=${first}&ifMetagenerationMatch=1`;
  assert.equal((await ask(at("a", query), { method: "DELETE" })).status, 204);
  assert.deepEqual(said(await put("a", "4", `ifGenerationMatch=${second}`)), [412, "conditionNotMet"], "what was deleted");
  assert.equal((await put("a", "4", "ifGenerationNotMatch=1")).status, 200, "no object is another generation");
});

test("preconditions of reads: 304 and 412, by numbers and by ETags", async (t) => {
  const { ask, at, put } = await open(t);
  const { generation, etag } = (await put("a", "1")).body;
  for (const alt of ["alt=json", "alt=media"]) {
    const read = async (query, headers) => (await ask(at("a", `${alt}&${query}`), { headers })).status;
    assert.equal(await read(`ifGenerationMatch=${generation}`), 200);
    assert.equal(await read("ifGenerationMatch=1"), 412);
    assert.equal(await read("ifGenerationMatch=0"), 412);
    assert.equal(await read(`ifGenerationNotMatch=${generation}`), 304);
    assert.equal(await read("ifGenerationNotMatch=1"), 200);
    assert.equal(await read("ifGenerationNotMatch=0"), 200);
    assert.equal(await read("ifMetagenerationMatch=1"), 200);
    assert.equal(await read("ifMetagenerationMatch=2"), 412);
    assert.equal(await read("ifMetagenerationNotMatch=1"), 304);
    for (const tag of [etag, `"${etag}"`, `"x", ${etag}`, "*"]) {
      assert.equal(await read("", { "if-none-match": tag }), 304, tag);
      assert.equal(await read("", { "if-match": tag }), 200, tag);
    }
    assert.equal(await read("", { "if-none-match": '"x"' }), 200);
    assert.equal(await read("", { "if-match": '"x"' }), 412);
    assert.equal(await read(`generation=${generation}`), 200);
    assert.equal(await read("generation=1"), 404);
  }
  const unchanged = await ask(at("a", "alt=media"), { headers: { "if-none-match": etag } });
  assert.deepEqual([unchanged.bytes.length, unchanged.headers.get("etag")], [0, etag]);
  assert.deepEqual(said(await ask(at("nothing", "ifGenerationMatch=0"))), [404, "notFound"]);
});

test("no generation ever comes again, whatever the clock does", async (t) => {
  const { ask, at, put, emulator } = await open(t);
  emulator.clock.scale = 0;
  const seen = [];
  const next = async (name) => seen.push(BigInt((await put(name, "x")).body.generation));
  for (const step of [
    () => {},
    () => ask(at("a"), { method: "DELETE" }),
    () => (emulator.clock.offset = -86_400_000),
    () => emulator.reset(),
  ]) {
    await next("a");
    await next("b");
    if (seen.length < 8) await step();
  }
  for (let at = 1; at < seen.length; at++) assert.ok(seen[at] > seen[at - 1], `${seen}`);
});

test("two parts in one body: bytes of every kind, and what describes them", async (t) => {
  const { ask, at } = await open(t);
  const boundary = "a b=:'()+_,-./?c";
  const send = (parts, { type = `multipart/related; boundary="${boundary}"`, query = "", end = `\r\n--${boundary}--` } = {}) =>
    ask(`/upload/storage/v1/b/orders/o?uploadType=multipart${query}`, {
      method: "POST",
      headers: { "content-type": type },
      body: Buffer.concat(
        parts.flatMap(([head, body]) => [Buffer.from(`\r\n--${boundary}\r\n${head}\r\n\r\n`), Buffer.from(body)]).concat(Buffer.from(end)),
      ),
    });
  // Its own end is in it, as far as that can be.
  const hostile = Buffer.concat([
    Buffer.from(`\r\n--${boundary.slice(0, -1)}\r\n\r\n--\r\n`),
    Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  ]);
  const json = (value) => ["Content-Type: application/json; charset=UTF-8", JSON.stringify(value)];
  const stored = await send([json({ name: "x/y", cacheControl: "no-store", metadata: { k: "v" } }), ["content-type: text/plain", hostile]]);
  assert.equal(stored.status, 200);
  const { contentType, cacheControl, metadata } = stored.body;
  assert.deepEqual([contentType, cacheControl, metadata], ["text/plain", "no-store", { k: "v" }]);
  const read = await ask(at("x/y", "alt=media"));
  assert.deepEqual(Buffer.from(read.bytes), hostile);
  assert.equal(read.headers.get("cache-control"), "no-store");
  assert.equal((await send([json({ name: "n", contentType: "a/b" }), ["content-type: c/d", ""]])).body.contentType, "a/b");
  assert.equal((await send([json({ name: "n" }), ["x-y: z", ""]])).body.contentType, "application/octet-stream");
  assert.equal((await send([json({ name: "n" }), ["x: y", ""]], { query: "&name=q" })).body.name, "q");
  assert.deepEqual(said(await send([json({ name: "x/y" }), ["x: y", "!"]], { query: "&ifGenerationMatch=0" })), [412, "conditionNotMet"]);

  const whole = [json({ name: "bad" }), ["x: y", "z"]];
  for (const [what, parts, more] of [
    ["one part", whole.slice(0, 1)],
    ["three parts", [...whole, ["x: y", ""]]],
    ["no JSON", [["content-type: application/json", "{"], whole[1]]],
    ["an array", [["content-type: application/json", "[]"], whole[1]]],
    ["another type", [["content-type: text/plain", "{}"], whole[1]]],
    ["a header that is none", [whole[0], ["nonsense", "z"]]],
    ["a header with a control character", [whole[0], ["x: \u0001", "z"]]],
    ["cut off", whole, { end: "" }],
    ["no boundary", whole, { type: "multipart/related" }],
    ["another form", whole, { type: `multipart/form-data; boundary="${boundary}"` }],
    ["a description that is no header", [json({ name: "bad", contentType: "a\r\nb: c" }), whole[1]]],
    ["metadata that is no map", [json({ name: "bad", metadata: { k: 1 } }), whole[1]]],
    ["another sum", [json({ name: "bad", crc32c: "AAAAAA==" }), whole[1]]],
    ["a name with a line break", [json({ name: "a\nb" }), whole[1]]],
    ["a name too long", [json({ name: "ü".repeat(513) }), whole[1]]],
    ["a name that is a path's", [json({ name: ".." }), whole[1]]],
    ["half a character", [json({ name: "\ud800" }), whole[1]]],
  ]) {
    assert.deepEqual(said(await send(parts, more)), [400, "invalid"], what);
  }
  assert.deepEqual(said(await send([json({}), whole[1]])), [400, "required"]);
  assert.deepEqual(said(await ask(at("bad"))), [404, "notFound"]);
});

test("a resumable upload, in one step and in several", async (t) => {
  const { ask, at, url } = await open(t);
  const begin = (query = "") =>
    ask(`/upload/storage/v1/b/orders/o?uploadType=resumable${query}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-upload-content-type": "text/x" },
      body: JSON.stringify({ name: "big" }),
    });
  const more = (location, body, range) => fetch(location, { method: "PUT", body, headers: range ? { "content-range": range } : {} });
  const place = async (query) => (await begin(query)).headers.get("location");

  const location = await place();
  assert.ok(location.startsWith(`${url}/upload/storage/v1/b/orders/o?`));
  const object = await (await more(location, "whole")).json();
  assert.deepEqual([object.name, object.size, object.contentType], ["big", "5", "text/x"]);
  assert.equal((await more(location, "again")).status, 404, "it has ended");

  const steps = await place(`&ifGenerationMatch=${object.generation}`);
  const first = await more(steps, "abc", "bytes 0-2/*");
  assert.deepEqual([first.status, first.headers.get("range")], [308, "bytes=0-2"]);
  assert.equal((await more(steps, undefined, "bytes */*")).headers.get("range"), "bytes=0-2");
  assert.equal((await more(steps, "x", "bytes 7-7/8")).status, 503);
  assert.equal((await more(steps, "x", "nonsense")).status, 400);
  assert.equal((await more(steps, "de", "bytes 3-4/5")).status, 200);
  assert.equal((await ask(at("big", "alt=media"))).body, "abcde");
  assert.deepEqual(said(await begin("&ifGenerationMatch=0")), [412, "conditionNotMet"]);

  const late = await place();
  const other = await place();
  const { generation } = await (await more(other, "other")).json();
  assert.equal((await more(late, "late")).status, 200, "without a precondition the last one wins");
  assert.notEqual((await ask(at("big"))).body.generation, generation);
});

test("metadata changes, and with it the metageneration", async (t) => {
  const { ask, at, put } = await open(t);
  const { generation, etag } = (await put("a", "1")).body;
  const patch = (body, query) => ask(at("a", query), { method: "PATCH", body: JSON.stringify(body) });
  const { body } = await patch({ contentType: "text/plain", metadata: { k: "v" } }, "ifMetagenerationMatch=1");
  assert.deepEqual([body.generation, body.metageneration, body.contentType, body.metadata], [generation, "2", "text/plain", { k: "v" }]);
  assert.notEqual(body.etag, etag);
  assert.deepEqual(said(await patch({}, "ifMetagenerationMatch=1")), [412, "conditionNotMet"]);
  assert.equal((await patch({ metadata: null })).body.metadata, undefined);
});

test("pages of a list, by prefix, in the order of bytes", async (t) => {
  const { ask, put } = await open(t);
  const names = ["a", "a/1", "a/2", "a/b/3", "b", "\uffff", "😀"];
  for (const name of [...names].reverse()) await put(name, name);
  const list = async (query) => (await ask(`/storage/v1/b/orders/o?${query}`)).body;
  const all = async (query) => {
    const seen = [];
    for (let token = ""; token !== undefined;) {
      const page = await list(`${query}&pageToken=${encodeURIComponent(token)}`);
      seen.push(...(page.items ?? []).map(({ name }) => name), ...(page.prefixes ?? []));
      token = page.nextPageToken;
      assert.ok(seen.length < 20);
    }
    return seen;
  };
  for (const size of [1, 2, 3, 1000]) {
    assert.deepEqual(await all(`maxResults=${size}`), names);
    assert.deepEqual(await all(`maxResults=${size}&prefix=a/`), ["a/1", "a/2", "a/b/3"]);
    assert.deepEqual((await all(`maxResults=${size}&delimiter=/`)).sort(), ["a", "a/", "b", "\uffff", "😀"].sort());
    assert.deepEqual((await all(`maxResults=${size}&delimiter=/&prefix=a/`)).sort(), ["a/1", "a/2", "a/b/"]);
  }
  assert.deepEqual(await list("prefix=nothing"), { kind: "storage#objects" });
  for (const query of ["maxResults=0", "maxResults=x", "pageToken=%01"]) {
    assert.deepEqual(said(await ask(`/storage/v1/b/orders/o?${query}`)), [400, "invalidParameter"], query);
  }
});

test("who may do what: scopes, readers, writers, and nobody", async (t) => {
  const { ask, at, put, emulator, key, access } = await open(t);
  await put("a", "1");
  const readOnly = await access(READ_ONLY);
  assert.equal((await ask(at("a"), { headers: readOnly })).status, 200);
  assert.deepEqual(said(await put("a", "2", "", readOnly)), [403, "insufficientPermissions"]);
  assert.deepEqual(said(await ask(at("a"), { headers: await access("openid") })), [403, "insufficientPermissions"]);
  assert.deepEqual(said(await ask(at("a"), { headers: { authorization: "Bearer ya29.none" } })), [401, "authError"]);
  assert.deepEqual(said(await ask(at("a"), { headers: { authorization: "" } })), [401, "required"]);

  emulator.addBucket("orders", { readers: [key.client_email], writers: [] });
  assert.equal((await ask(at("a"))).status, 200, "what is in a bucket stays");
  const refused = await put("a", "2");
  assert.deepEqual(said(refused), [403, "forbidden"]);
  assert.match(refused.body.error.message, /does not have storage\.objects\.create access to the Google Cloud Storage object orders\/a\./);
  emulator.addBucket("orders", { readers: [], writers: [] });
  assert.match((await ask(at("a", "alt=media"))).body, /does not have storage\.objects\.get access/);
  assert.deepEqual(said(await ask("/storage/v1/b/orders/o")), [403, "forbidden"]);
  assert.deepEqual(said(await ask("/storage/v1/b/other/o/a")), [404, "notFound"]);

  const user = emulator.createAuthorizedUser({ email: "ada@corp.example" });
  const { client_id, client_secret, refresh_token } = user;
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id, client_secret, refresh_token });
  const tokens = await (await fetch(`${emulator.origin}/token`, { method: "POST", body: form })).json();
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  assert.deepEqual(said(await ask("/storage/v1/b/emulator-bucket/o", { headers })), [403, "forbidden"]);
  assert.equal((await ask("/storage/v1/b/emulator-bucket/o")).status, 200, "every service account");
  emulator.addBucket("orders", { writers: "any" });
  assert.equal((await ask(at("a"), { headers })).status, 200);
  emulator.addBucket("orders").remove();
  assert.deepEqual(said(await ask(at("a"))), [404, "notFound"]);
  for (const [name, options] of [["No"], ["a"], ["fine", { readers: "all" }], ["fine", { writers: [1] }], ["fine", { limitWrites: 1 }]]) {
    assert.throws(() => emulator.addBucket(name, options), TypeError);
  }
});

test("one write a second of an object, by the emulator's clock", async (t) => {
  const { ask, at, put, emulator } = await open(t, { limitWrites: true });
  emulator.clock.scale = 0;
  const { generation } = (await put("a", "1")).body;
  const refused = await put("a", "2");
  assert.deepEqual(said(refused), [429, "rateLimitExceeded"]);
  assert.equal(refused.body.error.errors[0].domain, "usageLimits");
  assert.deepEqual(said(await ask(at("a"), { method: "DELETE" })), [429, "rateLimitExceeded"]);
  assert.deepEqual(said(await ask(at("a"), { method: "PATCH", body: "{}" })), [429, "rateLimitExceeded"]);
  assert.deepEqual(said(await put("a", "2", "ifGenerationMatch=0")), [412, "conditionNotMet"], "what is refused is no write");
  assert.equal((await put("b", "1")).status, 200, "each object by itself");
  assert.equal((await ask(at("a"))).body.generation, generation);
  emulator.clock.offset += 999;
  assert.equal((await put("a", "2")).status, 429);
  emulator.clock.offset += 2;
  assert.equal((await put("a", "2")).status, 200);
  emulator.clock.offset -= 3_600_000;
  assert.equal((await put("a", "3")).status, 200, "a clock that was set back is no hurry");
  emulator.addBucket("orders", { limitWrites: false });
  assert.equal((await put("a", "4")).status, 200);
});

test("faults: nothing done, done and not told, told in part", async (t) => {
  const { ask, at, put, emulator } = await open(t);
  const value = async () => (await ask(at("a", "alt=media"))).body;
  await put("a", "1");
  emulator.addFault({ endpoint: "storage", match: "/upload/", reset: true, times: 1 });
  await assert.rejects(put("a", "2"));
  assert.equal(await value(), "1");
  emulator.addFault({ endpoint: "storage", match: "/upload/", lost: true, times: 1 });
  await assert.rejects(put("a", "2"));
  assert.equal(await value(), "2");
  const lost = emulator.log.find(({ fault }) => fault === "lost");
  assert.deepEqual([lost.status, lost.outcome, lost.storage.operation], [null, "fault: lost", "insert"]);
  emulator.addFault({ endpoint: "storage", match: "/upload/", torn: true, times: 1 });
  await assert.rejects(put("a", "3"));
  assert.equal(await value(), "3");
  emulator.addFault({ endpoint: "storage", status: 503, json: {}, times: 1 });
  assert.equal((await put("a", "4")).status, 503);
  assert.equal(await value(), "3");
  assert.throws(() => emulator.addFault({ endpoint: "storage", lost: true, status: 500 }), /fault\.lost/);
  emulator.reset();
  assert.equal((await ask(at("a"))).status, 401);
});

test("a request that breaks off writes nothing", async (t) => {
  const { at, ask, url, access } = await open(t);
  const { authorization } = await access(READ_WRITE);
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(1000)),
    pull: () => new Promise((_, reject) => setTimeout(reject, 50, new Error("gone"))),
  });
  const path = "/upload/storage/v1/b/orders/o?uploadType=media&name=half";
  await assert.rejects(fetch(url + path, { method: "POST", body, duplex: "half", headers: { authorization } }));
  assert.equal((await ask(at("half"))).status, 404);
});

test("what the API has not", async (t) => {
  const { ask, at, put } = await open(t);
  await put("a/b", "1");
  for (const [path, method] of [
    ["/storage/v1/b/orders/o/a/b", "GET"],
    ["/storage/v1/b/orders/o/%ff", "GET"],
    [at("a/b"), "PUT"],
    ["/storage/v1/b/orders/o", "POST"],
    ["/upload/storage/v1/b/orders/o", "GET"],
    ["/upload/storage/v1/b/orders/o?upload_id=x", "PUT"],
  ]) {
    assert.deepEqual(said(await ask(path, { method })), [404, "notFound"], path);
  }
  assert.deepEqual(said(await ask(at("a/b", "alt=xml"))), [400, "invalidParameter"]);
  assert.deepEqual(said(await ask("/upload/storage/v1/b/orders/o?uploadType=x&name=a", { method: "POST" })), [400, "invalidParameter"]);
});
