// Names of buckets and of their objects, and which key is which object.
import { invalid, isString } from "../options.js";

/** Google's rule, without the parts of it that only Google can check. */
const BUCKET = "[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]";
const isBucket = new RegExp(`^${BUCKET}$`);
const isLocation = new RegExp(`^(?:gs://(${BUCKET})/|(${BUCKET}):(?!//))(.+)$`, "s");

const LONGEST_KEY = 512;
/** In bytes of UTF-8. */
const LONGEST_NAME = 1024;

/** @type {typeof import("./gcs.js").parseGcsLocation} */
export function parseGcsLocation(text) {
  if (!isString(text)) throw invalid("the location of an object is not a text.");
  const [, first, second, object] = isLocation.exec(text) ?? [];
  const bucket = first ?? second;
  if (bucket && isObject(object)) return { bucket, object };
  // Whatever else has a colon may be something else's name.
  if (bucket || text.startsWith("gs://")) throw invalid(`${shown(text)} names no object. Write it as gs://bucket/path or bucket:path.`);
  return undefined;
}

/**
 * @param {unknown} bucket
 * @returns {string}
 */
export function readBucket(bucket) {
  if (isString(bucket) && isBucket.test(bucket)) return bucket;
  throw invalid(`the option bucket is not the name of a bucket, such as "my-bucket".`);
}

/**
 * The object of a key. Since what comes before the keys is always the same, no two keys have one object.
 *
 * @param {string} prefix
 * @param {unknown} key
 */
export function objectOf(prefix, key) {
  if (!isString(key) || key === "" || key.length > LONGEST_KEY || !isText(key))
    throw invalid(`a key of the store is not a text of 1 to ${LONGEST_KEY} characters without control characters.`);
  const object = prefix + key;
  if (!isObject(object))
    throw invalid(`the key ${shown(key)} makes no name of an object: they have 1,024 bytes at most, and are neither . nor ..`);
  return object;
}

/**
 * @param {unknown} prefix
 * @returns {string}
 */
export function readPrefix(prefix = "") {
  // With one more character, since a key may be as short.
  if (isString(prefix) && isText(prefix) && isObject(`${prefix}x`)) return prefix;
  throw invalid("the option prefix is not a text that names of objects can begin with.");
}

/** Text in a message: one line, and not too long of it. @param {string} text */
function shown(text) {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

/** Without control characters, line separators and halves of characters, which UTF-8 has not. @param {string} text */
function isText(text) {
  return !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text);
}

/** @param {string} name */
function isObject(name) {
  const length = new TextEncoder().encode(name).length;
  return isText(name) && length > 0 && length <= LONGEST_NAME && !/^(\.\.?$|\.well-known\/acme-challenge\/)/.test(name);
}
