import type { Store } from "./index.js";

/** How records are sealed. */
export interface SealOptions {
  /**
   * Keys of 32 random bytes, or their base64. The first seals; all open what was sealed with them, by their `id`, so that a new key is put in
   * front and the old one is left behind it until every record was written again.
   */
  keys: { id: string; key: Uint8Array | string }[];
  /** What the store is called. A record that is copied from a store of another name does not open. Default: nothing. */
  name?: string;
  /** The OAuth client whose users' tokens are in it. A record of another client's does not open. Default: nothing. */
  client?: string;
  /** Whether a record that is not sealed is read, to take over what was there before; it is sealed when it is written next. Default `"refuse"`. */
  plain?: "refuse" | "read";
}

/**
 * A store whose records are sealed with AES-256-GCM (NIST SP 800-38D), bound to the store's name, the client and the record's own name.
 * Whoever can write to the store can still put an older record in the place of a newer one. What it cannot open is the error `store_refused`.
 *
 * ```ts
 * import { memoryStore } from "cloud-run-auth/stores/memory";
 * import { sealedStore } from "cloud-run-auth/stores/sealed";
 *
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * const store = sealedStore(memoryStore(), { keys: [{ id: "2026-11", key }], name: "users" });
 * ```
 */
export function sealedStore(store: Store, options: SealOptions): Store;
