// workerd itself, without wrangler or miniflare between: a configuration, a process, a port.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * @param {object} worker
 * @param {string} worker.program workerd's own path
 * @param {string} worker.folder where the modules' files lie; the configuration is written there too
 * @param {{ name: string, kind: "esModule" | "wasm" }[]} worker.modules the first one is the entry
 * @param {string} worker.date the compatibility date
 */
export async function startWorkerd({ program, folder, modules, date }) {
  const config = join(folder, "config.capnp");
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.map(({ name, kind }) => `(name = "${name}", ${kind} = embed "${name}")`).join(", ")}],
  compatibilityDate = "${date}",
);
`,
  );
  const child = spawn(program, ["serve", "--control-fd=3", config], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const end = () => child.kill();
  process.once("exit", end);
  return {
    url: `http://127.0.0.1:${await portOf(child)}`,
    stop() {
      process.off("exit", end);
      child.kill();
    },
  };
}

/** workerd tells its free port on the control pipe. */
function portOf(child) {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdio[3].on("data", (bytes) => {
      text += bytes;
      const line = text.split("\n").find((one) => one.includes('"listen"'));
      if (line) resolve(JSON.parse(line).port);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code} before it listened`)));
  });
}
