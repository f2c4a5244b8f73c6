// The command as it is installed from the packed tarball, in a home of its own beside an emulator.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { install, pack } from "../packaging/install.mjs";

/** What looks like a token, or like a key: none is ever printed but by `token`. */
const SECRETS = /eyJ[\w-]{20,}\.|ya29\.|1\/\/0|GOCSPX-|PRIVATE KEY-----\\?n?[\w+/]{8}/;

/**
 * @param {import("../../emulator/index.js").EmulatorOptions} [options]
 */
export async function openWorld(options) {
  const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-cli-"));
  const emulator = createEmulator(options);
  const server = await serve(emulator);
  const children = new Set();
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { tarball } = await pack(join(folder, "packed"));
  const project = join(folder, "project");
  await install(project, tarball);
  const key = await emulator.createServiceAccountKey();
  const keyFile = join(folder, "key.json");
  writeFileSync(keyFile, JSON.stringify(key));
  const home = join(folder, "home");
  mkdirSync(home);
  const usual = {
    ...{ PATH: process.env.PATH, HOME: home, METADATA_SERVER_DETECTION: "none" },
    ...{ CLOUD_RUN_AUTH_EMULATOR: server.url, GOOGLE_APPLICATION_CREDENTIALS: keyFile },
  };

  /** Starts the command; `output` grows, `ended` resolves with it and the exit code. */
  function start(args, { env = {}, input, secret = false } = {}) {
    const child = spawn(join(project, "node_modules/.bin/cloud-run-auth"), args, { cwd: project, env: { ...usual, ...env } });
    children.add(child);
    // Whatever waits for one that hangs fails then.
    setTimeout(() => child.kill("SIGKILL"), 120_000).unref();
    const output = { stdout: "", stderr: "" };
    const waiting = new Set();
    for (const name of ["stdout", "stderr"])
      child[name].setEncoding("latin1").on("data", (text) => {
        output[name] += text;
        for (const look of waiting) look();
      });
    child.stdin.on("error", () => {}).end(input);
    const ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        children.delete(child);
        try {
          assert.doesNotMatch(secret ? output.stderr : output.stdout + output.stderr, SECRETS, "a secret is printed");
          assert.doesNotMatch(output.stderr, /\n\s+at /, "a stack is printed");
          resolve({ code, signal, ...output });
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
    /** Waits until something is printed. */
    const printed = (pattern, name = "stderr") => {
      const there = new Promise((resolve) => {
        const look = () => pattern.test(output[name]) && waiting.delete(look) | resolve(pattern.exec(output[name]));
        waiting.add(look);
        look();
      });
      const never = ended.then(({ stdout, stderr }) => assert.fail(`it ended without ${pattern}: ${stdout}${stderr}`));
      return Promise.race([there, never]);
    };
    return { child, output, ended, printed };
  }

  const run = (args, how) => start(args, how).ended;

  /** Runs a command that is to fail. */
  async function fails(args, code, exit, how) {
    const { code: ended, stdout, stderr } = await run(args, how);
    assert.deepEqual([ended, stdout], [exit, ""], `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, new RegExp(`^error: [^\\n]+ \\[${code}\\]\\n$`, "m"), args.join(" "));
    return stderr;
  }

  return { emulator, url: server.url, folder, project, home, key, keyFile, start, run, fails };
}

/** What a JWT says. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}
