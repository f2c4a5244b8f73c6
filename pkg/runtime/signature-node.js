// The module that verifies signatures where Node or Bun has no WebCrypto.
import { readFileSync } from "node:fs";
import { useModule } from "../verify/arithmetic.js";

useModule(() => readFileSync(new URL("../wasm/signature_bg.wasm", import.meta.url)));

export * from "../verify/arithmetic.js";
