// The module of logins for browsers and bundlers: they find the file by this literal URL and ship it along.
import "./user-browser.js";
import { useModule } from "../login/core.js";

useModule(async () => {
  const answer = await fetch(new URL("../wasm/login_bg.wasm", import.meta.url));
  if (!answer.ok) throw new TypeError(`the core could not be loaded: HTTP ${answer.status} for ${answer.url}`);
  return WebAssembly.compile(await answer.arrayBuffer());
});

export * from "../login.js";
