import type { Store } from "./index.js";

/** How hard a store is tried. */
export interface KitOptions {
  /** How many write at the same time, each to a store that was opened for it. Default 8. */
  callers?: number;
  /** How often each of them writes. Default 25. */
  increments?: number;
  /** Told of each check as it ends. */
  report?: (result: KitResult) => void;
}

/** What came of one check. */
export interface KitResult {
  name: string;
  ok: boolean;
  /** What was seen, where it was not as it has to be. */
  why?: string;
}

/**
 * Checks whether jobs can share a token in a store: records are made but once, stale versions are refused and never come twice, writers at the
 * same time lose nothing, and times are of one clock. It leaves its records, whose names begin with `kit/`.
 *
 * ```ts
 * import { checkStore } from "cloud-run-auth/stores/kit";
 * import { memoryStore } from "cloud-run-auth/stores/memory";
 *
 * const store = memoryStore();
 * const results = await checkStore(() => store, { report: ({ name, ok, why }) => console.log(ok ? "ok" : `failed: ${why}`, name) });
 * if (results.some(({ ok }) => !ok)) throw new Error("not a store for tokens");
 * ```
 *
 * @param open Opens the same store once more, as another job does.
 */
export function checkStore(open: () => Store | Promise<Store>, options?: KitOptions): Promise<KitResult[]>;

/**
 * Adds one to the member `count` of a record so many times, whoever else does: for processes of one's own, whose sum has to come out.
 *
 * ```ts
 * import { increment } from "cloud-run-auth/stores/kit";
 * import { memoryStore } from "cloud-run-auth/stores/memory";
 *
 * await increment(memoryStore(), "counter", 100);
 * ```
 */
export function increment(store: Store, key: string, times: number): Promise<void>;
