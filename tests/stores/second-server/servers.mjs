// The two servers: the emulator, and fake-gcs-server, which other people wrote, in another language.
import { spawn } from "node:child_process";
import { createEmulator } from "../../../emulator/index.js";
import { serve } from "../../../emulator/node.js";
import { createSession } from "../../../pkg/runtime/node.js";
import { freePort } from "../lib/port.mjs";

export const BUCKET = "compared";

/** Long enough for a busy machine. */
const START = 30_000;

/** @typedef {{ send(path: string, init?: RequestInit): Promise<Response>, close(): Promise<void> | void }} Server */

/** @returns {Promise<Server>} */
export async function emulator() {
  const emulator = createEmulator();
  // The other server has no such limit.
  emulator.addBucket(BUCKET, { limitWrites: false });
  const server = await serve(emulator);
  const scopes = ["https://www.googleapis.com/auth/devstorage.read_write"];
  const credential = await emulator.createServiceAccountKey();
  const session = createSession(server.url, { credential, scopes, endpoints: server.url, retry: false });
  const headers = await session.authorizationHeaders();
  return {
    send: (path, init = {}) => fetch(server.url + path, { ...init, headers: { ...init.headers, ...headers } }),
    close: server.close,
  };
}

/**
 * @param {string} program
 * @returns {Promise<Server>}
 */
export async function fakeGcsServer(program) {
  const server = await started(program, (port) => {
    const where = ["-host", "127.0.0.1", "-port", port, "-external-url", `http://127.0.0.1:${port}`, "-public-host", `127.0.0.1:${port}`];
    return ["-scheme", "http", "-backend", "memory", ...where];
  });
  const headers = { "content-type": "application/json" };
  await server.send("/storage/v1/b?project=p", { method: "POST", headers, body: JSON.stringify({ name: BUCKET }) });
  return server;
}

/**
 * A third one, which heeds no preconditions.
 *
 * @param {string} python
 */
export const storageEmulator = (python) =>
  started(python, (port) => [
    "-m",
    "gcp_storage_emulator",
    "start",
    "--host",
    "127.0.0.1",
    "--port",
    port,
    "--in-memory",
    "--quiet",
    "--default-bucket",
    BUCKET,
  ]);

/**
 * @param {string} program
 * @param {(port: string) => string[]} words
 */
async function started(program, words) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(program, words(String(port)), { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said = (said + text).slice(-2000)));
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.once("error", (error) => (said += error.message));
  try {
    await answers(url, () => child.exitCode !== null || child.pid === undefined);
  } catch {
    child.kill();
    throw new Error(`${program} did not start:\n${said}`);
  }
  return {
    url,
    /** @param {string} path @param {RequestInit} [init] */
    send: (path, init) => fetch(url + path, init),
    async close() {
      child.kill();
      await ended;
    },
  };
}

/** @param {string} url @param {() => boolean} isOver */
async function answers(url, isOver) {
  for (const end = Date.now() + START; Date.now() < end && !isOver();) {
    try {
      return await fetch(`${url}/storage/v1/b?project=p`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error("no answer");
}
