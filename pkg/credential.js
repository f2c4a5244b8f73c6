// The credentials of sessions, as the core knows them: by numbers.
import { ask, epoch, host } from "./core.js";
import { isString } from "./options.js";

/** @typedef {import("./options.js").Config} Config */

/** What tells one credential function from another. @type {WeakMap<Function, number>} */
const functions = new WeakMap();
let functionCount = 1;

/** The refresh tokens that came in place of those in credentials' texts: without them a text may be void. @type {Map<unknown, string>} */
export const rotations = new Map();

/** What the core is told of a credential, beside its file. */
const TERMS = [
  "allowed",
  "universeDomain",
  "subject",
  "credentialType",
  "selfSigned",
  "userIdTokens",
  "subjectToken",
  "file",
  "function",
  "gcloud",
  "lacks",
];

/**
 * The number that the core has for a session's credential: asked for once, because reading a key takes a while.
 *
 * @param {Config} config
 * @param {boolean} renew Whether its key was lost
 */
export function register(config, renew) {
  const { credential, known, subjectToken } = config;
  const emulator = config.endpoints ?? host.env("CLOUD_RUN_AUTH_EMULATOR");
  const file = credential ? "" : host.env("GOOGLE_APPLICATION_CREDENTIALS");
  const core = `${epoch} ${emulator} ${file}`;
  if (!renew && known?.[0] === core) return known[1];
  /** @type {any} */
  const terms = {
    ...config,
    file,
    function: isString(credential) ? "" : numberOf(credential),
    subjectToken: isString(subjectToken) ? subjectToken : numberOf(subjectToken),
    lacks: host.lacks,
  };
  const facts = TERMS.map((name) => noted(name, terms[name])).join("");
  // An empty text is a file, too, and a bad one.
  const [answer] = ask("c", renew, emulator, facts, rotations.get(credential), isString(credential) ? credential || " " : "");
  config.known = [core, +answer, epoch];
  return +answer;
}

/** Lets the core wipe what it knows of a session's credential. Other sessions of the same will tell it anew. @param {Config} config */
export function forget({ known }) {
  if (known?.[2] === epoch) ask("d", known[1]);
}

/** The number of a function; nothing where there is none. @param {any} given */
function numberOf(given) {
  if (!given) return "";
  const number = functions.get(given) ?? functionCount++;
  functions.set(given, number);
  return number;
}

/** A fact in the core's own form. @param {string} name @param {unknown} [value] */
export function noted(name, value = "") {
  return `\x01${name}\x02${String(value).replace(/[\0-\x1f\x7f]/g, "")}`;
}
