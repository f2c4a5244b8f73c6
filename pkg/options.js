// What callers may set, checked at once and alike on every runtime. Only own properties count, so that
// a polluted Object.prototype changes nothing.
import { AuthError } from "./errors.js";

export const customFetch = Symbol.for("cloud-run-auth.customFetch");
export const allowInsecureRequests = Symbol.for("cloud-run-auth.allowInsecureRequests");

/**
 * @typedef {object} Config
 * @property {string} base
 * @property {string | undefined} credential The file's JSON text
 * @property {import("./index.d.ts").CredentialFunction | undefined} credentialFunction
 * @property {string | undefined} audience
 * @property {string | undefined} quotaProject
 * @property {number | false} timeout
 * @property {string | undefined} userAgent
 * @property {[string, string][] | undefined} headers
 * @property {"authorization" | "x-serverless-authorization" | undefined} authorizationHeader
 * @property {boolean} keepAlive
 * @property {((base: URL, input: string) => string | URL) | undefined} joinUrl
 * @property {string} allowedHosts
 * @property {string | undefined} emulator
 * @property {((promise: Promise<unknown>) => void) | undefined} waitUntil
 * @property {typeof fetch | undefined} fetch
 * @property {boolean} insecure
 * @property {{ number: number, epoch: number, emulator: string }} [known] The core's number for the credential
 */

/** @typedef {[is: (value: any) => boolean, what: string]} Kind */

/** @type {Kind} */
const text = [(v) => typeof v === "string" && /^[!-~]([ -~]*[!-~])?$/.test(v), "text of visible ASCII characters"];
/** @type {Kind} */
const fn = [(v) => typeof v === "function", "a function"];

/** What each option may be. @type {Record<string, Kind>} */
const kinds = {
  credential: [(v) => ["string", "function", "object"].includes(typeof v) && !Array.isArray(v), "JSON text, an object or a function"],
  audience: text,
  quotaProject: text,
  universeDomain: [(v) => v === "googleapis.com", "googleapis.com, the only one that is supported"],
  timeout: [(v) => v === false || isDuration(v), "milliseconds above 0, or false"],
  retry: [(v) => v === false || typeof v === "object", "an object or false"],
  userAgent: text,
  headers: [(v) => typeof v === "object", "what Headers takes"],
  authorizationHeader: [(v) => v === "authorization" || v === "x-serverless-authorization", "authorization or x-serverless-authorization"],
  keepAlive: [(v) => typeof v === "boolean", "true or false"],
  joinUrl: fn,
  allowedHosts: [
    (v) => Array.isArray(v) && v.every((host) => typeof host === "string" && /^[\w.:[\]-]+$/.test(host)),
    'hosts, such as ["sts.example.com:8443"]',
  ],
  endpoints: [
    (v) => v instanceof URL || (typeof v === "string" && /^[!-~]+$/.test(v)),
    'the origin of an emulator, such as "http://127.0.0.1:8085"',
  ],
  waitUntil: fn,
};

/**
 * @param {string | URL} base
 * @param {Record<PropertyKey, any>} [options]
 * @returns {Config}
 */
export function readOptions(base, options = {}) {
  if (typeof options !== "object" || options === null) throw invalid("the options are not an object.");
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(kinds, name)) throw invalid(`there is no option ${JSON.stringify(name)}, but ${Object.keys(kinds).join(", ")}.`);
    const value = options[name];
    if (value !== undefined && (value === null || !kinds[name][0](value))) {
      throw new AuthError(name === "audience" ? "invalid_audience" : "invalid_option", `the option ${name} is not ${kinds[name][1]}.`);
    }
  }
  /** @param {PropertyKey} name */
  const get = (name) => own(options, name);
  const credential = get("credential");
  const insecure = get(allowInsecureRequests) === true;
  const fetch = get(customFetch);
  if (fetch !== undefined && typeof fetch !== "function") throw invalid("the option [customFetch] is not a function.");
  const endpoints = get("endpoints");
  return {
    base: readBase(base, insecure),
    credential: typeof credential === "object" ? stringify(credential) : typeof credential === "string" ? credential : undefined,
    credentialFunction: typeof credential === "function" ? credential : undefined,
    audience: get("audience"),
    quotaProject: get("quotaProject"),
    timeout: get("timeout") ?? 120_000,
    userAgent: get("userAgent"),
    headers: readHeaders(get("headers")),
    authorizationHeader: get("authorizationHeader"),
    keepAlive: get("keepAlive") ?? true,
    joinUrl: get("joinUrl"),
    allowedHosts: (get("allowedHosts") ?? []).join(" "),
    emulator: endpoints instanceof URL ? endpoints.origin : endpoints,
    waitUntil: get("waitUntil"),
    fetch,
    insecure,
  };
}

/**
 * @param {any} object
 * @param {PropertyKey} name
 */
export function own(object, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** @param {unknown} value */
export function isDuration(value) {
  return typeof value === "number" && value > 0 && value <= 2 ** 31 - 1;
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
  const [, scheme, host, path, query = ""] =
    (typeof typed === "string" && URL.canParse(typed) && /^(https?:)\/\/([^/?#\\@]+)([^?#\\]*)(\?[^#\\]*)?$/i.exec(typed)) || [];
  if (scheme === undefined) throw invalidBase("is not an absolute http or https URL without userinfo, fragment and backslashes");
  const url = new URL(typed);
  const port = url.protocol === "https:" ? ":443" : ":80";
  if (
    ![url.host, url.host + port].includes(host.toLowerCase()) ||
    url.href !== url.origin + (path || "/") + query ||
    host.includes("..") ||
    path.includes("//")
  ) {
    throw invalidBase(`is written otherwise than URL parsers write it: ${url.origin}${url.pathname}`);
  }
  if (url.protocol === "http:" && !insecure && !/^(localhost|\[::1\]|127(\.\d+){3})$/.test(url.hostname)) {
    throw invalidBase("is plain http to another machine, where a token could be read on the way");
  }
  return typed;
}

/** @param {string} why */
function invalidBase(why) {
  return new AuthError("invalid_base_url", `the base URL ${why}. Give it as https://my-service-abc.a.run.app.`);
}

/** @param {HeadersInit | undefined} headers */
export function readHeaders(headers) {
  if (headers === undefined) return undefined;
  try {
    return [...new Headers(headers)];
  } catch {
    // The runtime's own error would show the value, which may be a secret.
    throw invalid("the headers hold what no header can.");
  }
}

/** @param {object} credential @returns {string} */
function stringify(credential) {
  let text;
  try {
    text = JSON.stringify(credential);
  } catch {
    // Below.
  }
  if (text === undefined) throw new AuthError("invalid_credential", "the credential is an object, but not plain JSON.");
  return text;
}
