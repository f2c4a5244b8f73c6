// What a store has to do so that jobs can share a token in it, as checks that anybody can run on a store of their own.
import { bare, invalid, isFunction } from "../options.js";

/** @typedef {import("./index.d.ts").Store} Store */

/**
 * @param {() => Store | Promise<Store>} open
 * @param {import("./kit.d.ts").KitOptions} [options]
 * @returns {Promise<import("./kit.d.ts").KitResult[]>}
 */
export async function checkStore(open, options = {}) {
  if (!isFunction(open)) throw invalid("checkStore takes a function that opens the store.");
  const { callers = 8, increments = 25, report } = bare("what checkStore takes besides", options);
  const about = { open, callers, increments, unique: crypto.randomUUID() };
  const results = [];
  for (const [name, check] of checks) {
    /** @type {import("./kit.d.ts").KitResult} */
    let result = { name, ok: true };
    try {
      await check({ ...about, store: await open(), key: (/** @type {string} */ word) => `kit/${about.unique}/${name}/${word}` });
    } catch (thrown) {
      result = { name, ok: false, why: /** @type {any} */ (thrown)?.message ?? String(thrown) };
    }
    results.push(result);
    report?.(result);
  }
  return results;
}

/**
 * Adds one to a number in a record so many times, as a job does it: read, write what was read last, and read back where it is not known
 * whether that was written. For processes of one's own.
 *
 * @param {Store} store
 * @param {string} key
 * @param {number} times
 */
export async function increment(store, key, times) {
  const me = crypto.randomUUID();
  for (let done = 0; done < times;) {
    const record = await store.read(key);
    const { count = 0 } = record ? parsed(record.value) : {};
    const mine = { count: count + 1, by: `${me}-${done}` };
    /** @type {Awaited<ReturnType<Store["write"]>>} */
    let written = "conflict";
    try {
      written = await store.write(key, bytes(JSON.stringify(mine)), record?.version ?? null);
    } catch {
      // Whether it was written is not known: its own mark in the record says so, as long as it is the last one.
      const there = await store.read(key);
      if (there && parsed(there.value).by === mine.by) written = there;
    }
    if (written !== "conflict") done += 1;
    else await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
  }
}

/**
 * @typedef {object} About
 * @property {Store} store
 * @property {() => Store | Promise<Store>} open
 * @property {(word: string) => string} key
 * @property {number} callers
 * @property {number} increments
 */

/** @type {[name: string, check: (about: About) => Promise<void>][]} */
const checks = [
  [
    "a record that was never written is null",
    async ({ store, key }) => {
      expect((await store.read(key("none"))) === null, "read gave something else than null");
    },
  ],
  [
    "what is written is read, by whoever opens the store next",
    async ({ store, open, key }) => {
      const value = Uint8Array.from({ length: 65_536 }, (_, at) => (at * 7) % 256);
      const written = succeeded(await store.write(key("a"), value, null));
      const record = present(await (await open()).read(key("a")));
      expect(record.version === written.version, "the version that is read is not the one that was written");
      expect(same(record.value, value), "64 KiB of bytes came back as others");
    },
  ],
  [
    "a record is made but once",
    async ({ store, key }) => {
      succeeded(await store.write(key("a"), bytes("1"), null));
      expect((await store.write(key("a"), bytes("2"), null)) === "conflict", "a second first write was taken");
      expect(same(present(await store.read(key("a"))).value, bytes("1")), "a write that was a conflict changed the record");
    },
  ],
  [
    "a version that is no longer there is a conflict, and so is one that never was",
    async ({ store, key }) => {
      const first = succeeded(await store.write(key("a"), bytes("1"), null));
      succeeded(await store.write(key("a"), bytes("2"), first.version));
      expect((await store.write(key("a"), bytes("3"), first.version)) === "conflict", "a stale version was taken");
      expect((await store.write(key("b"), bytes("3"), first.version)) === "conflict", "a version of a record that is not there was taken");
      expect(same(present(await store.read(key("a"))).value, bytes("2")), "a write that was a conflict changed the record");
    },
  ],
  [
    "no version comes twice, whatever the record holds",
    async ({ store, key }) => {
      const versions = new Set();
      let version = null;
      for (let at = 0; at < 20; at += 1) {
        ({ version } = succeeded(await store.write(key("a"), bytes(String(at % 2)), version)));
        versions.add(version);
      }
      expect(versions.size === 20, `of 20 versions ${20 - versions.size} came twice`);
    },
  ],
  [
    "records of different names stay apart",
    async ({ store, key }) => {
      const names = ["a", "A", "a.lease", "a/b", "a%2Fb", "a b", "a+b", "ä", "..", ".", "a?x=1#y", "日本"].map(key);
      for (const name of names) succeeded(await store.write(name, bytes(name), null));
      for (const name of names)
        expect(same(present(await store.read(name)).value, bytes(name)), `the record of ${JSON.stringify(name)} is another's`);
    },
  ],
  [
    "both times are of one clock: a record is never younger than it is, and grows older",
    async ({ store, key }) => {
      succeeded(await store.write(key("a"), bytes("1"), null));
      const first = present(await store.read(key("a")));
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      const second = present(await store.read(key("a")));
      expect(
        first.writtenAt <= first.serverNow && first.writtenAt === second.writtenAt,
        "a record was written after it was read, or twice",
      );
      expect(second.serverNow > first.serverNow, "the store's clock stands still");
    },
  ],
  [
    "of writers at the same time one is first, and none is lost",
    async ({ open, key, callers, increments }) => {
      const stores = await Promise.all(Array.from({ length: callers }, open));
      await Promise.all(stores.map((store) => increment(store, key("a"), increments)));
      const { count } = parsed(present(await stores[0].read(key("a"))).value);
      expect(count === callers * increments, `of ${callers * increments} increments ${callers * increments - count} were lost`);
    },
  ],
  [
    "an answer that is lost costs no increment",
    async ({ store, key, increments }) => {
      let turn = 0;
      /** @type {Store} */
      const lossy = {
        read: (name) => store.read(name),
        write: async (...args) => {
          const answer = await store.write(...args);
          turn += 1;
          if (turn % 3 === 0) throw new Error("the answer was lost");
          return answer;
        },
      };
      await increment(lossy, key("a"), increments);
      const { count } = parsed(present(await store.read(key("a"))).value);
      expect(count === increments, `${count} increments of ${increments}`);
    },
  ],
];

/** @param {unknown} fact @param {string} what @returns {asserts fact} */
function expect(fact, what) {
  if (!fact) throw new Error(what);
}

/** @param {Awaited<ReturnType<Store["write"]>>} written */
function succeeded(written) {
  if (written === "conflict") throw new Error("a write that nobody else came before was a conflict");
  if (typeof written?.version !== "string" || !written.version) throw new Error("a write gave no version");
  return written;
}

/** @param {Awaited<ReturnType<Store["read"]>>} record */
function present(record) {
  if (!record) throw new Error("a record that was written is not there");
  return record;
}

/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text);
/** @param {Uint8Array} value */
const parsed = (value) => JSON.parse(new TextDecoder().decode(value));
/** @param {Uint8Array} one @param {Uint8Array} other */
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
