import { partsOf } from "./multipart-related.js";
import { parseObject, readBytes } from "./storage-body.js";
import { badParameter, badRequest, StorageError } from "./storage-error.js";
import { begin, resume } from "./storage-resumable.js";
import { nameOf, store } from "./storage-write.js";

/** @typedef {import("./storage.js").StorageCall} StorageCall */
/** @typedef {import("./storage-write.js").Content} Content */

/**
 * Stores an object: in one request of bytes or of two parts, or in several.
 *
 * @param {StorageCall} asked
 */
export async function upload(asked) {
  const { call, query, name } = asked;
  if (name !== undefined) throw new StorageError(404, "notFound", "Not Found");
  const type = query.get("uploadType") ?? "";
  if (query.has("upload_id")) return resume(asked, await readBytes(call.request));
  if (call.request.method !== "POST") throw new StorageError(404, "notFound", "Not Found");

  const contentType = call.request.headers.get("content-type") ?? "";
  const body = await readBytes(call.request);
  if (type === "media") return store(asked, { bytes: body, given: contentType ? { contentType } : {} });
  if (type === "multipart") return store(asked, contentOf(body, contentType));
  if (type === "resumable") {
    const given = parseObject(body);
    const declared = call.request.headers.get("x-upload-content-type");
    if (declared !== null) given.contentType ??= declared;
    nameOf(asked, given);
    return begin(asked, given);
  }
  throw badParameter("uploadType", type);
}

/**
 * What the two parts hold: the object's description, and its content.
 *
 * @param {Uint8Array} body
 * @param {string} contentType
 * @returns {Content}
 */
function contentOf(body, contentType) {
  const [description, content, ...more] = partsOf(body, contentType) ?? [];
  const isJson = /^application\/json\b/i.test(description?.headers.get("content-type") ?? "");
  if (!content || more.length > 0 || !isJson) throw badRequest("Malformed multipart body.");
  const given = parseObject(description.bytes);
  const type = content.headers.get("content-type");
  if (type !== null) given.contentType ??= type;
  return { bytes: content.bytes, given };
}
