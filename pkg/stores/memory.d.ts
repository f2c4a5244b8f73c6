import type { Store } from "./index.js";

/**
 * Records in the memory of one process, gone with it: for tests, and for jobs that share a process.
 *
 * ```ts
 * import { memoryStore } from "cloud-run-auth/stores/memory";
 *
 * const store = memoryStore();
 * await store.write("ada.json", new TextEncoder().encode("{}"), null);
 * ```
 */
export function memoryStore(): Store;
