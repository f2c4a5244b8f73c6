// What createIdTokenVerifier takes, checked at once.
import { host } from "../core.js";
import { bare, checked, customFetch, invalid, isString } from "../options.js";
import { isWords } from "../user/options.js";

const OWN = ["audience", "issuer", "jwksUri", "email", "hd", "azp", "clockTolerance", "maxTokenAge", "timeout", "endpoints"];

/**
 * @typedef {object} Wanted
 * @property {import("../stateless.js").Field[]} fields As the core takes them
 * @property {string} header Which header of a request holds the token
 * @property {number | false} timeout
 * @property {import("../options.js").Config} config What the keys are fetched with
 */

/**
 * @param {unknown} options
 * @returns {Wanted}
 */
export function readVerifier(options) {
  const given = bare("what createIdTokenVerifier takes", options);
  for (const name of Reflect.ownKeys(given))
    if (name !== customFetch && !OWN.includes(/** @type {string} */ (name)))
      throw invalid(`there is no option ${JSON.stringify(String(name))}, but ${OWN.join(", ")}.`);
  const { issuer = "google", jwksUri = "", clockTolerance = 10_000, maxTokenAge = 86_400_000, timeout = 10_000 } = given;
  if (given.audience === undefined)
    throw invalid("the option audience is missing: give the URL of this service, or whatever else its callers' tokens are for.");
  if (!isString(issuer) || !isWords([issuer])) throw invalid('the option issuer is not "google", "iap" or a URL.');
  if (!isString(jwksUri)) throw invalid("the option jwksUri is no URL.");
  for (const [name, value] of Object.entries({ clockTolerance, maxTokenAge }))
    if (!Number.isFinite(value) || value < 0) throw invalid(`the option ${name} is not milliseconds.`);
  const emulator = checked("endpoints", given.endpoints) ?? host.env("CLOUD_RUN_AUTH_EMULATOR") ?? "";
  return {
    fields: [
      ...[String(emulator), issuer, jwksUri],
      ...["audience", "email", "hd", "azp"].map((name) => words(name, given[name])),
      ...[clockTolerance / 1000, Math.ceil(maxTokenAge / 1000)],
    ],
    header: issuer === "iap" ? "x-goog-iap-jwt-assertion" : "authorization",
    timeout: checked("timeout", timeout),
    config: /** @type {any} */ ({ fetch: checked(customFetch, given[customFetch]) }),
  };
}

/**
 * One text or several, each of visible ASCII.
 *
 * @param {string} name
 * @param {unknown} given
 */
function words(name, given) {
  if (given === undefined) return "";
  const all = isString(given) ? [given] : given;
  if (!isWords(all) || all.length === 0)
    throw invalid(`the option ${name} is neither visible ASCII text without spaces nor an array of such.`);
  return all.join(" ");
}
