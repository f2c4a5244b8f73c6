// What Cloud Storage answers, where it is not what was asked for.
import { timesOf } from "../deeds.js";
import { AuthError } from "../errors.js";

/** More of an answer's words is never looked at. */
const LONGEST = 65_536;

/**
 * The error for an answer that is none, by its status.
 *
 * @param {Response} response
 * @param {string} what What was to be done with which object
 * @param {string} object
 */
export async function refused(response, what, object) {
  const { status } = response;
  const words = new TextDecoder().decode(await bytesOf(response, LONGEST));
  const [, reason] = /"reason":\s*"(\w{1,64})"/.exec(words) ?? [];
  const [permission = "storage.objects.get, create, delete and list"] = /storage\.objects\.\w{1,20}/.exec(words) ?? [];
  const transient = status === 408 || status === 429 || status >= 500;
  const more =
    status === 401
      ? "the credential's token was refused. Look at whose credential it is."
      : status === 403
        ? reason === "insufficientPermissions" || /insufficient authentication scopes/i.test(words)
          ? "the token's scopes do not allow it. The store needs https://www.googleapis.com/auth/devstorage.read_write."
          : `the credential lacks ${permission}. Give it the role Storage Object User (roles/storage.objectUser) on the bucket.`
        : isMissingBucket(status, words)
          ? "there is no such bucket. Create it, or correct its name."
          : status === 429
            ? "the object is written too often: Cloud Storage takes about one write a second of each. Try again later."
            : transient
              ? "Cloud Storage could not answer. Try again later; after a write, read first."
              : "Cloud Storage refused it.";
  const error = new AuthError(transient ? "store_unavailable" : "store_refused", `${what} ${object}: ${more} (HTTP ${status})`, transient);
  const [, retryAfter] = timesOf(response);
  return Object.assign(error, retryAfter > 0 && { retryAfter }, { server: { status, error: reason, description: undefined } });
}

/**
 * Whether an answer says that there is no object, and not that there is no bucket.
 *
 * @param {Response} response
 * @returns {Promise<boolean>}
 */
export async function isNoObject(response) {
  if (response.status !== 404) return false;
  // The copy is for whoever tells of the error.
  return !isMissingBucket(404, new TextDecoder().decode(await bytesOf(response.clone(), LONGEST)));
}

/**
 * @param {number} status
 * @param {string} words
 */
function isMissingBucket(status, words) {
  return status === 404 && /bucket does not exist/i.test(words);
}

/**
 * The bytes of an answer, of which no more is read than the limit and a piece.
 *
 * @param {Response} response
 * @param {number} limit
 * @returns {Promise<Uint8Array>} Longer than the limit where there is more
 */
export async function bytesOf({ body }, limit) {
  /** @type {Uint8Array[]} */
  const pieces = [];
  let length = 0;
  const reader = body?.getReader();
  while (reader && length <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
  }
  if (length > limit) reader?.cancel().catch(() => {});
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
