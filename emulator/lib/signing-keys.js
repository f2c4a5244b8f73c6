import { exportJWK, generateKeyPair } from "jose";
import { randomHex } from "./random.js";
import { generateRsa } from "./rsa.js";

/** @typedef {{ kid: string, privateKey: CryptoKey, publicKey: CryptoKey, jwk: Record<string, unknown> }} SigningKey */

// A first key that is not there after this long was being made by a request that is gone.
const DEAD_AFTER = 5_000;

/**
 * The keys that sign tokens: the first in the list signs, all are published. The first is made when it is first needed, since
 * Workers allow no randomness at import.
 *
 * @param {() => Promise<SigningKey>} [generate] by default for RS256
 */
export function createSigningKeys(generate = generateRs256) {
  /** @type {SigningKey[]} */
  let keys = [];
  let startedAt = -Infinity;

  // Requests share the finished key and never a promise of it: on workerd, awaiting another request's promise can hang for good.
  async function all() {
    while (keys.length === 0) {
      if (Date.now() - startedAt > DEAD_AFTER) {
        startedAt = Date.now();
        const key = await generate();
        if (keys.length === 0) keys = [key];
      } else {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    return keys;
  }

  return {
    all,
    current: async () => (await all())[0],
    /** @param {boolean} keep whether old keys stay published */
    async rotate(keep) {
      await all();
      const key = await generate();
      keys = keep ? [key, ...keys] : [key];
    },
    /** @param {string} kid */
    find: (kid) => keys.find((key) => key.kid === kid),
  };
}

/** For ES256. @returns {Promise<SigningKey>} */
export async function generateEs256() {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const { x, y } = await exportJWK(publicKey);
  const kid = randomHex(6);
  return { kid, privateKey, publicKey, jwk: { kty: "EC", crv: "P-256", alg: "ES256", use: "sig", kid, x, y } };
}

/** @returns {Promise<SigningKey>} */
async function generateRs256() {
  const { privateKey, publicKey } = await generateRsa(2048);
  const { n, e } = await exportJWK(publicKey);
  const kid = randomHex(40);
  return { kid, privateKey, publicKey, jwk: { kty: "RSA", alg: "RS256", use: "sig", kid, n, e } };
}
