// Where a session's calls go. The core reads URLs more strictly than the runtime does; where a call's URL is not
// plain, both have to agree.
import { ask, isPlain } from "./core.js";
import { AuthError } from "./errors.js";
import { invalidBase, isString } from "./options.js";

/** @typedef {import("./options.js").Config} Config */

/**
 * What an empty path means, what paths are appended to (the base without query, and without a slash at its end), and the query
 * with its question mark.
 *
 * @typedef {[itself: string, prefix: string, query: string]} Place
 */

/**
 * The place, and the audience that goes with it.
 *
 * @param {Config} config
 * @returns {[Place, string]}
 */
export function findPlace({ base, insecure }) {
  const [core, itself, audience] = ask("b", insecure, base);
  const { href } = new URL(base);
  if (href !== core) throw invalidBase(`is read as ${core} here, and as ${href} by this runtime`);
  // Not the URL's search, which is empty where there is nothing but a question mark.
  const [path] = itself.split("?");
  return [[itself, path.replace(/\/+$/, ""), itself.slice(path.length)], audience];
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
  if (!isString(input)) throw refused("the path is not a text. For an absolute URL use fetch().");
  if (joinUrl) {
    const home = new URL(base);
    // With userinfo it would begin otherwise.
    const start = `${home.origin}/`;
    const href = parse(joinUrl(home, input));
    if (href.startsWith(start) && !href.includes("#")) return href;
    throw refused("joinUrl gave a URL with another origin, userinfo or a fragment.");
  }
  const plain = isPlain(input);
  const url = joined(place, input);
  return plain ? url : agreed(place, url);
}

/**
 * A URL as the runtime reads it, where that lies below the base.
 *
 * @param {Place} place
 * @param {string | URL} url
 */
function agreed([, prefix], url) {
  const href = parse(url);
  if (`${href}/`.startsWith(`${prefix}/`) || href.startsWith(`${prefix}?`)) return href;
  throw refused("the URL is not below the base URL as this runtime reads it. Percent-encode what is unusual.");
}

/**
 * @param {Place} place
 * @param {string} input
 */
function joined([itself, prefix, query], input) {
  const [, path, mark, more] = /** @type {string[]} */ (/^([^?]*)(\??)(.*)/s.exec(input));
  const url = path ? prefix + path.replace(/^\/?/, "/") + query : itself;
  // The base's own query comes first.
  return url + (mark && query ? "&" : mark) + more;
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
  isPlain(`.${href.slice(place[1].length)}`);
  return href;
}

/** As the runtime writes it: parsers do not agree on backslashes, and leave tabs and line breaks out. @param {string | URL} given */
function parse(given) {
  const url = String(given);
  if (URL.canParse(url) && !/[\\\x00-\x1f\x7f]/.test(url)) return new URL(url).href;
  throw refused("the URL is not absolute, or has a backslash or a control character.");
}

/** @param {string} why */
function refused(why) {
  return new AuthError("invalid_path", `${why} Nothing was sent.`);
}
