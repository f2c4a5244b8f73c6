export * from "./index.js";

/**
 * Hands the core in. `cloud-run-auth/slim` loads no file by itself: for bundlers and runtimes in which none of the ways of
 * `cloud-run-auth` works. The first module counts; a call before that rejects with `core_failed`.
 *
 * @param module The file `cloud-run-auth/core.wasm`: its bytes, a `WebAssembly.Module`, or a promise of either.
 * @example
 * import { readFileSync } from "node:fs";
 * import { fileURLToPath } from "node:url";
 * import { createSession, init } from "cloud-run-auth/slim";
 *
 * init(readFileSync(fileURLToPath(import.meta.resolve("cloud-run-auth/core.wasm"))));
 * const session = createSession("https://orders-abc.a.run.app");
 */
export function init(module: CoreModule | Promise<CoreModule>): void;

/** A compiled module, or the bytes of one. (The standard library's type of a `WebAssembly.Module` is empty: any object passes.) */
export type CoreModule = object;
