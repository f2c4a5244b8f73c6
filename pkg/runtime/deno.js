// The door for Deno: the module comes with the import, so that no permission is needed for it.
import source core from "../wasm/session_bg.wasm";
import { useHost } from "../core.js";
import { run } from "./process.js";

// Asking for what is not granted would stop at a prompt.
const granted = (permission) => Deno.permissions.querySync(permission).state === "granted";
const demand = (permission) => {
  if (!granted(permission)) throw new Error(`the program has no permission to ${permission.name} it`);
};

useHost({
  module: () => core,
  env: (variable) => (granted({ name: "env", variable }) ? Deno.env.get(variable) : undefined),
  readFile: async (path) => {
    demand({ name: "read", path });
    return Deno.readFile(path);
  },
  run: async (words, ...rest) => {
    demand({ name: "run", command: words[0] });
    return run(words, ...rest);
  },
});

export * from "../index.js";
