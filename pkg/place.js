// Where a session's calls go. The core reads URLs more strictly than the runtime does; where a call's URL is not
// plain, both have to agree.
import { ask } from "./core.js";
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
  const [href, itself, audience] = ask("b", insecure, base);
  const url = new URL(base);
  if (url.href !== href) throw invalidBase(`is read as ${href} here, and as ${url.href} by this runtime`);
  const { origin, search } = url;
  return { itself, prefix: itself.replace(search, "").replace(/\/+$/, ""), origin, query: search, audience };
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
  const [careful] = ask("p", input);
  const url = joined(place, input);
  return careful === "0" ? url : agreed(place, url);
}

/**
 * A URL as the runtime reads it, where that lies below the base.
 *
 * @param {Place} place
 * @param {string | URL} url
 */
function agreed({ prefix }, url) {
  const { href } = parse(url);
  if (`${href}/`.startsWith(`${prefix}/`) || href.startsWith(`${prefix}?`)) return href;
  throw refused("the URL is not below the base URL as this runtime reads it. Percent-encode what is unusual in it.");
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
 * @param {Place} place
 * @param {string | URL} url
 * @returns {string}
 */
export function absolute(place, url) {
  const href = agreed(place, url);
  // What the runtime left in it may still climb behind a server that decodes once more. The point keeps a slash from being two.
  ask("p", `.${href.slice(place.prefix.length)}`);
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
