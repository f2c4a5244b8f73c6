// The door for Cloudflare Workers: importing the file gives a compiled module, the only way there.
import * as workers from "cloudflare:workers";
import core from "../wasm/session_bg.wasm";
import { own, useHost } from "../core.js";

useHost({
  module: () => core,
  env: (name) => own(workers.env, name) ?? own(globalThis.process?.env, name),
  lacks: "files programs certificates",
  isolated: true,
  waitUntil: workers.waitUntil && ((promise) => workers.waitUntil(promise)),
});

export * from "../index.js";
