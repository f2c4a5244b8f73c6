// The module of callers' tokens on Deno: it comes with the import, so that no permission is needed for it.
import "./deno.js";
import source core from "../wasm/verify_bg.wasm";
import { useModule } from "../verify/core.js";

useModule(() => core);

export * from "../verify.js";
