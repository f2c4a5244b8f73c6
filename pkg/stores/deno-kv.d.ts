import type { Store } from "./index.js";

/** What the store needs of Deno KV. */
export interface DenoKv {
  get(key: any[], options?: any): Promise<{ value: any; versionstamp: string | null }>;
  atomic(): any;
}

/**
 * Records in Deno KV. Writes are atomic, with a check of the versionstamp; a value over 60,000 bytes lies in several entries. Deno KV tells no
 * time: when a record was written is said by the clock of whoever wrote it, what time it is now by that of whoever reads. A lease lasts 30 s;
 * clocks that are apart by more than a few seconds make it longer or shorter by as much.
 *
 * ```ts
 * import { denoKvStore } from "cloud-run-auth/stores/deno-kv";
 *
 * declare const Deno: { openKv(path?: string): Promise<any> };
 * const store = denoKvStore(await Deno.openKv());
 * ```
 *
 * @param options `prefix` stands before each key. Default: `["cloud-run-auth"]`.
 */
export function denoKvStore(kv: DenoKv, options?: { prefix?: (string | number)[] }): Store;
