// The door without a way of its own to the core: whoever imports it hands the module in.
import { own, useHost } from "./core.js";
import { AuthError } from "./errors.js";

/** @type {WebAssembly.Module | BufferSource | Promise<WebAssembly.Module | BufferSource> | undefined} */
let given;

/** @param {WebAssembly.Module | BufferSource | Promise<WebAssembly.Module | BufferSource>} module */
export function init(module) {
  given ??= module;
}

useHost({
  module: () => {
    if (!given)
      throw new AuthError("core_failed", "the core was not handed in: call init() with the module of cloud-run-auth/core.wasm first.");
    return given;
  },
  env: (name) => own(/** @type {any} */ (globalThis).process?.env, name),
  lacks: "files programs certificates",
});

export * from "./index.js";
