// workerd itself, without wrangler or miniflare between: a configuration, a process, a port for each worker.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * A worker, which has an isolate of its own.
 *
 * @typedef {object} Worker
 * @property {string} name
 * @property {{ name: string, kind: "esModule" | "wasm" }[]} modules the first one is the entry
 * @property {string} date the compatibility date
 * @property {string[]} [objects] the classes of its Durable Objects
 * @property {Record<string, string>} [namespaces] bindings: of a class of its own, or as "worker/class" of another's
 * @property {Record<string, string>} [texts] bindings that are texts
 */

/**
 * @param {object} given
 * @param {string} given.program workerd's own path
 * @param {string} given.folder where the modules' files lie; the configuration is written there too
 * @param {Worker[]} given.workers each is served at its own port
 * @param {boolean} [given.quiet] whether nothing is said of errors that nobody caught
 */
export async function startWorkerd({ program, folder, workers, quiet }) {
  const config = join(folder, "config.capnp");
  await writeFile(config, configuration(workers));
  const child = spawn(program, ["serve", "--control-fd=3", config], { stdio: ["ignore", "inherit", quiet ? "ignore" : "inherit", "pipe"] });
  const end = () => child.kill();
  process.once("exit", end);
  const ports = await portsOf(child, workers.length);
  const urls = workers.map(({ name }) => `http://127.0.0.1:${ports.get(name)}`);
  return {
    /** Of the first worker. */
    url: urls[0],
    urls,
    pid: child.pid,
    stop() {
      process.off("exit", end);
      child.kill();
    },
  };
}

function configuration(workers) {
  const services = workers.map(({ name }, index) => `(name = "${name}", worker = .worker${index})`);
  const sockets = workers.map(({ name }) => `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${services.join(",\n    ")},
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    ${sockets.join(",\n    ")},
  ],
);
${workers.map(worker).join("")}`;
}

function worker({ modules, date, objects = [], namespaces = {}, texts = {} }, index) {
  const bindings = [
    ...Object.entries(texts).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`),
    ...Object.entries(namespaces).map(([name, place]) => {
      const [className, serviceName] = place.split("/").reverse();
      const designator = serviceName ? `(className = "${className}", serviceName = "${serviceName}")` : `"${className}"`;
      return `(name = "${name}", durableObjectNamespace = ${designator})`;
    }),
  ];
  return `const worker${index} :Workerd.Worker = (
  modules = [${modules.map(({ name, kind }) => `(name = "${name}", ${kind} = embed "${name}")`).join(", ")}],
  compatibilityDate = "${date}",
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [${objects.map((name) => `(className = "${name}", uniqueKey = "${name}")`).join(", ")}],
  durableObjectStorage = (${objects.length > 0 ? "inMemory" : "none"} = void),
);
`;
}

/** workerd tells its free ports on the control pipe, by the sockets' names. */
function portsOf(child, count) {
  const ports = new Map();
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdio[3].on("data", (bytes) => {
      text += bytes;
      const lines = text.split("\n");
      text = lines.pop();
      for (const line of lines) {
        const { event, socket, port } = JSON.parse(line);
        if (event === "listen") ports.set(socket, port);
      }
      if (ports.size === count) resolve(ports);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code} before it listened`)));
  });
}
