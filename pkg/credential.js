// The credentials of sessions, as the core knows them: by numbers.
import { ask, epoch, host } from "./core.js";
import { isString } from "./options.js";

/** @typedef {import("./options.js").Config} Config */

/** What tells one credential function from another. @type {WeakMap<Function, number>} */
const functions = new WeakMap();
let functionCount = 1;

/** Whom to trust beside Google's own, and the emulator. @param {Config} config */
export function hosts({ allowedHosts, endpoints }) {
  return [allowedHosts, endpoints ?? host.env("CLOUD_RUN_AUTH_EMULATOR")];
}

/**
 * The number that the core has for a session's own credential: asked for once, because reading a key takes a while.
 *
 * @param {Config} config
 * @param {boolean} renew Whether its key was lost
 */
export function register(config, renew) {
  const { credential, known } = config;
  const trusted = hosts(config);
  const core = `${epoch} ${trusted[1]}`;
  if (!renew && known?.[0] === core) return known[1];
  const [answer] = ask(
    "c",
    renew,
    ...trusted,
    ...(isString(credential) ? [0, credential] : [numberOf(/** @type {Function} */ (credential))]),
  );
  config.known = [core, +answer];
  return +answer;
}

/** @param {Function} credential */
function numberOf(credential) {
  const number = functions.get(credential) ?? functionCount++;
  functions.set(credential, number);
  return number;
}
