// Records in the memory of one process: for tests, and for jobs that share a process.
import { readKey } from "./keys.js";

/** @returns {import("./index.d.ts").Store} */
export function memoryStore() {
  /** @type {Map<string, { value: Uint8Array, version: string, writtenAt: number }>} */
  const records = new Map();
  let count = 0;
  return {
    async read(key) {
      const record = records.get(readKey(key));
      return record ? { ...record, value: record.value.slice(), serverNow: Date.now() } : null;
    },
    async write(key, value, expected) {
      if ((records.get(readKey(key))?.version ?? null) !== expected) return "conflict";
      const version = String(++count);
      records.set(key, { value: value.slice(), version, writtenAt: Date.now() });
      return { version };
    },
  };
}
