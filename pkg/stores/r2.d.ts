import type { Store } from "./index.js";

/** What the store needs of a bucket's binding. */
export interface R2BucketBinding {
  get(key: string): Promise<any>;
  put(key: string, value: any, options?: any): Promise<any>;
  createMultipartUpload(key: string, options?: any): Promise<any>;
}

/**
 * Records as objects of R2, for Workers. Writes are conditional on the etag; as R2 makes that of what an object holds, each write ends on 64
 * blanks and tabs at random, which JSON does not mind. When a record was written is R2's time, what time it is now the Worker's: both are
 * Cloudflare's clocks, and as far apart as those are.
 *
 * ```ts
 * import { r2Store } from "cloud-run-auth/stores/r2";
 *
 * export default {
 *   async fetch(request: Request, env: { TOKENS: any }) {
 *     const record = await r2Store(env.TOKENS, { prefix: "users/" }).read("ada");
 *     return new Response(record ? "known" : "unknown");
 *   },
 * };
 * ```
 *
 * @param options `prefix` stands before each name. Default: nothing.
 */
export function r2Store(bucket: R2BucketBinding, options?: { prefix?: string }): Store;
