// What a process of Node's or Bun's can do that other runtimes cannot.
import { spawn } from "node:child_process";
import { inspect } from "node:util";

export function setEnv(name, value) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** @param {object} more */
export const nodeRuntime = (more = {}) => ({
  name: "node",
  lacks: {
    "hidden redirects": "redirects are visible here",
    "requests from outside": "a matter of workers, whose requests are isolated from each other",
  },
  closes: true,
  inspect: (value) => inspect(value, { depth: 8, showHidden: true }),
  setEnv,
  env: (name) => process.env[name],
  child,
  ...more,
});

/** Runs a script of children/ in a process of its own; its last line is its report. */
function child(script, call) {
  const path = new URL(`../children/${script}.mjs`, import.meta.url).pathname;
  const began = Date.now();
  const started = spawn(process.execPath, ["--expose-gc", path, JSON.stringify(call)], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  started.stdout.on("data", (text) => (stdout += text));
  started.stderr.on("data", (text) => (stderr += text));
  const timer = setTimeout(() => started.kill("SIGKILL"), 30_000);
  return new Promise((resolve) => {
    started.on("close", (code, signal) => {
      clearTimeout(timer);
      const last = stdout.trim().split("\n").at(-1);
      resolve({ code: code ?? signal, report: last ? JSON.parse(last) : undefined, stderr, ms: Date.now() - began });
    });
  });
}
