// Records in Durable Objects, one for each.
import { DurableObject } from "cloudflare:workers";
import { invalid, isFunction } from "../options.js";
import { readKey } from "./keys.js";
import { orUnavailable } from "./unavailable.js";

export class RecordHolder extends DurableObject {
  /** For `durableObjectStore`. */
  async read() {
    const record = await this.ctx.storage.get("record");
    return record ? { ...record, serverNow: Math.max(Date.now(), record.writtenAt) } : null;
  }

  /**
   * For `durableObjectStore`. Between look and write nothing else reaches the object: storage holds back what comes in meanwhile.
   *
   * @param {Uint8Array} value
   * @param {string | null} expected
   */
  async write(value, expected) {
    const record = await this.ctx.storage.get("record");
    if ((record?.version ?? null) !== expected) return "conflict";
    const version = crypto.randomUUID();
    await this.ctx.storage.put("record", { value, version, writtenAt: Date.now() });
    return { version };
  }
}

/**
 * @param {() => any} binding
 * @returns {import("./index.d.ts").Store}
 */
export function durableObjectStore(binding) {
  if (!isFunction(binding))
    throw invalid("durableObjectStore takes a function that gives the binding: durableObjectStore(() => env.RECORDS).");
  /** Neither object nor stub is kept: a stub belongs to one request. @param {string} key */
  const objectOf = (key) => {
    const namespace = binding();
    if (!isFunction(namespace?.idFromName))
      throw invalid("what durableObjectStore was given gives no Durable Object namespace. Bind the class RecordHolder.");
    return namespace.get(namespace.idFromName(readKey(key)));
  };
  return {
    read: (key) => orUnavailable("read from its Durable Object", async () => copied(await objectOf(key).read())),
    write: (key, value, expected) =>
      orUnavailable("written to its Durable Object", async () => {
        const written = await objectOf(key).write(value, expected);
        return written === "conflict" ? written : { version: written.version };
      }),
  };
}

/** What came from another isolate is let go with the call. @param {any} record */
function copied(record) {
  if (!record) return null;
  const { value, version, writtenAt, serverNow } = record;
  return { value: new Uint8Array(value), version, writtenAt, serverNow };
}
