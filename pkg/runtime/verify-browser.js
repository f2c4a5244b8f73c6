// The module of callers' tokens for browsers and bundlers: they find the file by this literal URL and ship it along.
import "./browser.js";
import { useModule } from "../verify/core.js";
import { useArithmetic } from "../verify/signature.js";

useModule(async () => {
  const answer = await fetch(new URL("../wasm/verify_bg.wasm", import.meta.url));
  if (!answer.ok) throw new TypeError(`the core could not be loaded: HTTP ${answer.status} for ${answer.url}`);
  return WebAssembly.compile(await answer.arrayBuffer());
});
useArithmetic(() => import("./signature-browser.js"));

export * from "../verify.js";
