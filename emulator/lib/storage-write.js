import { toBase64 } from "./bytes.js";
import { crc32c } from "./checksum.js";
import { redactText } from "./redact.js";
import { requireConditions } from "./storage-conditions.js";
import { badRequest, StorageError } from "./storage-error.js";
import { describe, described } from "./storage-resource.js";

/** @typedef {import("./storage.js").StorageCall} StorageCall */
/** @typedef {{ bytes: Uint8Array, given: Record<string, unknown> }} Content what is to be stored, and what the client says of it */

/**
 * Holds the preconditions against what is there and writes, with nothing between the two.
 *
 * @param {StorageCall} asked
 * @param {Content} content
 */
export function store(asked, { bytes, given }) {
  const { call, bucket, query } = asked;
  const name = nameOf(asked, given);
  if (call.entry.storage) call.entry.storage.object = redactText(name);
  const description = described(given);
  const sum = toBase64(crc32c(bytes));
  if (given.crc32c !== undefined && given.crc32c !== sum) {
    throw badRequest(`Provided CRC32C ${JSON.stringify(given.crc32c)} doesn't match calculated CRC32C "${sum}".`);
  }
  requireConditions(query, bucket.objects.get(name));
  const object = call.state.storage.write(bucket, name, bytes, description, call.state.clock.now());
  note(call, object);
  return describe(query, call.origins[0], bucket.name, object);
}

/**
 * The object's name, from the query or from what describes it.
 *
 * @param {StorageCall} asked
 * @param {Record<string, unknown>} given
 */
export function nameOf({ query }, given) {
  const name = query.get("name") ?? given.name;
  if (name === undefined || name === "") {
    throw new StorageError(400, "required", "Required", { locationType: "parameter", location: "name" });
  }
  const isName =
    typeof name === "string" &&
    !/\p{Surrogate}/u.test(name) &&
    new TextEncoder().encode(name).length <= 1024 &&
    !/[\r\n]/.test(name) &&
    name !== "." &&
    name !== ".." &&
    !name.startsWith(".well-known/acme-challenge/");
  if (!isName) throw badRequest("Invalid object name.");
  return name;
}

/**
 * Says in the log which object was found or made.
 *
 * @param {import("./call.js").Call} call
 * @param {import("./storage-buckets.js").StoredObject} object
 */
export function note({ entry }, { name, generation }) {
  if (entry.storage) Object.assign(entry.storage, { object: redactText(name), generation: String(generation) });
}
