// The door for Node, and for Bun, which takes it too.
import { readFileSync } from "node:fs";
import { own, useHost } from "../core.js";
import { fetchWith, run } from "./process.js";

useHost({
  module: () => readFileSync(new URL("../wasm/session_bg.wasm", import.meta.url)),
  env: (name) => own(process.env, name),
  readFile: async (path) => (await import("node:fs/promises")).readFile(path),
  run,
  fetchWith,
  canClose: true,
});

export * from "../index.js";
