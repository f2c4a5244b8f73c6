// What callers may set, checked at once and alike on every runtime. Only own properties count, so that
// a polluted Object.prototype changes nothing.
import { AuthError } from "./errors.js";

export const customFetch = Symbol.for("cloud-run-auth.customFetch");
export const allowInsecureRequests = Symbol.for("cloud-run-auth.allowInsecureRequests");

/**
 * The options by their names, checked, and what they come to.
 *
 * @typedef {object} Config
 * @property {string} base
 * @property {string | import("./index.d.ts").CredentialFunction | undefined} credential The file's JSON text, or a function
 * @property {string | undefined} audience
 * @property {string[] | undefined} scopes
 * @property {string | undefined} subject
 * @property {string | undefined} universeDomain
 * @property {string | undefined} credentialType
 * @property {boolean | undefined} selfSigned
 * @property {boolean | undefined} userIdTokens
 * @property {"github" | "vercel" | Function | undefined} subjectToken
 * @property {((refreshToken: string) => unknown) | undefined} onRefreshToken
 * @property {string | undefined} [told] The refresh token that was handed on last
 * @property {boolean | undefined} gcloud
 * @property {string | undefined} quotaProject
 * @property {number | false} timeout
 * @property {Retry} retry
 * @property {string | undefined} userAgent
 * @property {HeadersInit | undefined} headers
 * @property {"authorization" | "x-serverless-authorization" | undefined} authorizationHeader
 * @property {boolean | undefined} keepAlive
 * @property {((base: URL, input: string) => string | URL) | undefined} joinUrl
 * @property {string | undefined} allowedHosts The hosts that are allowed, in lower case, with a space around each
 * @property {string | undefined} endpoints
 * @property {((promise: Promise<unknown>) => void) | undefined} waitUntil
 * @property {typeof fetch | undefined} fetch
 * @property {boolean} insecure
 * @property {boolean} [forgotten] Whether the session was disposed of
 * @property {[core: string, number: number, epoch: number]} [known] The number that one core, told of one emulator, has for the credential
 */

/**
 * How often and after how long what failed is tried again, in the order of the core's fields; and for which methods and after which
 * statuses requests are, each with a space around it.
 *
 * @typedef {{ given: object, times: number[], methods: string, statuses: string }} Retry
 */

/** @typedef {[is: (value: any) => unknown, what: string, code?: import("./errors.js").ErrorCode]} Kind */

/** @param {any} v @returns {v is string} */
export const isString = (v) => typeof v === "string";
/** @param {any} v */
export const isFunction = (v) => typeof v === "function";
/** @param {any} v */
export const isObject = (v) => typeof v === "object" && v !== null;

/** @param {any} v */
const isText = (v) => isString(v) && /^[!-~]([ -~]*[!-~])?$/.test(v);

/** @type {Kind} */
const text = [isText, "visible ASCII text"];
/** @type {Kind} */
const fn = [isFunction, "a function"];
/** @param {...unknown} all @returns {Kind} */
const oneOf = (...all) => [(v) => all.includes(v), all.join(" or ")];

const flag = oneOf(true, false);

/** What the core is told of a credential, beside its file. @type {Record<string, Kind>} */
const terms = {
  subject: text,
  universeDomain: text,
  credentialType: text,
  selfSigned: flag,
  userIdTokens: flag,
  subjectToken: [(v) => isFunction(v) || v === "github" || v === "vercel", '"github", "vercel" or a function'],
  gcloud: flag,
  allowedHosts: [
    (v) => Array.isArray(v) && v.every((host) => isString(host) && /^[\w.:[\]-]+$/.test(host)),
    'hosts, as ["sts.example.com"]',
  ],
};
export const TERMS = Object.keys(terms);

/** What each option may be. @type {Record<PropertyKey, Kind>} */
const kinds = {
  // @ts-expect-error: it is the prototype, and no option.
  __proto__: null,
  ...terms,
  credential: [(v) => isString(v) || isFunction(v) || (isObject(v) && !Array.isArray(v)), "JSON text, an object or a function"],
  audience: [isText, "visible ASCII text", "invalid_audience"],
  scopes: [(v) => Array.isArray(v) && v.length > 0 && v.every(isText), "an array of texts", "invalid_scope"],
  quotaProject: text,
  onRefreshToken: fn,
  timeout: [(v) => v === false || (Number.isFinite(v) && v > 0 && v <= 2147483647), "milliseconds above 0, or false"],
  retry: [(v) => v === false || isRetry(v), "false or RetryOptions"],
  userAgent: text,
  headers: [isObject, "what Headers takes"],
  authorizationHeader: oneOf("authorization", "x-serverless-authorization"),
  keepAlive: flag,
  joinUrl: fn,
  endpoints: [(v) => v instanceof URL || isText(v), 'an origin, as "http://localhost:8085"'],
  waitUntil: fn,
  [customFetch]: fn,
};

/**
 * @param {string | URL} base
 * @param {Record<PropertyKey, any>} options Without a prototype
 * @returns {Config}
 */
