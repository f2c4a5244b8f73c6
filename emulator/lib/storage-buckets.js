import { toBase64 } from "./bytes.js";
import { crc32c } from "./checksum.js";
import { StorageError } from "./storage-error.js";

/** @typedef {import("../index.js").BucketOptions} BucketOptions */
/**
 * @typedef {object} StoredObject
 * @property {string} name
 * @property {Uint8Array} bytes
 * @property {string} crc32c in base64
 * @property {bigint} generation
 * @property {number} metageneration
 * @property {number} created emulated time in milliseconds
 * @property {number} updated
 * @property {Record<string, unknown>} described what a client said of it
 */
/**
 * @typedef {object} BucketRecord
 * @property {string} name
 * @property {(principal: string) => boolean} mayRead
 * @property {(principal: string) => boolean} mayWrite
 * @property {boolean} limitWrites
 * @property {Map<string, StoredObject>} objects
 * @property {Map<string, number>} lastWrites when each name was written last
 */

export const DEFAULT_BUCKET = "emulator-bucket";

// Without dots: with them a bucket is a domain, which has to be proven.
const NAME = /^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/;

/** Cloud Storage takes about one write a second of one object. In emulated milliseconds. */
const WRITE_INTERVAL = 1000;

/** The buckets, and what is in them. */
export function createBuckets() {
  /** @type {Map<string, BucketRecord>} */
  const buckets = new Map();
  let last = 0n;

  /**
   * A number that no object ever had, of any bucket: the time in microseconds, or the next one after the last.
   *
   * @param {number} now
   */
  function nextGeneration(now) {
    const micros = BigInt(Math.floor(now * 1000));
    return (last = micros > last ? micros : last + 1n);
  }

  const storage = {
    /** @param {string} name */
    find: (name) => buckets.get(name),
    /** @param {string} name */
    remove: (name) => void buckets.delete(name),
    /** Empties every bucket. */
    clear() {
      for (const { objects, lastWrites } of buckets.values()) {
        objects.clear();
        lastWrites.clear();
      }
    },

    /**
     * @param {string} name
     * @param {BucketOptions} options
     */
    add(name, { readers = "serviceAccounts", writers = "serviceAccounts", limitWrites = true }) {
      if (typeof name !== "string" || !NAME.test(name)) {
        throw new TypeError("a bucket's name has 3 to 63 lower-case letters, digits, hyphens and underscores");
      }
      if (typeof limitWrites !== "boolean") throw new TypeError("limitWrites must be true or false");
      const [isReader, mayWrite] = [among("readers", readers), among("writers", writers)];
      /** @param {string} principal */
      const mayRead = (principal) => isReader(principal) || mayWrite(principal);
      // What is in a bucket stays when others may use it.
      const { objects = new Map(), lastWrites = new Map() } = buckets.get(name) ?? {};
      buckets.set(name, { name, mayRead, mayWrite, limitWrites, objects, lastWrites });
    },

    /**
     * Writes an object at once, so that no other request comes between its preconditions and this.
     *
     * @param {BucketRecord} bucket
     * @param {string} name
     * @param {Uint8Array} bytes
     * @param {Record<string, unknown>} described
     * @param {number} now
     */
    write(bucket, name, bytes, described, now) {
      limit(bucket, name, now);
      const sum = toBase64(crc32c(bytes));
      /** @type {StoredObject} */
      const object = {
        name,
        bytes,
        crc32c: sum,
        generation: nextGeneration(now),
        metageneration: 1,
        created: now,
        updated: now,
        described: { contentType: "application/octet-stream", ...described },
      };
      bucket.objects.set(name, object);
      return object;
    },

    /**
     * Says something else of an object, whose content stays.
     *
     * @param {BucketRecord} bucket
     * @param {StoredObject} object
     * @param {Record<string, unknown>} described
     * @param {number} now
     */
    redescribe(bucket, object, described, now) {
      limit(bucket, object.name, now);
      Object.assign(object, { described: { ...object.described, ...described }, updated: now });
      object.metageneration++;
    },

    /**
     * @param {BucketRecord} bucket
     * @param {string} name
     * @param {number} now
     */
    delete(bucket, name, now) {
      limit(bucket, name, now);
      bucket.objects.delete(name);
    },
  };
  storage.add(DEFAULT_BUCKET, {});
  return storage;
}

/**
 * @param {BucketRecord} bucket
 * @param {string} name
 * @param {number} now
 */
function limit({ name: bucket, limitWrites, lastWrites }, name, now) {
  const since = now - (lastWrites.get(name) ?? -Infinity);
  // A clock that was set back is no hurry.
  if (limitWrites && since >= 0 && since < WRITE_INTERVAL) {
    const message =
      `The object ${bucket}/${name} exceeded the rate limit for object mutation operations (create, update, and delete). ` +
      "Please reduce your request rate. See https://cloud.google.com/storage/docs/gcs429.";
    throw new StorageError(429, "rateLimitExceeded", message, { domain: "usageLimits" });
  }
  lastWrites.set(name, now);
}

/**
 * @param {string} option
 * @param {unknown} allowed
 * @returns {(principal: string) => boolean}
 */
function among(option, allowed) {
  if (allowed === "any") return () => true;
  if (allowed === "serviceAccounts") return (principal) => principal.endsWith(".gserviceaccount.com");
  if (!Array.isArray(allowed) || !allowed.every((item) => typeof item === "string")) {
    throw new TypeError(`${option} must be an array of emails and principals, "serviceAccounts" or "any"`);
  }
  const set = new Set(allowed);
  return (principal) => set.has(principal);
}
