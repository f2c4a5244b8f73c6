import { exportJWK } from "jose";
import { randomHex } from "./random.js";
import { generateRsa } from "./rsa.js";

/** @typedef {{ kid: string, privateKey: CryptoKey, publicKey: CryptoKey, jwk: Record<string, unknown> }} SigningKey */

// A first key that is not there after this long was being made by a request that is gone.
const DEAD_AFTER = 5_000;

/**
 * The keys that sign ID tokens: the first in the list signs, all are published. The first is made when it is first needed, since
 * Workers allow no randomness at import.
 */
export function createSigningKeys() {
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

/** @returns {Promise<SigningKey>} */
async function generate() {
  const { privateKey, publicKey } = await generateRsa(2048);
  const { n, e } = await exportJWK(publicKey);
  const kid = randomHex(40);
  return { kid, privateKey, publicKey, jwk: { kty: "RSA", alg: "RS256", use: "sig", kid, n, e } };
}
