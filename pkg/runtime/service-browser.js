// The module of the token service for browsers and bundlers: they find the file by this literal URL and ship it along.
import "./browser.js";
import { useModule } from "../service/core.js";

useModule(async () => {
  const answer = await fetch(new URL("../wasm/service_bg.wasm", import.meta.url));
  if (!answer.ok) throw new TypeError(`the core could not be loaded: HTTP ${answer.status} for ${answer.url}`);
  return WebAssembly.compile(await answer.arrayBuffer());
});

export * from "../service.js";
