// What the service's core asks a host to do: records, signatures, keys, tokens of Google's, and issuers' documents.
import { decoder, encoder, fetchBy, host } from "../core.js";
import { keepAmong } from "../credential.js";
import { pause, within } from "../deadline.js";
import { base64url, send } from "../deeds.js";
import { acquire, EARLY, timeFor, USUAL } from "../driver.js";
import { sorted } from "../options.js";

/** @typedef {{ config: import("../options.js").Config, store: () => Promise<import("../stores/index.d.ts").Store>, signal: AbortSignal }} By */

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** @type {Record<string, any>} */
const ALGORITHMS = { __proto__: null, RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, ES256 };
/** How long one fetch of an issuer's keys may take, in milliseconds. */
const LONGEST_FETCH = "5000";
/** By their JWKs, which are texts of a few hundred letters. @type {Map<string, CryptoKey>} */
const keys = new Map();

/** Each gives what happened, as the core reads it. @type {Record<string, (by: By, ...what: any[]) => Promise<Record<string, unknown>>>} */
export const deeds = {
  // @ts-expect-error: it is the prototype, and no deed.
  __proto__: null,

  async load({ store }, key) {
    const record = await (await store()).read(key);
    return { loaded: record && [decoder.decode(record.value), record.version] };
  },

  async store({ store }, key, value, expected) {
    return { stored: (await (await store()).write(key, encoder.encode(value), expected)) !== "conflict" };
  },

  async verify(_by, algorithm, jwk, input, signature) {
    const key = await keyOf(jwk, ALGORITHMS[algorithm], "verify");
    return { verified: await crypto.subtle.verify(ALGORITHMS[algorithm], key, bytesOf(signature), encoder.encode(input)) };
  },

  async sign(_by, jwk, input) {
    const signature = await crypto.subtle.sign(ES256, await keyOf(jwk, ES256, "sign"), encoder.encode(input));
    return { made: base64url(new Uint8Array(signature)) };
  },

  async generate() {
    const { privateKey } = await crypto.subtle.generateKey(ES256, true, ["sign", "verify"]);
    const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", privateKey);
    return { made: JSON.stringify({ kty, crv, x, y, d }) };
  },

  async mintIdToken(by, audience) {
    return { made: (await googles(by, [false, audience])).token };
  },

  async mintAccessToken(by, scopes) {
    const { token, expiresAt } = await googles(by, [true, sorted(scopes)]);
    return { made: `${expiresAt} ${token}` };
  },

  async get({ config, signal }, url) {
    let headers = new Headers();
    const fetch = async (/** @type {any} */ target, /** @type {any} */ init) => {
      const response = await fetchBy(config, target, init);
      ({ headers } = response);
      return response;
    };
    const request = ["GET", url, LONGEST_FETCH, "", "", "accept", "application/json"];
    const [text, status] = await send({ ...config, fetch }, request, signal);
    return { answered: [status, headers.get("cache-control") ?? "", headers.get("age") ?? "", text] };
  },

  async wait({ signal }, ms) {
    await pause(ms, signal);
    return { waited: null };
  },
};

/**
 * A token of Google's, out of the sessions' cache; one that is about to end is renewed on the way.
 *
 * @param {By} by
 * @param {import("../driver.js").Target} target
 */
async function googles({ config, signal }, target) {
  const had = (/** @type {number} */ how, /** @type {AbortSignal | undefined} */ signal) =>
    within(config.timeout, signal, (limit, ends) => acquire(config, target, how, ends, limit));
  const slot = await had(USUAL, signal);
  if (timeFor(slot) >= slot.refreshAt) {
    const renewing = had(EARLY, undefined).catch(() => {});
    (config.waitUntil ?? host.waitUntil)?.(renewing);
  }
  return slot;
}

/**
 * @param {string} jwk
 * @param {any} algorithm
 * @param {"sign" | "verify"} use
 */
async function keyOf(jwk, algorithm, use) {
  let key = keys.get(use + jwk);
  if (!key) {
    key = await crypto.subtle.importKey("jwk", JSON.parse(jwk), algorithm, false, [use]);
    keepAmong(keys, use + jwk, key);
  }
  return key;
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
