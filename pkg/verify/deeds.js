// What the core asks a host to do for a check: to get an issuer's keys, to wait, to verify a signature.
import { encoder, fetchBy } from "../core.js";
import { pause } from "../deadline.js";
import { send } from "../deeds.js";
import { isSigned } from "./signature.js";

/** @typedef {import("../stateless.js").Field} Field */

/** How long one fetch of keys may take, in milliseconds. */
const LONGEST_FETCH = "5000";

/**
 * @param {string} task
 * @param {string[]} what
 * @param {{ config: import("../options.js").Config, signal: AbortSignal }} by
 * @returns {Promise<Field[]>} Event, status, `cache-control`, `age`, text
 */
export async function deed(task, what, { config, signal }) {
  if (task === "6") {
    await pause(+what[0], signal);
    return [6, 0, "", "", ""];
  }
  if (task === "9") {
    const [algorithm, jwk, input, signature] = what;
    return [(await isSigned(algorithm, jwk, encoder.encode(input), bytesOf(signature))) ? 9 : 8, 0, "", "", ""];
  }
  let headers = new Headers();
  const fetch = async (/** @type {any} */ target, /** @type {any} */ init) => {
    const response = await fetchBy(config, target, init).catch((thrown) => {
      // Node says but "fetch failed", and why in its cause.
      throw thrown?.cause?.code ? new Error(thrown.cause.code, { cause: thrown }) : thrown;
    });
    ({ headers } = response);
    return response;
  };
  const request = ["GET", what[0], LONGEST_FETCH, "", "", "accept", "application/json"];
  const [text, status] = await send({ ...config, fetch }, request, signal);
  return [3, status, ...["cache-control", "age"].map((name) => headers.get(name) ?? ""), text];
}

/** @param {string} text In base64url */
function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
