// Options that users' tokens and logins have in common.
import { bare, customFetch, invalid, isFunction, isObject, isString, readOptions, TERMS } from "../options.js";
import { host } from "../core.js";
import { noted } from "../credential.js";

/** @typedef {import("../stores/index.d.ts").Store} Store */

/** Options that mean here what they mean for sessions. */
const SHARED = ["timeout", "endpoints", "allowedHosts", "universeDomain", customFetch];

/**
 * What was given, and of it what sessions have, too.
 *
 * @param {string} whose The function that it was given to
 * @param {unknown} options
 * @param {PropertyKey[]} own
 */
export function readShared(whose, options, own) {
  const given = bare(`what ${whose} takes`, options);
  /** @type {Record<PropertyKey, unknown>} */
  const common = Object.create(null);
  for (const name of Reflect.ownKeys(given)) {
    if (SHARED.includes(/** @type {any} */ (name))) common[name] = given[name];
    else if (!own.includes(name))
      throw invalid(`there is no option ${JSON.stringify(String(name))}, but ${[...own, ...SHARED].map(String).join(", ")}.`);
  }
  // No call of a session is made from here, but a base there has to be.
  return { given, config: readOptions("https://localhost", common) };
}

/**
 * The emulator, and what the core is to know, in its own form.
 *
 * @param {import("../options.js").Config} config
 * @param {Record<string, unknown>} facts
 */
export function told(config, facts) {
  const all = { ...facts };
  for (const name of TERMS) all[name] = config[/** @type {keyof import("../options.js").Config} */ (name)];
  const emulator = config.endpoints ?? host.env("CLOUD_RUN_AUTH_EMULATOR") ?? "";
  return [emulator, Object.entries(all).map(noted).join("")];
}

/** @param {any} store @returns {Store} */
export function readStore(store) {
  if (isObject(store) && isFunction(store.read) && isFunction(store.write)) return store;
  if (isObject(store) && isFunction(store.get) && isFunction(store.put) && isFunction(store.getWithMetadata))
    throw invalid(
      "the store is Workers KV, which cannot tell whether a record has changed: jobs would overwrite each other's tokens. Use a Durable Object, R2 or another store.",
    );
  throw invalid("the option store is no store with read and write.");
}

/** @param {unknown} value @returns {value is string[]} */
export const isWords = (value) => Array.isArray(value) && value.every((word) => isString(word) && /^[!-~]+$/.test(word));

/**
 * An OAuth client: its file's object or its text, as Google's console gives it, or its members.
 *
 * @param {any} [client] None: the one that the record names
 */
export function readClient(client) {
  if (client === undefined) return {};
  let read = client;
  try {
    if (isString(client)) read = JSON.parse(client);
  } catch {
    // Its own error would show what is in it.
  }
  const own = (/** @type {any} */ from, /** @type {string} */ name) =>
    isObject(from) && Object.hasOwn(from, name) ? from[name] : undefined;
  const inner = own(read, "web") ?? own(read, "installed") ?? read;
  const [client_id, client_secret, token_uri] = ["client_id", "client_secret", "token_uri"].map((name) => own(inner, name));
  if (!isWords([client_id, client_secret]) || !(token_uri === undefined || isWords([token_uri])))
    throw invalid("the option client is not an OAuth client: give the file of one, or { client_id, client_secret }.");
  return { client_id, client_secret, token_uri };
}
