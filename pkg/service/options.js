// What createTokenService takes, checked at once.
import { host } from "../core.js";
import { bare, customFetch, invalid, isFunction, isObject, isString, readOptions } from "../options.js";
import { isWords, readStore } from "../user/options.js";

/** Of the service's own; what is left is a session's, which gets Google's tokens. */
const OWN = [
  ...["issuer", "policy", "secrets", "store", "audiences", "accessTokenLifetime", "loginLifetime", "keyLifetime"],
  ...["metrics", "metadata", "assets", "log", "login", "answerWithin"],
];
const SHARED = ["credential", "endpoints", "allowedHosts", "universeDomain", "timeout", "retry", "waitUntil", customFetch];

/**
 * @typedef {object} Wanted
 * @property {Record<string, unknown>} settings As the core takes them
 * @property {string} policy
 * @property {string[]} secrets
 * @property {import("../stores/index.d.ts").Store} store
 * @property {((line: Record<string, unknown>) => void) | undefined} log
 * @property {number} answerWithin
 * @property {import("../login.d.ts").Login | undefined} login
 * @property {import("../options.js").Config} config Of the session
 */

/** @param {unknown} options @returns {Wanted} */
export function readService(options) {
  const given = bare("what createTokenService takes", options);
  /** @type {Record<PropertyKey, unknown>} */
  const session = Object.create(null);
  for (const name of Reflect.ownKeys(given)) {
    if (SHARED.includes(/** @type {any} */ (name))) session[name] = given[name];
    else if (!OWN.includes(/** @type {string} */ (name)))
      throw invalid(`there is no option ${JSON.stringify(String(name))}, but ${[...OWN, ...SHARED].map(String).join(", ")}.`);
  }
  const { issuer, policy, secrets, audiences = [], assets = "", log = usualLog, answerWithin = 30_000 } = given;
  const { metrics = "loopback", metadata = "off", login } = given;
  if (!isString(policy)) throw invalid("the option policy is no text: give what is in the policy's file.");
  if (!isWords(secrets) || !secrets.length || secrets.some((secret) => secret.length < 32))
    throw invalid(
      "the option secrets is not an array of texts of 32 characters or more. There is no default. Make one: openssl rand -base64 32",
    );
  if (!isWords(audiences)) throw invalid("the option audiences is not an array of texts.");
  if (!isString(assets) || !/^[!-~]*$/.test(assets) || /["'<>;,]/.test(assets)) throw invalid("the option assets is no path or URL.");
  if (login !== undefined && !(isObject(login) && ["start", "callback", "getUser", "logout"].every((name) => isFunction(login[name]))))
    throw invalid("the option login is not what createLogin gives.");
  if (log !== false && !isFunction(log)) throw invalid("the option log is neither a function nor false.");
  if (!(Number.isFinite(answerWithin) && answerWithin > 0)) throw invalid("the option answerWithin is not milliseconds above 0.");
  if (!["loopback", "open", "off"].includes(metrics)) throw invalid('the option metrics is not "loopback", "open" or "off".');
  if (!["loopback", "open", "off"].includes(metadata)) throw invalid('the option metadata is not "off", "loopback" or "open".');
  const config = readOptions("https://localhost", session);
  return {
    settings: {
      issuer: readIssuer(issuer),
      audiences: audiences.join(" "),
      ...seconds("access_ttl_s", "accessTokenLifetime", given),
      ...seconds("refresh_ttl_s", "loginLifetime", given),
      ...seconds("rotate_after_s", "keyLifetime", given),
      ...{ metrics, metadata, assets },
      emulator: config.endpoints ?? host.env("CLOUD_RUN_AUTH_EMULATOR") ?? "",
    },
    ...{ policy, secrets, answerWithin, config, login },
    store: readStore(given.store),
    log: log || undefined,
  };
}

/** @param {Record<string, unknown>} line */
function usualLog(line) {
  console.log(JSON.stringify(line));
}

/** @param {unknown} issuer */
function readIssuer(issuer) {
  const text = issuer instanceof URL ? issuer.href : issuer;
  if (!isString(text) || !URL.canParse(text)) throw invalid("the option issuer is no URL: give the one that callers know the service by.");
  return text.replace(/\/$/, "");
}

/** A time in the core's seconds, if it is given. @param {string} name @param {string} option @param {Record<PropertyKey, any>} given */
function seconds(name, option, given) {
  const ms = given[option];
  if (ms === undefined) return {};
  if (!Number.isFinite(ms) || ms < 1000) throw invalid(`the option ${option} is no number of 1000 ms or more.`);
  return { [name]: Math.floor(ms / 1000) };
}

/** @param {unknown} info What a server knows of a connection @returns {string} */
export function peerOf(info) {
  if (!isObject(info)) return "";
  const { peer, remoteAddr } = /** @type {any} */ (info);
  // Deno tells its handlers so. What all objects were made to have is said of no connection.
  const text = Object.hasOwn(/** @type {object} */ (info), "peer") ? peer : remoteAddr?.hostname;
  return isString(text) ? text : "";
}
