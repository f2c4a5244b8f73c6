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
 * @property {HeadersInit | undefined} headers
 * @property {"authorization" | "x-serverless-authorization" | undefined} authorizationHeader
 * @property {boolean} keepAlive
 * @property {((base: URL, input: string) => string | URL) | undefined} joinUrl
 * @property {string} allowedHosts
 * @property {string | undefined} emulator
 * @property {((promise: Promise<unknown>) => void) | undefined} waitUntil
 * @property {typeof fetch | undefined} fetch
 * @property {boolean} insecure
 */

/** @type {Record<string, (value: any) => unknown>} What each option may be; the answer is what was expected instead. */
const checks = {
  credential: (v) => (typeof v === "string" || typeof v === "function" || (typeof v === "object" && !Array.isArray(v))) || "JSON text, an object or a function",
  audience: (v) => isVisible(v) || "a text of visible ASCII characters",
  quotaProject: (v) => isVisible(v) || "a text of visible ASCII characters",
  universeDomain: (v) => v === "googleapis.com" || "googleapis.com; other universes are not supported",
  timeout: (v) => v === false || isDuration(v) || "a number of milliseconds above 0, or false",
  retry: (v) => v === false || typeof v === "object" || "an object, or false",
  userAgent: (v) => isVisible(v) || "a text of visible ASCII characters",
  headers: (v) => typeof v === "object" || "what Headers can be made of",
  authorizationHeader: (v) => v === "authorization" || v === "x-serverless-authorization" || '"authorization" or "x-serverless-authorization"',
  keepAlive: (v) => typeof v === "boolean" || "true or false",
  joinUrl: (v) => typeof v === "function" || "a function",
  allowedHosts: (v) => (Array.isArray(v) && v.every((host) => typeof host === "string" && /^[\w.:[\]-]+$/.test(host))) || 'an array of hosts, such as ["sts.example.com:8443"]',
  endpoints: (v) => typeof v === "string" || v instanceof URL || 'the origin of an emulator on this machine, such as "http://127.0.0.1:8085"',
  waitUntil: (v) => typeof v === "function" || "a function",
};

/**
 * @param {string | URL} base
 * @param {Record<PropertyKey, any>} [options]
 * @returns {Config}
 */
export function readOptions(base, options = {}) {
  if (typeof options !== "object" || options === null) throw invalid("the options are not an object.");
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(checks, name)) throw invalid(`there is no option ${JSON.stringify(name)}. There are: ${Object.keys(checks).join(", ")}.`);
    const value = options[name];
    if (value === undefined) continue;
    const expected = value === null ? "something, or left out" : checks[name](value);
    if (expected !== true) throw new AuthError(name === "audience" ? "invalid_audience" : "invalid_option", `the option ${name} is not what it can be: ${expected}.`);
  }
  const credential = own(options, "credential");
  const fetch = own(options, customFetch);
  if (fetch !== undefined && typeof fetch !== "function") throw invalid("the option [customFetch] is not a function.");
  const insecure = own(options, allowInsecureRequests) === true;
  return {
    base: readBase(base, insecure),
    credential: typeof credential === "object" ? stringify(credential) : typeof credential === "string" ? credential : undefined,
    credentialFunction: typeof credential === "function" ? credential : undefined,
    audience: own(options, "audience"),
    quotaProject: own(options, "quotaProject"),
    timeout: own(options, "timeout") ?? 120_000,
    userAgent: own(options, "userAgent"),
    headers: readHeaders(own(options, "headers")),
    authorizationHeader: own(options, "authorizationHeader"),
    keepAlive: own(options, "keepAlive") ?? true,
    joinUrl: own(options, "joinUrl"),
    allowedHosts: (own(options, "allowedHosts") ?? []).join(" "),
    emulator: readEmulator(own(options, "endpoints")),
    waitUntil: own(options, "waitUntil"),
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

/** @param {unknown} value */
function isVisible(value) {
  return typeof value === "string" && /^[!-~](?:[ -~]*[!-~])?$/.test(value);
}

/**
 * A base URL that the runtime's own parser reads as it was typed: whatever it would mend is refused.
 *
 * @param {string | URL} base
 * @param {boolean} insecure
 */
function readBase(base, insecure) {
  const typed = base instanceof URL ? base.href : base;
  const [, scheme, authority, path, query = ""] = (typeof typed === "string" && /^(https?):\/\/([^/?#\\@]+)([^?#\\]*)(\?[^#\\]*)?$/i.exec(typed)) || [];
  const url = scheme && URL.canParse(typed) ? new URL(typed) : undefined;
  const port = scheme?.toLowerCase() === "https" ? ":443" : ":80";
  const host = authority?.toLowerCase();
  if (!url || (url.host !== host && url.host + port !== host) || url.href !== url.origin + (path || "/") + query) {
    throw new AuthError("invalid_base_url", "the base URL is not an absolute http or https URL, written as URL parsers write it: without userinfo, fragment, backslashes, spaces, dot segments, and with a host in its xn-- form. Give it as https://my-service-abc.a.run.app.");
  }
  if (url.protocol === "http:" && !insecure && !/^(localhost|\[::1\]|127(\.\d+){3})$/.test(url.hostname)) {
    throw new AuthError("invalid_base_url", `the base URL is plain http to ${url.hostname}, where a token could be read on the way. Use https; plain http is for this machine, or for sessions with [allowInsecureRequests].`);
  }
  return typed;
}

/** @param {HeadersInit | undefined} headers */
function readHeaders(headers) {
  if (headers === undefined) return undefined;
  try {
    return [...new Headers(headers)];
  } catch {
    // The runtime's own error would show the value, which may be a secret.
    throw invalid("the option headers holds a name or a value that no header can have.");
  }
}

/** @param {object} credential */
function stringify(credential) {
  try {
    return JSON.stringify(credential);
  } catch {
    throw new AuthError("invalid_credential", "the credential is an object that is not plain JSON. Give the content of the key file.");
  }
}

/** @param {string | URL | undefined} endpoints */
function readEmulator(endpoints) {
  return endpoints === undefined ? undefined : String(endpoints instanceof URL ? endpoints.origin : endpoints);
}
