// The door for Deno: the module comes with the import, so that no permission is needed for it.
import source core from "../wasm/session_bg.wasm";
import { useHost } from "../core.js";

const granted = (name, variable) => Deno.permissions.querySync({ name, variable }).state === "granted";

useHost({
  module: () => core,
  // Asking for what is not granted would stop at a prompt.
  env: (variable) => (granted("env", variable) ? Deno.env.get(variable) : undefined),
  readFile: (path) => Deno.readFile(path),
});

export * from "../index.js";
