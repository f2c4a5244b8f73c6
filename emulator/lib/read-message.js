import { ApiError } from "./api-error.js";
import { readText } from "./read-text.js";

const MAX_BODY = 1 << 20;

/** @typedef {"string" | "boolean" | "strings"} Kind */

/**
 * A request's message in the JSON form of protocol buffers: names in camel or snake case, unknown ones refused, absent ones with
 * their empty value.
 *
 * @param {Request} request
 * @param {Record<string, Kind>} fields
 * @returns {Promise<Record<string, any>>}
 */
export async function readMessage(request, fields) {
  const text = await readText(request, MAX_BODY);
  if (text === undefined) throw new ApiError(400, "Request payload size exceeds the limit.");
  /** @type {unknown} */
  let value;
  try {
    value = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw invalid("Parsing failed.");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw invalid("Root element must be a message.");

  /** @type {Record<string, any>} */
  const message = Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, emptyOf(kind)]));
  for (const [key, given] of Object.entries(value)) {
    const name = key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
    if (!Object.hasOwn(fields, name)) throw invalid(`Unknown name "${key}": Cannot find field.`);
    if (given === null) continue;
    if (!fits(given, fields[name])) throw invalid(`Invalid value at '${key}' (${fields[name]}).`);
    message[name] = given;
  }
  return message;
}

/** @param {Kind} kind */
function emptyOf(kind) {
  return kind === "string" ? "" : kind === "boolean" ? false : [];
}

/**
 * @param {unknown} value
 * @param {Kind} kind
 */
function fits(value, kind) {
  if (kind === "strings") return Array.isArray(value) && value.every((item) => typeof item === "string");
  return typeof value === kind;
}

/** @param {string} trouble */
function invalid(trouble) {
  return new ApiError(400, `Invalid JSON payload received. ${trouble}`);
}
