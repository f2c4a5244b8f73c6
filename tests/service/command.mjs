// The command `serve` as a process of its own, in a folder of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../stores/lib/port.mjs";
import { SEAL } from "./stand.mjs";

const CLI = fileURLToPath(new URL("../../pkg/cli/cli.js", import.meta.url));

/** A folder that goes with the tests. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "cloud-run-auth-service-"));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Begins one and waits until it answers.
 *
 * @param {{ policy: string, env?: Record<string, string>, cwd?: string, args?: string[], port?: number, health?: string }} how
 */
export async function serveCommand({ policy, env = {}, cwd = folder(), args = [], port, health = "/api/health" }) {
  port ??= await freePort();
  const policyFile = join(cwd, "policy.toml");
  writeFileSync(policyFile, policy);
  const child = spawn(process.execPath, [CLI, "serve", ...args], {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      METADATA_SERVER_DETECTION: "none",
      AUTH_JIT_PORT: String(port),
      AUTH_JIT_SECRET: SEAL,
      ...env,
    },
  });
  after(() => child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (output[name] += text));
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, ...output })));
  const url = `http://127.0.0.1:${port}`;
  const lines = () =>
    output.stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  await Promise.race([
    eventually(async () => (await fetch(`${url}${health}`)).ok),
    ended.then(({ stderr }) => Promise.reject(new Error(`it ended: ${stderr}`))),
  ]);
  return { child, url, port, output, ended, cwd, policyFile, lines };
}

/** Waits until something holds, for twenty seconds at the most. */
export async function eventually(holds) {
  for (let tries = 400; ; tries--) {
    let thrown;
    try {
      if (await holds()) return;
    } catch (failure) {
      thrown = failure;
    }
    if (!tries) throw thrown ?? new Error("it did not come to that");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
