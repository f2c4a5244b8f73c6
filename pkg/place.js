// Where a session's calls go. The core reads URLs more strictly than the runtime does; where a call's URL is not
// plain, both have to agree.
import { ask, checkPath } from "./core.js";
import { AuthError } from "./errors.js";

/** @typedef {import("./options.js").Config} Config */

/**
 * @typedef {object} Place
 * @property {string} itself What an empty path means
 * @property {string} prefix What paths are appended to
 * @property {string} origin
 * @property {string} path The base path, without a slash at its end
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
  if (url.href !== href || url.origin !== origin)
    throw new AuthError(
      "invalid_base_url",
      `the base URL is read as ${href} here and as ${url.href} by this runtime. Write it so that both agree.`,
    );
  return { itself, prefix, origin, path: prefix.slice(origin.length), query: url.search, audience };
}

/**
 * The URL that a path means.
 *
 * @param {Config} config
 * @param {Place} place
 * @param {string} input
 * @returns {string}
 */
export function below(config, place, input) {
  if (typeof input !== "string") throw new AuthError("invalid_path", "the path is not a string. To call an absolute URL, use fetch().");
  if (config.joinUrl) return joined(config.joinUrl, config, place, input);
  const verdict = checkPath(input);
  if (verdict > 1) ask("p", input);
  const url = joinedPlain(place, input);
  return verdict === 0 ? url : agreed(place, url);
}

/**
 * @param {{ prefix: string, itself: string, query: string }} place
 * @param {string} input
 * @returns {string}
 */
function joinedPlain({ prefix, itself, query }, input) {
  const first = input.charCodeAt(0);
  const mark = input.indexOf("?");
  if (query && mark > 0) return `${joinedPlain({ prefix, itself, query }, input.slice(0, mark))}&${input.slice(mark + 1)}`;
  if (input === "" || first === 63 /* ? */) return itself + (query ? input.replace("?", "&") : input);
  return (first === 47 /* / */ ? prefix : `${prefix}/`) + input + query;
}

/**
 * An absolute URL that lies within the session, as the runtime writes it.
 *
 * @param {Config} config
 * @param {string | URL} url
 * @returns {string}
 */
export function within(config, url) {
  const { href } = url instanceof URL ? url : parse(url);
  ask("b", config.insecure, config.base, href);
  return href;
}

/**
 * @param {Place} place
 * @param {string} url
 */
function agreed(place, url) {
  const { origin, pathname, href } = parse(url);
  if (origin === place.origin && (pathname === place.path || pathname.startsWith(`${place.path}/`))) return href;
  throw new AuthError(
    "invalid_path",
    "the path is not below the base URL as this runtime reads it. Percent-encode what is unusual in it. Nothing was sent.",
  );
}

/**
 * @param {NonNullable<Config["joinUrl"]>} join
 * @param {Config} config
 * @param {Place} place
 * @param {string} input
 */
function joined(join, config, place, input) {
  const url = parse(String(join(new URL(config.base), input)));
  if (url.origin !== place.origin || url.username || url.password || url.hash) {
    throw new AuthError(
      "invalid_path",
      "joinUrl gave a URL with another origin than the base URL's, with userinfo or with a fragment. Credentials do not leave the origin; nothing was sent.",
    );
  }
  return url.href;
}

/** @param {string} url */
function parse(url) {
  if (typeof url === "string" && URL.canParse(url) && !/[\\\s\x00-\x1f\x7f]/.test(url)) return new URL(url);
  throw new AuthError(
    "invalid_path",
    "what was given is not an absolute URL that every parser reads alike: it has a backslash, white space or a control character, or is none. Nothing was sent.",
  );
}
