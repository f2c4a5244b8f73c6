// What the core asks a host to do for a check: to get an issuer's keys, to wait, to verify a signature.
import { encoder, fetchBy } from "../core.js";
import { keepAmong } from "../credential.js";
import { pause } from "../deadline.js";
import { send } from "../deeds.js";

/** @typedef {import("../stateless.js").Field} Field */

/** How long one fetch of keys may take, in milliseconds. */
const LONGEST_FETCH = "5000";
/** @type {Record<string, any>} */
const ALGORITHMS = {
  __proto__: null,
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};
/** By their JWKs. @type {Map<string, CryptoKey>} */
const keys = new Map();

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
  if (task === "9") return [(await isSigned(what)) ? 9 : 8, 0, "", "", ""];
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

/** @param {string[]} what Algorithm, JWK, input and signature */
async function isSigned([algorithm, jwk, input, signature]) {
  const { subtle } = crypto;
  let key = keys.get(jwk);
  if (!key) {
    key = await subtle.importKey("jwk", JSON.parse(jwk), ALGORITHMS[algorithm], false, ["verify"]);
    keepAmong(keys, jwk, key);
  }
  const text = atob(signature.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  return subtle.verify(ALGORITHMS[algorithm], key, bytes, encoder.encode(input));
}
