// Whether a signature is good: by WebCrypto, or, where a host has none, by a module of the core's that is loaded there alone.
import { keepAmong } from "../credential.js";
import { AuthError } from "../errors.js";

/** @type {Record<string, any>} */
const ALGORITHMS = {
  __proto__: null,
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};
/** By their JWKs. @type {Map<string, CryptoKey>} */
const keys = new Map();
/** How the module is loaded, as the runtime's door has told. @type {() => Promise<typeof import("./arithmetic.js")>} */
let load;
/** @type {typeof import("./arithmetic.js") | undefined} */
let arithmetic;

const subtle = () => globalThis.crypto?.subtle;

/** @param {typeof load} loading */
export function useArithmetic(loading) {
  load ??= loading;
}

/** Sees to it that there is something to verify with. */
export async function canVerify() {
  if (subtle() || arithmetic) return;
  if (!load)
    throw new AuthError("unsupported_by_host", "there is no WebCrypto to verify signatures with. Call from a runtime that has it.");
  const loaded = await load();
  await loaded.ready();
  arithmetic = loaded;
}

/**
 * Whether it is; throws where the key is none for that algorithm.
 *
 * @param {string} algorithm
 * @param {string} jwk
 * @param {Uint8Array<ArrayBuffer>} input What is signed
 * @param {Uint8Array<ArrayBuffer>} signature
 */
export async function isSigned(algorithm, jwk, input, signature) {
  const web = subtle();
  if (!web && arithmetic) return arithmetic.isSigned(algorithm, jwk, input, signature);
  let key = keys.get(jwk);
  if (!key) {
    key = await web.importKey("jwk", JSON.parse(jwk), ALGORITHMS[algorithm], false, ["verify"]);
    keepAmong(keys, jwk, key);
  }
  return web.verify(ALGORITHMS[algorithm], key, signature, input);
}
