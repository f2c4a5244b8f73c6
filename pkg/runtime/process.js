// What runtimes with Node's modules can do beside files: run programs, and show client certificates. What is large is loaded at first use.

import { readFileSync } from "node:fs";

/**
 * @param {string[]} words
 * @param {string[]} variables
 * @param {number} timeout
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
export async function run([program, ...words], variables, timeout, signal) {
  const { execFile } = await import("node:child_process");
  signal.throwIfAborted();
  const env = { ...process.env, ...Object.fromEntries(variables.map((variable) => variable.split(/=(.*)/s))) };
  // There gcloud is a script.
  const shell = program === "gcloud" && process.platform === "win32";
  return new Promise((resolve, reject) => {
    // Of the option `signal` Node makes a SIGTERM, which a program may not heed.
    const killSignal = "SIGKILL";
    const child = execFile(program, words, { env, timeout, shell, killSignal }, (error, printed) =>
      error ? reject(error) : resolve(printed),
    );
    signal.addEventListener("abort", () => child.kill(killSignal));
  });
}

/**
 * @param {string[]} certificate The files of the certificate and of its key
 * @param {string} url
 * @param {any} init
 * @returns {Promise<Response>}
 */
export async function fetchWith([cert, key], url, { body, ...init }) {
  const { request } = await import("node:https");
  const options = { ...init, headers: Object.fromEntries(init.headers), cert: readFileSync(cert), key: readFileSync(key) };
  /** @type {import("node:http").IncomingMessage} */
  const answer = await new Promise((resolve, reject) => request(url, options, resolve).on("error", reject).end(body));
  return new Response(/** @type {any} */ (answer), {
    status: answer.statusCode,
    headers: /** @type {any} */ (Object.entries(answer.headers)),
  });
}
