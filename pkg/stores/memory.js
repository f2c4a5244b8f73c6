// Records in the memory of one process: for tests, and for jobs that share a process.
import { invalid, isString } from "../options.js";

/** @returns {import("./index.d.ts").Store} */
export function memoryStore() {
  /** @type {Map<string, { value: Uint8Array, version: string, writtenAt: number }>} */
  const records = new Map();
  let count = 0;
  return {
    async read(key) {
      const record = records.get(named(key));
      return record ? { ...record, value: record.value.slice(), serverNow: Date.now() } : null;
    },
    async write(key, value, expected) {
      if ((records.get(named(key))?.version ?? null) !== expected) return "conflict";
      const version = String(++count);
      records.set(key, { value: value.slice(), version, writtenAt: Date.now() });
      return { version };
    },
  };
}

/** @param {unknown} key */
function named(key) {
  if (isString(key) && /^[^\0-\x1f\x7f]{1,512}$/u.test(key)) return key;
  throw invalid("the name of a record is not 1 to 512 characters without control characters.");
}
