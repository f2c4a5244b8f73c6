import { decode } from "./decode.js";
import { exportJWK } from "jose";
import { json, htmlError } from "./answers.js";
import { createSigningKeys } from "./signing-keys.js";

/** @typedef {import("./accounts.js").Account} Account */

/** The keys that Google holds for service accounts and signs with on request. Made when first needed. */
export function createManagedKeys() {
  /** @type {WeakMap<Account, ReturnType<typeof createSigningKeys>>} */
  const keys = new WeakMap();
  return {
    /** @param {Account} account */
    async of(account) {
      let own = keys.get(account);
      if (!own) keys.set(account, (own = createSigningKeys()));
      const key = await own.current();
      // What it signs counts as signed by the account.
      account.keys.set(key.kid, key.publicKey);
      return key;
    },
  };
}

/**
 * `GET /service_accounts/v1/jwk/{email}`: all public keys of a service account, RFC 7517.
 *
 * @param {import("./call.js").Call} call
 */
export async function accountKeys({ state, path, entry }) {
  const account = state.accounts.named(decode(path.slice(path.lastIndexOf("/") + 1)));
  if (!account) {
    entry.outcome = "no such account";
    return htmlError(404, "Not Found", "The requested URL was not found on this server.");
  }
  const keys = [...account.keys].map(async ([kid, key]) => {
    const { n, e } = await exportJWK(key);
    return { kty: "RSA", alg: "RS256", use: "sig", kid, n, e };
  });
  return json({ keys: await Promise.all(keys) });
}
