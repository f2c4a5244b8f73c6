#!/usr/bin/env node
import { readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createEmulator } from "./index.js";
import { HELP, introduction, requestLine } from "./lib/cli-text.js";
import { serve } from "./node.js";

/** @typedef {{ port: number, services: Map<string, string[]>, keyFile?: string, tokenUri?: string, quiet: boolean }} Settings */

// Marks the keys that this program made, and may therefore replace.
const PROJECT = "emulator-project";

/** What the user can put right: shown without a stack. */
class Complaint extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

try {
  const settings = readArguments();
  if (settings) await run(settings);
  else process.stdout.write(HELP);
} catch (error) {
  if (!(error instanceof Complaint)) throw error;
  process.stderr.write(`cloud-run-auth-emulator: ${error.message}\n`);
  process.exitCode = error.exitCode;
}

/** @param {Settings} settings */
async function run({ port, services, keyFile, tokenUri, quiet }) {
  // A reader that has gone, such as head(1), is no reason to stop serving.
  process.stdout.on("error", () => {});
  const colour = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  const emulator = createEmulator({
    onRequest: quiet ? undefined : (entry) => process.stdout.write(`${requestLine(entry, colour)}\n`),
  });
  for (const [name, audiences] of services) addService(emulator, name, audiences);

  const server = await serve(emulator, { port }).catch((error) => {
    throw error.code === "EADDRINUSE" || error.code === "EACCES" ? new Complaint(portTrouble(port, error.code), 1) : error;
  });
  let stopping = false;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void server.close();
    });
  }

  try {
    if (keyFile) await writeKey(emulator, keyFile, tokenUri);
  } catch (error) {
    await server.close();
    throw error;
  }
  const path = keyFile && resolve(keyFile);
  process.stdout.write(quiet ? `${server.url}\n` : introduction({ url: server.url, services: [...services.keys()], keyFile: path }));
}

/** @returns {Settings | undefined} undefined where help is wanted */
function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        port: { type: "string", default: "8085" },
        service: { type: "string", multiple: true, default: ["hello"] },
        "key-file": { type: "string" },
        "token-uri": { type: "string" },
        quiet: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    throw usage(/** @type {Error} */ (error).message);
  }
  if (values.help) return undefined;

  const port = Number(values.port);
  if (!/^\d+$/.test(values.port ?? "") || port > 65535) throw usage(`--port must be a number from 0 to 65535, not ${values.port}`);
  /** @type {Map<string, string[]>} */
  const services = new Map();
  for (const text of values.service ?? []) {
    const [, name, audience] = /^([^=]*)=?(.*)$/s.exec(text) ?? [];
    services.set(name, [...(services.get(name) ?? []), ...(audience ? [audience] : [])]);
  }
  return { port, services, keyFile: values["key-file"], tokenUri: values["token-uri"], quiet: values.quiet ?? false };
}

/**
 * @param {import("./index.js").Emulator} emulator
 * @param {string} name
 * @param {string[]} audiences
 */
function addService(emulator, name, audiences) {
  try {
    emulator.addService(name, { audiences });
  } catch (error) {
    throw usage(`--service ${name}: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {import("./index.js").Emulator} emulator
 * @param {string} path
 * @param {string} [tokenUri]
 */
async function writeKey(emulator, path, tokenUri) {
  const key = await emulator.createServiceAccountKey({ projectId: PROJECT, tokenUri });
  try {
    // A key of Google's own must not be lost to a slip of the keyboard.
    if (await isForeign(path)) throw new Complaint(`${path} is there already, and is no key of an emulator: it is left alone`, 1);
    // A new file, since an old one would keep its mode.
    await rm(path, { force: true });
    await writeFile(path, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw error instanceof Complaint ? error : new Complaint(`cannot write ${path}: ${/** @type {Error} */ (error).message}`, 1);
  }
}

/** @param {string} path */
async function isForeign(path) {
  let text;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT";
  }
  try {
    return JSON.parse(text).project_id !== PROJECT;
  } catch {
    return true;
  }
}

/**
 * @param {number} port
 * @param {string} code
 */
function portTrouble(port, code) {
  const trouble = code === "EADDRINUSE" ? "is taken" : "may not be used by this user";
  return `port ${port} ${trouble}; choose another with --port, or any free one with --port 0`;
}

/** @param {string} message */
function usage(message) {
  return new Complaint(`${message}\nTry cloud-run-auth-emulator --help`, 2);
}
