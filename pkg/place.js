// Where a session's calls go. The core reads URLs more strictly than the runtime does; where a call's URL is not
// plain, both have to agree.
import { ask, checkPath } from "./core.js";
import { AuthError } from "./errors.js";
import { invalidBase, isString } from "./options.js";

/** @typedef {import("./options.js").Config} Config */

/**
 * @typedef {object} Place
 * @property {string} itself What an empty path means
 * @property {string} prefix What paths are appended to: the base without query, and without a slash at its end
 * @property {string} origin
 * @property {string} query With its question mark
 * @property {string} audience
 */

/**
 * @param {Config} config
 * @returns {Place}
 */
export function findPlace({ base, insecure }) {
  const [href, prefix, origin, audience, itself] = ask("b", insecure, base, "");
  const url = new URL(base);
  if (url.href !== href || url.origin !== origin) throw invalidBase(`is read as ${href} here, and as ${url.href} by this runtime`);
  return { itself, prefix, origin, query: url.search, audience };
}

/**
 * The URL that a path means.
 *
 * @param {Config} config
 * @param {Place} place
 * @param {string} input
 * @returns {string}
 */
export function below({ joinUrl, base }, place, input) {
  if (!isString(input)) throw refused("the path is not a string. To call an absolute URL, use fetch().");
  if (joinUrl) {
    const { href } = parse(joinUrl(new URL(base), input));
    // With userinfo it would begin otherwise.
    if (href.startsWith(`${place.origin}/`) && !href.includes("#")) return href;
    throw refused("joinUrl gave a URL with another origin than the base URL's, with userinfo or a fragment.");
  }
  const verdict = checkPath(input);
  if (verdict > 1) ask("p", input);
  const url = joined(place, input);
  if (verdict === 0) return url;
  const { href } = parse(url);
  const { prefix } = place;
  if (`${href}/`.startsWith(`${prefix}/`) || href.startsWith(`${prefix}?`)) return href;
  throw refused("the path is not below the base URL as this runtime reads it. Percent-encode what is unusual in it.");
}

/**
 * @param {Place} place
 * @param {string} input
 * @returns {string}
 */
function joined(place, input) {
  const { prefix, itself, query } = place;
  const mark = input.indexOf("?");
  // The base's own query comes first.
  if (query && mark >= 0) return `${joined(place, input.slice(0, mark))}&${input.slice(mark + 1)}`;
  if (input === "" || mark === 0) return itself + input;
  return (input.startsWith("/") ? prefix : `${prefix}/`) + input + query;
}

/**
 * An absolute URL that lies within the session, as the runtime writes it.
 *
 * @param {Config} config
 * @param {string | URL} url
 * @returns {string}
 */
export function absolute({ insecure, base }, url) {
  const { href } = parse(url);
  ask("b", insecure, base, href);
  return href;
}

/** What every parser reads alike: on some characters they do not agree. @param {string | URL} given */
function parse(given) {
  const url = String(given);
  if (URL.canParse(url) && !/[\\\s\x00-\x1f\x7f]/.test(url)) return new URL(url);
  throw refused("the input is no absolute URL, or has a backslash, white space or a control character.");
}

/** @param {string} why */
function refused(why) {
  return new AuthError("invalid_path", `${why} Nothing was sent.`);
}
