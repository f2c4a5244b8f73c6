// The door for Node, and for Bun, which takes it too.
import { readFileSync } from "node:fs";
import { useHost } from "../core.js";
import { fetchWith, run } from "./process.js";

useHost({
  module: () => readFileSync(new URL("../wasm/session_bg.wasm", import.meta.url)),
  // What a polluted prototype has is not of the environment.
  env: (name) => (Object.hasOwn(process.env, name) ? process.env[name] : undefined),
  readFile: async (path) => (await import("node:fs/promises")).readFile(path),
  run,
  fetchWith,
  canClose: true,
});

export * from "../index.js";
