// The door for browsers and bundlers: they find the file by this literal URL and ship it along.
import { useHost } from "../core.js";

useHost({
  module: async () => {
    const answer = await fetch(new URL("../wasm/session_bg.wasm", import.meta.url));
    if (!answer.ok) throw new TypeError(`the core could not be loaded: HTTP ${answer.status} for ${answer.url}`);
    return WebAssembly.compile(await answer.arrayBuffer());
  },
  env: () => undefined,
  lacks: "files programs certificates",
});

export * from "../index.js";
