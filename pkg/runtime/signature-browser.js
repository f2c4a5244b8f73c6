// The module that verifies signatures in pages without WebCrypto, which are those that did not come by https.
import { useModule } from "../verify/arithmetic.js";

useModule(async () => {
  const answer = await fetch(new URL("../wasm/signature_bg.wasm", import.meta.url));
  if (!answer.ok) throw new TypeError(`the core could not be loaded: HTTP ${answer.status} for ${answer.url}`);
  return WebAssembly.compile(await answer.arrayBuffer());
});

export * from "../verify/arithmetic.js";
