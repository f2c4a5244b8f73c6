import { apiJson } from "./api-error.js";
import { toBase64 } from "./bytes.js";
import { badRequest } from "./storage-error.js";

/** @typedef {import("./storage-buckets.js").StoredObject} StoredObject */

/** What a client may say of an object, beside its name, and downloads say as headers. */
const HEADERS = ["contentType", "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage"];

/**
 * An object as JSON, by what the parameter `fields` leaves of it.
 *
 * @param {string} origin
 * @param {string} bucket
 * @param {StoredObject} object
 */
export function resource(origin, bucket, object) {
  const { name, bytes, crc32c, metageneration, created, updated, described } = object;
  const generation = String(object.generation);
  const path = `storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${origin}/${path}`,
    mediaLink: `${origin}/download/${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation,
    metageneration: String(metageneration),
    storageClass: "STANDARD",
    size: String(bytes.length),
    crc32c,
    etag: etagOf(object),
    timeCreated: new Date(created).toISOString(),
    updated: new Date(updated).toISOString(),
    timeStorageClassUpdated: new Date(created).toISOString(),
    ...described,
  };
}

/**
 * The answer that describes an object.
 *
 * @param {URLSearchParams} query
 * @param {string} origin
 * @param {string} bucket
 * @param {StoredObject} object
 */
export function describe(query, origin, bucket, object) {
  return apiJson(selected(query, resource(origin, bucket, object)), { headers: { ...UNCACHED, etag: etagOf(object) } });
}

const UNCACHED = { "cache-control": "no-cache, no-store, max-age=0, must-revalidate" };

/**
 * The members that the parameter `fields` names. What it says of members within members is not heeded.
 *
 * @param {URLSearchParams} query
 * @param {Record<string, unknown>} value
 */
export function selected(query, value) {
  const fields = query.get("fields");
  if (fields === null || fields === "*") return value;
  const wanted = fields.replace(/\([^)]*\)|\/[^,]*/g, "").split(",");
  return Object.fromEntries(Object.entries(value).filter(([name]) => wanted.includes(name)));
}

/**
 * The answer that is an object's content.
 *
 * @param {StoredObject} object
 */
export function media(object) {
  const { bytes, crc32c, described, metageneration, updated } = object;
  /** @type {Record<string, string>} */
  const headers = {
    "cache-control": UNCACHED["cache-control"],
    "content-disposition": "attachment",
    "content-length": String(bytes.length),
    etag: etagOf(object),
    "last-modified": new Date(updated).toUTCString(),
    "x-goog-generation": String(object.generation),
    "x-goog-hash": `crc32c=${crc32c}`,
    "x-goog-metageneration": String(metageneration),
    "x-goog-storage-class": "STANDARD",
    "x-goog-stored-content-encoding": "identity",
    "x-goog-stored-content-length": String(bytes.length),
  };
  for (const name of HEADERS) {
    const value = described[name];
    if (typeof value === "string") headers[name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)] = value;
  }
  return new Response(bytes.slice(), { headers });
}

/**
 * What of a client's JSON describes an object. null takes away what was there.
 *
 * @param {Record<string, unknown>} given
 */
export function described(given) {
  /** @type {Record<string, unknown>} */
  const read = {};
  for (const name of HEADERS.filter((name) => Object.hasOwn(given, name))) {
    const value = given[name] ?? undefined;
    if (value !== undefined && !(typeof value === "string" && /^[\x20-\x7e]*$/.test(value)))
      throw badRequest(`${name} is no header's text.`);
    read[name] = value;
  }
  if (Object.hasOwn(given, "metadata")) read.metadata = readMetadata(given.metadata ?? undefined);
  return read;
}

/** @param {unknown} metadata */
function readMetadata(metadata) {
  const isMap = metadata !== null && typeof metadata === "object" && !Array.isArray(metadata);
  if (metadata === undefined || (isMap && Object.values(metadata).every((value) => typeof value === "string"))) return metadata;
  throw badRequest("metadata is no map of texts.");
}

/**
 * Cloud Storage's entity tag: a message of protocol buffers that holds generation and metageneration, in base64.
 *
 * @param {StoredObject} object
 */
export function etagOf({ generation, metageneration }) {
  return toBase64(Uint8Array.from([8, ...varint(generation), 16, ...varint(BigInt(metageneration))]));
}

/** @param {bigint} value */
function varint(value) {
  const bytes = [];
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  return [...bytes, Number(value)];
}
