// The environment that the service is to run in: the process's own, and beneath it what .env says.
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { Failure, usage } from "../failure.js";

/**
 * @param {string | undefined} path None: `.env`, if there is one
 * @returns {Record<string, string | undefined>}
 */
export function environment(path) {
  const file = path ?? ".env";
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (/** @type {any} */ thrown) {
    if (path === undefined && thrown.code === "ENOENT") return process.env;
    throw new Failure("unreadable", `the file ${file} of the environment cannot be read (${thrown.code ?? thrown.message}).`);
  }
  return { ...parseEnv(text), ...process.env };
}

/** A file that a setting names. @param {string} path */
export function readNamed(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (/** @type {any} */ thrown) {
    throw usage(`the file ${path} cannot be read (${thrown.code ?? thrown.message}).`);
  }
}
