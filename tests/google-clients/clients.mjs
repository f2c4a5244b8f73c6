// The clients, each a process that is told what to do in lines of JSON, and answers in such lines.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { node24 } from "../runtime/programs.mjs";

/** One answer may take this long; the libraries' own tries at a server that fails take half of it. */
const LIMIT = 60_000;

/** google-auth-library's own floor. */
const OLDEST_NODE = 22;

const node = Number(process.versions.node.split(".")[0]) >= OLDEST_NODE ? process.execPath : node24();
const python = process.env.GOOGLE_CLIENTS_PYTHON;

/** @typedef {{ name: string, title: string, command: string[], missing?: string }} Client */

/** @type {Client[]} */
export const clients = [
  {
    name: "node",
    title: "google-auth-library",
    command: [String(node), path("node/worker.mjs")],
    missing: node
      ? undefined
      : `google-auth-library needs Node ${OLDEST_NODE}, and npm has none for this platform: run this with a later Node`,
  },
  {
    name: "python",
    title: "google-auth (Python)",
    command: [String(python), path("python/worker.py")],
    missing:
      python && existsSync(python)
        ? undefined
        : "GOOGLE_CLIENTS_PYTHON names no Python with google-auth: run make setup, then . scripts/env",
  },
];

/**
 * @param {Client} client
 * @param {import("./stage/stage.mjs").Stage} stage
 * @param {string} folder
 */
export function startClient({ name, command }, stage, folder) {
  const home = join(folder, `home-${name}`);
  mkdirSync(home);
  const [program, ...rest] = command;
  // Nothing of the surroundings: no proxies, no credentials, no settings of a person's, no gcloud, which the libraries would ask.
  const env = { PATH: home, HOME: home, LANG: "C.UTF-8", ...stage.trust, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn(program, rest, { env, cwd: home, stdio: ["pipe", "pipe", "pipe"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr.on("data", (text) => (errors = (errors + text).slice(-4000)));
  // What is wrong shows as the missing answer.
  child.stdin.on("error", () => {});

  return {
    /** @param {Omit<import("./suite.mjs").Task, "check">} task */
    async ask({ act, credentials, env = {}, input = {} }) {
      const file = join(home, "credentials.json");
      if (credentials) writeFileSync(file, JSON.stringify(credentials));
      const settings = credentials ? { GOOGLE_APPLICATION_CREDENTIALS: file, ...env } : env;
      errors = "";
      child.stdin.write(`${JSON.stringify({ act, env: settings, input })}\n`);
      const { value, done } = await limited(lines.next(), child);
      if (done) throw new Error(`the client ended:\n${errors}`);
      return JSON.parse(value);
    },
    close() {
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.stdin.end();
      return child.exitCode === null ? closed : undefined;
    },
  };
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {import("node:child_process").ChildProcess} child
 */
async function limited(promise, child) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`no answer within ${LIMIT} ms`));
    }, LIMIT);
  });
  return /** @type {Promise<T>} */ (Promise.race([promise, late]).finally(() => clearTimeout(timer)));
}

/** @param {string} name */
function path(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}
