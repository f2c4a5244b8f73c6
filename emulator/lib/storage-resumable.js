import { randomHex } from "./random.js";
import { joined } from "./storage-body.js";
import { requireConditions } from "./storage-conditions.js";
import { badRequest, StorageError } from "./storage-error.js";
import { store } from "./storage-write.js";

/** @typedef {import("./storage.js").StorageCall} StorageCall */
/** @typedef {{ bucket: string, query: URLSearchParams, given: Record<string, unknown>, bytes: Uint8Array }} Session */

// Old sessions go first; nobody has so many under way.
const MOST = 1000;

/**
 * Opens a resumable upload. Its address is all that is needed from there on.
 *
 * @param {StorageCall} asked
 * @param {Record<string, unknown>} given
 */
export function begin({ call, bucket, query }, given) {
  const name = query.get("name") ?? String(given.name);
  requireConditions(query, bucket.objects.get(name));
  const id = randomHex(64);
  const { uploads } = call.state;
  uploads.set(id, { bucket: bucket.name, query, given, bytes: new Uint8Array() });
  if (uploads.size > MOST) uploads.delete([...uploads.keys()][0]);
  const location = `${call.origin}/upload/storage/v1/b/${bucket.name}/o?${new URLSearchParams([...query, ["upload_id", id]])}`;
  return new Response(null, { headers: { location, "x-guploader-uploadid": id } });
}

/**
 * Takes more of a resumable upload, and stores the object once all is there.
 *
 * @param {StorageCall} asked
 * @param {Uint8Array} bytes
 */
export function resume(asked, bytes) {
  const { uploads } = asked.call.state;
  const id = String(asked.query.get("upload_id"));
  const session = uploads.get(id);
  if (!session || session.bucket !== asked.bucket.name) throw new StorageError(404, "notFound", "The upload session does not exist.");
  const range = asked.call.request.headers.get("content-range") ?? "bytes 0-*/*";
  const [, first, last, total] = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(range) ?? [];
  if (total === undefined) throw badRequest("Failed to parse Content-Range header.");

  if (first !== undefined) {
    if (Number(first) !== session.bytes.length)
      throw new StorageError(503, "backendError", "Invalid request. The bytes do not follow those that came.");
    session.bytes = joined([session.bytes, bytes]);
  }
  const length = session.bytes.length;
  const isWhole = total === "*" ? last === "*" : Number(total) === length;
  if (!isWhole) {
    const headers = length > 0 ? { range: `bytes=0-${length - 1}` } : undefined;
    return new Response(null, { status: 308, headers });
  }
  const response = store({ ...asked, query: session.query }, { bytes: session.bytes, given: session.given });
  uploads.delete(id);
  return response;
}
