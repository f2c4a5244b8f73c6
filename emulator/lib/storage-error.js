import { ApiError, apiJson } from "./api-error.js";
import { redactText } from "./redact.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {{ domain?: string, locationType?: string, location?: string }} Where */

/** An error of Cloud Storage's JSON API, in the form that older Google APIs have: a reason, and where it was found. */
export class StorageError extends Error {
  /**
   * @param {number} status
   * @param {string} reason
   * @param {string} message
   * @param {Where} [where]
   */
  constructor(status, reason, message, where) {
    super(message);
    this.name = "StorageError";
    this.status = status;
    this.reason = reason;
    this.where = where;
  }

  /** @param {boolean} asText errors of downloads are plain words */
  toResponse(asText) {
    const { status, message, reason, where } = this;
    const headers = status === 401 ? { "www-authenticate": 'Bearer realm="https://accounts.google.com/"' } : undefined;
    if (asText) return new Response(message, { status, headers: { "content-type": "text/html; charset=UTF-8", ...headers } });
    const errors = [{ message, domain: "global", reason, ...where }];
    return apiJson({ error: { code: status, message, errors } }, { status, headers });
  }
}

/**
 * Answers with what the work makes, or with the error that it throws.
 *
 * @param {Call} call
 * @param {boolean} asText
 * @param {() => Promise<Response>} work
 */
export async function storageAnswer(call, asText, work) {
  try {
    return await work();
  } catch (thrown) {
    const error = thrown instanceof ApiError ? ofCaller(thrown) : thrown;
    if (!(error instanceof StorageError)) throw error;
    call.entry.outcome = `${error.reason}: ${redactText(error.message.slice(0, 500))}`;
    return error.toResponse(asText);
  }
}

/** @param {string} parameter @param {string} value */
export function badParameter(parameter, value) {
  const message = `Invalid value for parameter ${parameter}: ${JSON.stringify(value.slice(0, 100))}`;
  return new StorageError(400, "invalidParameter", message, { locationType: "parameter", location: parameter });
}

/** @param {string} message */
export function badRequest(message) {
  return new StorageError(400, "invalid", message);
}

/** @param {string} bucket @param {string} object */
export function noSuchObject(bucket, object) {
  return new StorageError(404, "notFound", `No such object: ${bucket}/${object}`);
}

/**
 * What is wrong with the caller's token, as Cloud Storage puts it.
 *
 * @param {ApiError} error
 */
function ofCaller({ code, message, info }) {
  if (code === 403) return new StorageError(403, "insufficientPermissions", message);
  const missing = info?.reason === "CREDENTIALS_MISSING";
  const [reason, words] = missing ? ["required", "Anonymous caller has no access to the bucket."] : ["authError", "Invalid Credentials"];
  return new StorageError(401, reason, words, { locationType: "header", location: "Authorization" });
}
