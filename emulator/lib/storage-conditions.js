import { badParameter, StorageError } from "./storage-error.js";
import { etagOf } from "./storage-resource.js";

/** @typedef {import("./storage-buckets.js").StoredObject} StoredObject */

// A generation is an int64.
const INTEGER = /^-?\d{1,19}$/;

/**
 * Holds what is there against a request's preconditions. No object has generation 0.
 *
 * @param {URLSearchParams} query
 * @param {StoredObject | undefined} object
 */
export function requireConditions(query, object) {
  const failed = failedCondition(query, object);
  if (failed) throw unmet();
}

/**
 * As `requireConditions` for a read, with the preconditions that HTTP has for it. Answers whether the object is the one that the
 * caller has already.
 *
 * @param {URLSearchParams} query
 * @param {Headers} headers
 * @param {StoredObject} object
 */
export function isUnchanged(query, headers, object) {
  const failed = failedCondition(query, object);
  const [matching, other] = [headers.get("if-match"), headers.get("if-none-match")];
  if ((failed && !failed.endsWith("NotMatch")) || (matching !== null && !names(matching, object))) throw unmet();
  return failed !== undefined || (other !== null && names(other, object));
}

/**
 * The first precondition that does not hold.
 *
 * @param {URLSearchParams} query
 * @param {StoredObject | undefined} object
 */
function failedCondition(query, object) {
  /** @type {string | undefined} */
  let failed;
  for (const [what, value] of [
    ["Generation", object?.generation ?? 0n],
    ["Metageneration", object && BigInt(object.metageneration)],
  ]) {
    for (const [how, isWanted] of /** @type {const} */ ([
      ["Match", true],
      ["NotMatch", false],
    ])) {
      const name = `if${what}${how}`;
      const given = query.get(name);
      if (given === null) continue;
      if (!INTEGER.test(given)) throw badParameter(name, given);
      if ((value === BigInt(given)) !== isWanted) failed ??= name;
    }
  }
  return failed;
}

/**
 * Whether a header of entity tags has the object's.
 *
 * @param {string} header
 * @param {StoredObject} object
 */
function names(header, object) {
  const etag = etagOf(object);
  return header.split(",").some((tag) => ["*", etag, `"${etag}"`].includes(tag.trim()));
}

function unmet() {
  const message = "At least one of the pre-conditions you specified did not hold.";
  return new StorageError(412, "conditionNotMet", message, { locationType: "header", location: "If-Match" });
}
