import type { Store } from "./index.js";

/** The Durable Object that holds one record. Export it from the Worker, and bind it in its configuration. */
export declare class RecordHolder {
  constructor(ctx: any, env: any);
}

/**
 * Records in Durable Objects, one for each: nothing comes between look and write, and times are its own. From compatibility date 2024-04-03 on.
 *
 * ```ts
 * import { env } from "cloudflare:workers";
 * import { durableObjectStore } from "cloud-run-auth/stores/durable-object";
 *
 * export { RecordHolder } from "cloud-run-auth/stores/durable-object";
 * const store = durableObjectStore(() => (env as any).RECORDS);
 * ```
 *
 * @param binding Gives the namespace that the class `RecordHolder` is bound to. It is asked anew each time.
 */
export function durableObjectStore(binding: () => any): Store;
