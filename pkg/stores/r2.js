// Records as objects of R2.
import { bare, invalid, isFunction, isObject, isString } from "../options.js";
import { readKey } from "./keys.js";
import { orUnavailable } from "./unavailable.js";

/** How many blanks each write ends on. R2 compares etags, which are made of what an object holds: so no two may hold the same. */
const TAIL = 64;
const MARK = "cloud-run-auth";

/**
 * @param {any} bucket
 * @param {{ prefix?: string }} [options]
 * @returns {import("./index.d.ts").Store}
 */
export function r2Store(bucket, options) {
  if (!isObject(bucket) || !isFunction(bucket.get) || !isFunction(bucket.put) || !isFunction(bucket.createMultipartUpload))
    throw invalid("r2Store takes a binding of an R2 bucket.");
  const { prefix = "", ...rest } = bare("what r2Store takes", options);
  if (!isString(prefix) || Object.keys(rest).length > 0) throw invalid("what r2Store takes is { prefix }, a text.");
  return {
    read: (key) =>
      orUnavailable("read from R2", async () => {
        const object = await bucket.get(prefix + readKey(key));
        if (!object) return null;
        const bytes = new Uint8Array(await object.arrayBuffer());
        // An object that somebody else put there has no tail.
        const value = object.customMetadata?.tail === MARK ? bytes.subarray(0, -TAIL) : bytes;
        const writtenAt = object.uploaded.getTime();
        return { value, version: object.etag, writtenAt, serverNow: Math.max(Date.now(), writtenAt) };
      }),
    write: (key, value, expected) =>
      orUnavailable("written to R2", async () => {
        const onlyIf = expected === null ? { etagDoesNotMatch: "*" } : { etagMatches: expected };
        const body = new Uint8Array(value.length + TAIL);
        body.set(value);
        body.set(tail(), value.length);
        const put = { onlyIf, httpMetadata: { contentType: "application/json" }, customMetadata: { tail: MARK } };
        const object = await bucket.put(prefix + readKey(key), body, put);
        return object ? { version: object.etag } : "conflict";
      }),
  };
}

/** Blanks and tabs, at random: JSON stays the same with them behind it. */
function tail() {
  const bits = crypto.getRandomValues(new Uint8Array(TAIL));
  return bits.map((byte) => (byte & 1 ? 9 : 32));
}
