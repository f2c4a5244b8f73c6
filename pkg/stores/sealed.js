// Records that nobody can read, nor move from one name to another, who has the store but not the key: AES-256-GCM by WebCrypto.
import { decoder, encoder } from "../core.js";
import { AuthError } from "../errors.js";
import { bare, invalid, isFunction, isObject, isString } from "../options.js";

const ALGORITHM = "AES-GCM";
const NAMES = ["keys", "name", "client", "plain"];

/**
 * @param {import("./index.d.ts").Store} store
 * @param {import("./sealed.d.ts").SealOptions} options
 * @returns {import("./index.d.ts").Store}
 */
export function sealedStore(store, options) {
  if (!isObject(store) || !isFunction(store.read) || !isFunction(store.write))
    throw invalid("sealedStore takes a store with read and write.");
  const given = bare("what sealedStore takes besides", options);
  for (const name in given)
    if (!NAMES.includes(name)) throw invalid(`there is no option ${JSON.stringify(name)}, but ${NAMES.join(", ")}.`);
  const { name = "", client = "", plain = "refuse" } = given;
  if (![name, client].every((text) => isString(text) && /^[ -~]*$/.test(text)))
    throw invalid("name and client are not visible ASCII texts.");
  if (plain !== "refuse" && plain !== "read") throw invalid('the option plain is not "refuse" or "read".');
  const keys = readKeys(given.keys);
  /** What a record is bound to, in the order of its parts; none of them can hold what parts them. @param {string} key */
  const bound = (key) => encoder.encode(["cloud-run-auth", "1", name, client, key].join("\0"));
  return {
    async read(key) {
      const record = await store.read(key);
      return record && { ...record, value: await opened(keys, record.value, bound(key), plain === "read") };
    },
    async write(key, value, expected) {
      return store.write(key, await sealed(keys[0], value, bound(key)), expected);
    },
  };
}

/** A key by its id, made ready at its first use: no I/O and no promise before. @typedef {{ id: string, ready: () => Promise<CryptoKey> }} Ready */

/** @param {unknown} keys @returns {Ready[]} The first seals, and all open */
function readKeys(keys) {
  if (!Array.isArray(keys) || !keys.length) throw invalid("the option keys is not an array of { id, key }, the one that seals first.");
  const ids = new Set();
  return keys.map((each) => {
    const { id, key } = bare("an item of keys", each);
    if (!isString(id) || !/^[!-~]{1,100}$/.test(id) || ids.has(id))
      throw invalid("the id of a key is not visible ASCII text, or is given twice.");
    ids.add(id);
    const raw = isString(key) ? fromBase64(key) : key;
    if (!(raw instanceof Uint8Array) || raw.length !== 32) throw invalid(`the key ${id} is not 32 bytes, or their base64.`);
    const bytes = raw.slice();
    return { id, ready: () => crypto.subtle.importKey("raw", bytes, ALGORITHM, false, ["encrypt", "decrypt"]) };
  });
}

/** @param {Ready} key @param {Uint8Array} value @param {Uint8Array<ArrayBuffer>} additionalData */
async function sealed({ id, ready }, value, additionalData) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: ALGORITHM, iv, additionalData }, await ready(), value.slice());
  return encoder.encode(JSON.stringify({ sealed: "A256GCM", kid: id, iv: toBase64(iv), data: toBase64(new Uint8Array(data)) }));
}

/** @param {Ready[]} keys @param {Uint8Array} value @param {Uint8Array<ArrayBuffer>} additionalData @param {boolean} plain */
async function opened(keys, value, additionalData, plain) {
  const { sealed: how, kid, iv, data } = envelope(value);
  if (how === undefined) {
    if (plain) return value;
    throw refused('is not sealed. To take over what was written before, give plain: "read"');
  }
  const [nonce, bytes] = [iv, data].map((text) => isString(text) && fromBase64(text));
  if (how !== "A256GCM" || !nonce || nonce.length !== 12 || !bytes) throw refused("is sealed in a way that is not known here");
  const key = keys.find(({ id }) => id === kid);
  if (!key) throw refused("is sealed with a key that was not given. Give it among the keys, behind the one that seals");
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: ALGORITHM, iv: nonce, additionalData }, await key.ready(), bytes));
  } catch {
    throw refused("does not open: it was changed or moved, or the key, the name or the client is another than the one it was sealed with");
  }
}

/** What a record says of how it is sealed; nothing where it is not. @param {Uint8Array} value @returns {Record<string, unknown>} */
function envelope(value) {
  try {
    const read = JSON.parse(decoder.decode(value));
    if (isObject(read) && Object.hasOwn(read, "sealed")) return bare("", read);
  } catch {
    // What is no JSON was not sealed here.
  }
  return Object.create(null);
}

/** @param {string} why */
function refused(why) {
  return new AuthError("store_refused", `the record ${why}.`);
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @param {string} text */
function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}
