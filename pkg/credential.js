// The credentials of sessions, as the core knows them: by numbers.
import { ask, epoch, host } from "./core.js";
import { isFunction, isString, TERMS } from "./options.js";

/** @typedef {import("./options.js").Config} Config */

/** What tells one credential function from another. @type {WeakMap<Function, number>} */
const functions = new WeakMap();
let functionCount = 1;

/** The refresh tokens that came in place of those in credentials' texts: without them a text may be void. @type {Map<string, string>} */
export const rotations = new Map();

/**
 * The number that the core has for a session's credential: asked for once, because reading a key takes a while.
 *
 * @param {Config} config
 * @param {boolean} renew Whether its key was lost
 */
export function register(config, renew) {
  const { credential, known } = config;
  const emulator = config.endpoints ?? host.env("CLOUD_RUN_AUTH_EMULATOR");
  const file = credential ? "" : host.env("GOOGLE_APPLICATION_CREDENTIALS");
  const core = `${epoch} ${emulator} ${file}`;
  if (!renew && known?.[0] === core) return known[1];
  /** @type {Record<string, unknown>} */
  const terms = { file, lacks: host.lacks, function: isString(credential) ? "" : credential };
  for (const name of TERMS) terms[name] = config[/** @type {keyof Config} */ (name)];
  const facts = Object.entries(terms).map(noted).join("");
  // An empty text is a file, too, and a bad one.
  const [answer] = ask(
    "c",
    renew,
    emulator,
    facts,
    rotations.get(/** @type {string} */ (credential)),
    isString(credential) ? credential || " " : "",
  );
  config.known = [core, +answer, epoch];
  return +answer;
}

/**
 * Lets the core wipe what it knows of a session's credential, once no call waits for it. Other sessions of the same will tell it anew.
 *
 * @param {Config} config
 */
export function forget(config) {
  config.forgotten = true;
  if (config.known?.[2] === epoch) ask("d", config.known[1]);
}

/** @param {Function} given */
function numberOf(given) {
  const number = functions.get(given) ?? functionCount++;
  functions.set(given, number);
  return number;
}

/** As many entries are kept at most as the core keeps credentials. @template V @param {Map<string, V>} map @param {string} key @param {V} value */
export function keepAmong(map, key, value) {
  map.set(key, value);
  if (map.size > 1000) map.delete(map.keys().next().value ?? "");
}

/** A fact in the core's own form; of a function, its number. @param {[name: string, value?: unknown]} fact */
export function noted([name, value = ""]) {
  return `\x01${name}\x02${String(isFunction(value) ? numberOf(/** @type {Function} */ (value)) : value).replace(/[\0-\x1f\x7f]/g, "")}`;
}
