// Records in Deno KV.
import { bare, invalid, isFunction, isObject } from "../options.js";
import { readKey } from "./keys.js";
import { orUnavailable } from "./unavailable.js";

/** How many bytes one entry may hold, with its own way of writing them: 64 KiB. */
const PART = 60_000;

/**
 * @param {any} kv
 * @param {{ prefix?: (string | number)[] }} [options]
 * @returns {import("./index.d.ts").Store}
 */
export function denoKvStore(kv, options) {
  if (!isObject(kv) || !isFunction(kv.get) || !isFunction(kv.atomic)) throw invalid("denoKvStore takes what Deno.openKv gives.");
  const { prefix = ["cloud-run-auth"], ...rest } = bare("what denoKvStore takes", options);
  if (!Array.isArray(prefix) || Object.keys(rest).length > 0) throw invalid("what denoKvStore takes is { prefix }, an array.");
  /** @param {string} key @param {...(string | number)} more */
  const at = (key, ...more) => [...prefix, readKey(key), ...more];

  return {
    read: (key) =>
      orUnavailable("read from Deno KV", async () => {
        for (;;) {
          const { value: head, versionstamp } = await kv.get(at(key));
          if (!head) return null;
          const value = await joined(kv, at(key, head.id), head);
          // Another write came in between, and took the parts away.
          if (!value) continue;
          return { value, version: versionstamp, writtenAt: head.writtenAt, serverNow: Math.max(Date.now(), head.writtenAt) };
        }
      }),
    write: (key, value, expected) =>
      orUnavailable("written to Deno KV", async () => {
        const { value: before, versionstamp } = await kv.get(at(key));
        if (versionstamp !== expected) return "conflict";
        const id = crypto.randomUUID();
        const parts = Math.ceil(value.length / PART);
        // Copies: of a view all that it looks at would be written.
        const first = value.slice(0, PART);
        const head = { id, first, parts, writtenAt: Date.now() };
        let atomic = kv
          .atomic()
          .check({ key: at(key), versionstamp: expected })
          .set(at(key), head);
        for (let part = 1; part < parts; part++) atomic = atomic.set(at(key, id, part), value.slice(part * PART, (part + 1) * PART));
        for (let part = 1; part < before?.parts; part++) atomic = atomic.delete(at(key, before.id, part));
        const { ok, versionstamp: version } = await atomic.commit();
        return ok ? { version } : "conflict";
      }),
  };
}

/**
 * @param {any} kv
 * @param {(string | number)[]} place
 * @param {{ first: Uint8Array, parts: number }} head
 */
async function joined(kv, place, { first, parts }) {
  const all = [first];
  for (let part = 1; part < parts; part++) {
    const { value } = await kv.get([...place, part]);
    if (!value) return undefined;
    all.push(value);
  }
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const bytes of all) {
    whole.set(bytes, end);
    end += bytes.length;
  }
  return whole;
}
