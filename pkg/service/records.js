// Where the service keeps its state: sealed, so that whoever has the store has neither its keys nor its logins.
import { encoder } from "../core.js";
import { base64url } from "../deeds.js";
import { sealedStore } from "../stores/sealed.js";

/**
 * A store that is sealed with the first of the secrets, and opened with any.
 *
 * @param {import("../stores/index.d.ts").Store} store
 * @param {string[]} secrets
 */
export function sealedBy(store, secrets) {
  /** @type {import("../stores/index.d.ts").Store | undefined} */
  let sealed;
  return async () => {
    // Whoever comes meanwhile makes his own: on Workers nobody may wait for another's promise.
    if (!sealed) {
      const keys = await Promise.all(secrets.map(async (secret) => ({ id: await named(secret), key: await digest(`key ${secret}`) })));
      sealed ??= sealedStore(store, { keys, name: "service" });
    }
    return sealed;
  };
}

/** What a secret is known by in records, without showing it. @param {string} secret */
async function named(secret) {
  return base64url((await digest(`name ${secret}`)).slice(0, 9));
}

/** @param {string} text */
async function digest(text) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(`cloud-run-auth service ${text}`)));
}
