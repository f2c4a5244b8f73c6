// What is sent, put together as curl does it.
import { readFile } from "node:fs/promises";
import { Failure, usage } from "../failure.js";

/** @type {Record<string, Record<string, string>>} */
const HEADERS = {
  form: { "content-type": "application/x-www-form-urlencoded" },
  json: { "content-type": "application/json", accept: "application/json" },
};
const DATA = ["data", "data-binary", "data-raw", "json"];

/**
 * @param {[flag: string, value: string][]} flags In their order
 * @returns {Promise<{ body?: Uint8Array<ArrayBuffer>, headers: Record<string, string> }>}
 */
export async function readBody(flags) {
  const given = flags.filter(([flag]) => DATA.includes(flag));
  if (given.length === 0) return { headers: {} };
  const json = given.filter(([flag]) => flag === "json").length;
  if (json > 0 && json < given.length) throw usage("give --json or --data, not both.");
  const parts = [];
  for (const [flag, value] of given) {
    // Parts of a form are apart; JSON may be split anywhere.
    if (parts.length > 0 && json === 0) parts.push(Buffer.from("&"));
    parts.push(await readPart(flag, value));
  }
  return { body: new Uint8Array(Buffer.concat(parts)), headers: json ? HEADERS.json : HEADERS.form };
}

/** @param {string} flag @param {string} value */
async function readPart(flag, value) {
  if (flag === "data-raw" || !value.startsWith("@")) return Buffer.from(value);
  const bytes = await (value === "@-" ? readInput() : readNamed(value.slice(1)));
  if (flag !== "data") return bytes;
  // A form has one line.
  return Buffer.from(bytes.filter((byte) => byte !== 0 && byte !== 10 && byte !== 13));
}

async function readInput() {
  const parts = [];
  for await (const part of process.stdin) parts.push(part);
  return Buffer.concat(parts);
}

/** @param {string} path */
async function readNamed(path) {
  try {
    return await readFile(path);
  } catch (/** @type {any} */ thrown) {
    throw new Failure("unreadable", `the file ${path} of the data cannot be read (${thrown.code ?? thrown.message}).`);
  }
}
