// Sealed records: who can read them, and what becomes of those that were changed, moved or swapped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkStore } from "../../pkg/stores/kit.js";
import { memoryStore } from "../../pkg/stores/memory.js";
import { sealedStore } from "../../pkg/stores/sealed.js";

const bytes = (text) => new TextEncoder().encode(text);
const text = (value) => new TextDecoder().decode(value);
const key = (id) => ({ id, key: crypto.getRandomValues(new Uint8Array(32)) });
const one = key("one");
const two = key("two");

/** That reading is refused, in words that show nothing of the record. */
async function refused(store, name, words) {
  await assert.rejects(store.read(name), (error) => {
    assert.equal(error.code, "store_refused");
    assert.match(error.message, words);
    assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /canary/);
    return true;
  });
}

test("a sealed store is a store", async () => {
  const store = memoryStore();
  const results = await checkStore(() => sealedStore(store, { keys: [one] }));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
});

test("what lies in the store shows nothing, and is never the same twice", async () => {
  const store = memoryStore();
  const sealed = sealedStore(store, { keys: [one] });
  await sealed.write("a", bytes("canary"), null);
  await sealed.write("b", bytes("canary"), null);
  const [a, b] = await Promise.all(["a", "b"].map(async (name) => JSON.parse(text((await store.read(name)).value))));
  assert.deepEqual([a.sealed, a.kid], ["A256GCM", "one"]);
  assert.ok(!JSON.stringify(a).includes("canary") && !atob(a.data).includes("canary"));
  assert.notEqual(a.iv, b.iv);
  assert.equal(text((await sealed.read("a")).value), "canary");
});

test("a new key seals, the old one still opens", async () => {
  const store = memoryStore();
  const { version } = await sealedStore(store, { keys: [one] }).write("a", bytes("canary"), null);
  const both = sealedStore(store, { keys: [two, one] });
  assert.equal(text((await both.read("a")).value), "canary");
  await both.write("a", bytes("canary 2"), version);
  assert.equal(text((await sealedStore(store, { keys: [two] }).read("a")).value), "canary 2");
  await refused(sealedStore(store, { keys: [one] }), "a", /key that was not given/);
});

test("a record that was changed or moved, or is of another store, client or key does not open", async () => {
  const store = memoryStore();
  const sealed = sealedStore(store, { keys: [one], name: "s", client: "c" });
  await sealed.write("a", bytes("canary"), null);
  const { value } = await store.read("a");
  await store.write("b", value, null);
  await refused(sealed, "b", /changed or moved/);
  for (const other of [{ name: "t" }, { client: "d" }, { keys: [{ ...two, id: "one" }] }, { client: "" }])
    await refused(sealedStore(store, { keys: [one], name: "s", client: "c", ...other }), "a", /changed or moved/);
  const envelope = JSON.parse(text(value));
  const swapped = (member) => (envelope[member][0] === "A" ? "B" : "A") + envelope[member].slice(1);
  for (const [at, change] of [{ data: swapped("data") }, { iv: swapped("iv") }, { data: envelope.data.slice(0, 8) }].entries()) {
    await store.write(`c${at}`, bytes(JSON.stringify({ ...envelope, ...change })), null);
    await refused(sealed, `c${at}`, /changed or moved/);
  }
  for (const [at, change] of [{ sealed: "none" }, { iv: "!" }, { iv: "AAAA" }, { data: 7 }, { iv: undefined }].entries()) {
    await store.write(`d${at}`, bytes(JSON.stringify({ ...envelope, ...change })), null);
    await refused(sealed, `d${at}`, /not known here/);
  }
});

test("a record that is not sealed is refused, or taken over where that is wanted", async () => {
  const store = memoryStore();
  const { version } = await store.write("a", bytes('{"refresh_token":"canary"}'), null);
  await refused(sealedStore(store, { keys: [one] }), "a", /not sealed/);
  const taking = sealedStore(store, { keys: [one], plain: "read" });
  const record = await taking.read("a");
  assert.equal(text(record.value), '{"refresh_token":"canary"}');
  await taking.write("a", record.value, version);
  assert.equal(JSON.parse(text((await store.read("a")).value)).kid, "one");
});

test("options that it cannot have are refused at once, without the key", () => {
  const store = memoryStore();
  const bad = [
    undefined,
    {},
    { keys: [] },
    { keys: [{ id: "", key: one.key }] },
    { keys: [one, { ...two, id: "one" }] },
    { keys: [{ id: "a", key: new Uint8Array(16) }] },
    { keys: [{ id: "a", key: "canary!" }] },
    { keys: [one], plain: true },
    { keys: [one], name: "é" },
    { keys: [one], client: 7 },
    { keys: [one], aad: "x" },
  ];
  for (const options of bad) {
    assert.throws(
      () => sealedStore(store, options),
      (error) => error.code === "invalid_option" && !error.message.includes("canary"),
      JSON.stringify(options),
    );
  }
  assert.throws(() => sealedStore({}, { keys: [one] }), { code: "invalid_option" });
});
