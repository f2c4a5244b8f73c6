// The module of callers' tokens on Deno: it comes with the import, so that no permission is needed for it.
import "./deno.js";
import source core from "../wasm/verify_bg.wasm";
import { useModule } from "../verify/core.js";
import { useArithmetic } from "../verify/signature.js";

useModule(() => core);
useArithmetic(() => import("./signature-deno.js"));

export * from "../verify.js";
