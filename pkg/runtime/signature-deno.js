// The module that verifies signatures, should Deno have no WebCrypto.
import source core from "../wasm/signature_bg.wasm";
import { useModule } from "../verify/arithmetic.js";

useModule(() => core);

export * from "../verify/arithmetic.js";
