// The door for Deno: the module comes with the import, so that no permission is needed for it.
import source core from "../wasm/session_bg.wasm";
import { useHost } from "../core.js";
import { within } from "../deadline.js";

// Asking for what is not granted would stop at a prompt.
const granted = (permission) => Deno.permissions.querySync(permission).state === "granted";
const demand = (permission) => {
  if (!granted(permission)) throw new Error(`the program has no permission to ${permission.name} it`);
};

useHost({
  module: () => core,
  lacks: "certificates",
  env: (variable) => (granted({ name: "env", variable }) ? Deno.env.get(variable) : undefined),
  readFile: async (path) => {
    demand({ name: "read", path });
    return Deno.readFile(path);
  },
  run: async ([command, ...args], variables, timeout, signal) => {
    demand({ name: "run", command });
    const child = new Deno.Command(command, {
      args,
      // Added to the program's own, so that the environment need not be read.
      env: Object.fromEntries(variables.map((variable) => variable.split(/=(.*)/s))),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { success, stdout, stderr } = await within(timeout, signal, (limit) => {
      limit.addEventListener("abort", () => {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended, and what it started holds its output.
        }
      });
      return child.output();
    });
    const decoder = new TextDecoder();
    if (!success) throw new Error(`it ended without success: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  },
});

export * from "../index.js";
