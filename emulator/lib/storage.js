import { authenticate } from "./bearer.js";
import { tryDecode } from "./decode.js";
import { redactText } from "./redact.js";
import { CLOUD_PLATFORM } from "./scopes.js";
import { isUnchanged, requireConditions } from "./storage-conditions.js";
import { parseObject, readBytes } from "./storage-body.js";
import { badParameter, noSuchObject, StorageError, storageAnswer } from "./storage-error.js";
import { listed } from "./storage-list.js";
import { describe, described, etagOf, media } from "./storage-resource.js";
import { upload } from "./storage-upload.js";
import { note } from "./storage-write.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./storage-buckets.js").BucketRecord} BucketRecord */
/**
 * @typedef {object} StorageCall
 * @property {Call} call
 * @property {BucketRecord} bucket
 * @property {string | undefined} name of the object; absent where the path names none
 * @property {URLSearchParams} query
 */

const AUTH = "https://www.googleapis.com/auth/";
const WRITING = [CLOUD_PLATFORM, `${AUTH}devstorage.read_write`, `${AUTH}devstorage.full_control`];
const READING = [...WRITING, `${AUTH}devstorage.read_only`, `${AUTH}cloud-platform.read-only`];

/** All that is below a bucket's objects, at the API's three roots. */
export const OBJECTS = /^\/(?:(?:upload|download)\/)?storage\/v1\/b\/[^/]+\/o(?:\/|$)/;

// A slash in a name has to be encoded.
const PATH = /^\/(?:(upload|download)\/)?storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/;

/** @typedef {[operation: string, permission: string, scopes: string[], answer: (asked: StorageCall) => Response | Promise<Response>]} Method */

/** What can be done, by method and whether the path names an object. @type {Record<string, Method | undefined>} */
const methods = {
  "GET object": ["get", "get", READING, get],
  "GET bucket": ["list", "list", READING, list],
  "DELETE object": ["delete", "delete", WRITING, remove],
  "PATCH object": ["patch", "update", WRITING, patch],
  "POST upload": ["insert", "create", WRITING, upload],
  // The rest of a resumable upload, whose address is the permission.
  "PUT upload": ["insert", "", [], upload],
};

/**
 * Cloud Storage's JSON API, as far as it is about objects.
 *
 * @param {Call} call
 */
export function storage(call) {
  const query = new URLSearchParams(call.query);
  const isMedia = query.get("alt") === "media";
  return storageAnswer(call, isMedia, async () => {
    const [, root, bucketName, objectName] = PATH.exec(call.path) ?? [];
    const [bucket, name] = [tryDecode(bucketName ?? ""), objectName === undefined ? undefined : tryDecode(objectName)];
    const verb = call.request.method === "HEAD" ? "GET" : call.request.method;
    const method = methods[`${verb} ${root === "upload" ? "upload" : objectName === undefined ? "bucket" : "object"}`];
    if (!method || !bucket || (objectName !== undefined && !name)) throw new StorageError(404, "notFound", "Not Found");
    const record = await admitted(call, method, bucket, name, query);
    return method[3]({ call, bucket: record, name, query });
  });
}

/**
 * The bucket, if the caller may do that there.
 *
 * @param {Call} call
 * @param {Method} method
 * @param {string} bucket
 * @param {string | undefined} name
 * @param {URLSearchParams} query
 */
async function admitted(call, [operation, permission, scopes], bucket, name, query) {
  const asked = name ?? query.get("name") ?? undefined;
  const log = /** @type {import("../index.js").StorageLog} */ ({ operation, bucket: redactText(bucket), caller: null });
  if (asked !== undefined) log.object = redactText(asked);
  call.entry.storage = log;
  const caller = permission ? (await authenticate(call, "storage", scopes)).principal : undefined;
  if (caller) log.caller = caller;
  const record = call.state.storage.find(bucket);
  if (!record) throw new StorageError(404, "notFound", "The specified bucket does not exist.");
  if (caller && !(scopes === READING ? record.mayRead : record.mayWrite)(caller)) {
    const [one, where] = permission === "list" ? ["bucket", bucket] : ["object", `${bucket}/${asked ?? ""}`];
    const message =
      `${caller} does not have storage.objects.${permission} access to the Google Cloud Storage ${one} ${where}. ` +
      `Permission 'storage.objects.${permission}' denied on resource (or it may not exist).`;
    throw new StorageError(403, "forbidden", message);
  }
  return record;
}

/** @param {StorageCall} asked */
function get({ call, bucket, name, query }) {
  const object = find(bucket, String(name), query);
  if (isUnchanged(query, call.request.headers, object)) return new Response(null, { status: 304, headers: { etag: etagOf(object) } });
  note(call, object);
  const alt = query.get("alt") ?? "json";
  if (alt !== "json" && alt !== "media") throw badParameter("alt", alt);
  return alt === "media" ? media(object) : describe(query, call.origins[0], bucket.name, object);
}

/** @param {StorageCall} asked */
function list({ call, bucket, query }) {
  return listed(query, call.origins[0], bucket);
}

/** @param {StorageCall} asked */
function remove({ call, bucket, name, query }) {
  const object = find(bucket, String(name), query);
  requireConditions(query, object);
  call.state.storage.delete(bucket, object.name, call.state.clock.now());
  note(call, object);
  return new Response(null, { status: 204 });
}

/** @param {StorageCall} asked */
async function patch({ call, bucket, name, query }) {
  const given = parseObject(await readBytes(call.request));
  const object = find(bucket, String(name), query);
  requireConditions(query, object);
  call.state.storage.redescribe(bucket, object, described(given), call.state.clock.now());
  note(call, object);
  return describe(query, call.origins[0], bucket.name, object);
}

/**
 * The object of that name, and of that generation if one is asked for: there is only the live one.
 *
 * @param {BucketRecord} bucket
 * @param {string} name
 * @param {URLSearchParams} query
 */
function find(bucket, name, query) {
  const object = bucket.objects.get(name);
  const generation = query.get("generation");
  if (!object || (generation !== null && generation !== String(object.generation))) throw noSuchObject(bucket.name, name);
  return object;
}