export function readOptions(base, options) {
  for (const name in options)
    if (!kinds[name]) throw invalid(`there is no option ${JSON.stringify(name)}, but ${Object.keys(kinds).join(", ")}.`);
  const insecure = options[allowInsecureRequests] === true;
  /** @type {any} */
  const config = { base: readBase(base, insecure), fetch: checked(customFetch, options[customFetch]), insecure };
  for (const name in kinds) config[name] = checked(name, options[name]);
  const { credential, headers, allowedHosts, endpoints } = config;
  if (config.audience && config.scopes) throw invalid("give audience for ID tokens or scopes for access tokens.");
  config.timeout ??= 120_000;
  config.retry = readRetry(config.retry);
  config.headers = headers && mergedHeaders(headers);
  config.allowedHosts = allowedHosts && ` ${allowedHosts.join(" ").toLowerCase()} `;
  config.universeDomain ??= "googleapis.com";
  if (endpoints instanceof URL) config.endpoints = endpoints.href;
  if (isObject(credential)) config.credential = stringify("credential", credential);
  return config;
}

/**
 * An option's value, if it may be that.
 *
 * @param {PropertyKey} name
 * @param {any} value
 */
export function checked(name, value) {
  const [is, what, code = "invalid_option"] = kinds[name];
  if (value === undefined || is(value)) return value;
  throw new AuthError(code, `the option ${String(name)} is not ${what}.`);
}

/** A whole number of 32 bits. @param {any} v */
const isCount = (v) => v >>> 0 === v;
/** @type {Record<string, (value: any) => unknown>} */
const retryKinds = {
  // @ts-expect-error: it is the prototype, and no option.
  __proto__: null,
  attempts: (v) => isCount(v) && v,
  delay: isCount,
  maxDelay: isCount,
  methods: (v) => Array.isArray(v) && v.every((method) => isString(method) && /^[\w-]+$/.test(method)),
  statuses: (v) => Array.isArray(v) && v.every(isCount),
};

/** @param {any} v */
const isRetry = (v) =>
  isObject(v) && !Array.isArray(v) && Object.entries(v).every(([name, value]) => value === undefined || retryKinds[name]?.(value));

/**
 * @param {any} given
 * @param {object} [sessions] What holds where nothing else is given
 * @returns {Retry}
 */
export function readRetry(given, sessions) {
  /** @type {any} */
  const all = { __proto__: null, ...sessions };
  for (const [name, value] of Object.entries(given || {})) if (value !== undefined) all[name] = value;
  const { attempts = 3, delay = 500, maxDelay = 30_000, methods, statuses } = all;
  /** @param {unknown[]} [words] */
  const listed = (words) => (words ? ` ${words.join(" ")} `.toUpperCase() : "");
  return { given: all, times: [given === false ? 1 : attempts, delay, maxDelay], methods: listed(methods), statuses: listed(statuses) };
}

/**
 * A copy without a prototype, of what has to be an object if it is given.
 *
 * @param {string} what
 * @param {any} [given]
 */
export function bare(what, given = {}) {
  if (!isObject(given)) throw invalid(`${what} is not an object.`);
  return { __proto__: null, ...given };
}

/** Each once and in order, as the core has them. @param {string[]} scopes */
export function sorted(scopes) {
  return [...new Set(scopes.join(" ").split(/ +/))].sort().join(" ");
}

/** @param {string} message */
export function invalid(message) {
  return new AuthError("invalid_option", message);
}

/**
 * A base URL that the runtime's own parser reads as it was typed: whatever it would mend is refused.
 *
 * @param {string | URL} base
 * @param {boolean} insecure
 */
function readBase(base, insecure) {
  const typed = base instanceof URL ? base.href : base;
  const [, start, rest] = (isString(typed) && URL.canParse(typed) && /^(https?:\/\/[^/?#\\@]+)([^#\\]*)$/i.exec(typed)) || [];
  const { href, origin, pathname } = start ? new URL(typed) : /** @type {any} */ ({});
  // Capitals, a port that goes without saying and a slash that is left out are the only things that may be mended.
  if (
    !start ||
    ![origin, `${origin}:443`, `${origin}:80`].includes(start.toLowerCase()) ||
    ![origin + rest, `${origin}/${rest}`].includes(href) ||
    origin.includes("..") ||
    pathname.includes("//")
  )
    throw invalidBase("is no http or https URL as URL parsers write it, without userinfo and fragment");
  if (!insecure && !/^https|^http:\/\/(localhost|\[::1\]|127(\.\d+){3})(:|$)/.test(origin))
    throw invalidBase("is plain http to another machine");
  return typed;
}

/** @param {string} why */
export function invalidBase(why) {
  return new AuthError("invalid_base_url", `the base URL ${why}. Give it as https://my-service-abc.a.run.app.`);
}

/**
 * Headers of which the second replace the first by name.
 *
 * @param {HeadersInit} first
 * @param {HeadersInit} [second]
 */
export function mergedHeaders(first, second) {
  try {
    const headers = new Headers(first);
    if (second) for (const [name, value] of new Headers(second)) headers.set(name, value);
    return headers;
  } catch {
    // The runtime's own error would show the value, which may be a secret.
    throw invalid("the headers are not what Headers takes.");
  }
}

/**
 * @param {string} what
 * @param {any} value
 * @returns {string}
 */
export function stringify(what, value) {
  try {
    const text = JSON.stringify(value);
    if (text) return text;
  } catch {
    // Its own error would show what is in it.
  }
  throw new AuthError(what === "credential" ? "invalid_credential" : "invalid_option", `the ${what} is not plain JSON.`);
}
