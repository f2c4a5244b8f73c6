// One call as the caller wrote it: read once, sent perhaps more than once.
import { invalid, isDuration, readHeaders } from "./options.js";

/** @typedef {import("./options.js").Config} Config */

/**
 * @typedef {object} Draft
 * @property {string | Request} target
 * @property {string} href
 * @property {string} method
 * @property {Headers} headers Without the token
 * @property {any} init What fetch gets beside method and headers
 * @property {boolean} replayable Whether the body can be sent again
 * @property {boolean} follows Whether redirects are followed
 * @property {"authorization" | "x-serverless-authorization"} carrier Which header takes the token
 * @property {number | false} timeout
 * @property {AbortSignal | null | undefined} signal
 */

/** The init's members that are ours and not fetch's. */
const ours = ["json", "searchParams", "timeout"];

/**
 * @param {Config} config
 * @param {string} href
 * @param {any} given The caller's init
 * @param {Request | undefined} request
 * @param {string | undefined} verb
 * @param {[string, string][]} extra Headers of the session's that the caller's may replace
 * @returns {Draft}
 */
export function draft(config, href, given, request, verb, extra) {
  if (given !== undefined && (typeof given !== "object" || given === null)) throw invalid("the init of a call is not an object.");
  /** @type {any} */
  const init = Object.assign(Object.create(null), given);
  const { json, searchParams } = init;
  const method = verb ?? init.method ?? request?.method ?? "GET";
  if (typeof method !== "string") throw invalid("the method of a call is not a text.");
  const timeout = init.timeout ?? config.timeout;
  if (timeout !== false && !isDuration(timeout)) throw invalid("the timeout of a call is not milliseconds above 0, or false.");
  const headers = mergedHeaders(config, init.headers ?? request?.headers, extra);
  for (const name of [...ours, "headers", "method"]) delete init[name];
  if (json !== undefined) {
    if (init.body != null) throw invalid("a call has both json and body.");
    init.body = JSON.stringify(json);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
  }
  const stream = init.body ?? request?.body;
  const replayable = stream == null || isReplayable(stream);
  // Node asks for it in so many words, and no other value is defined.
  if (!replayable && init.body && init.duplex === undefined) init.duplex = "half";
  const url = searchParams === undefined ? href : withQuery(href, searchParams);
  return {
    target: request && url === href ? request : url,
    href: url,
    method: method.toUpperCase(),
    headers,
    init,
    replayable,
    follows: (init.redirect ?? request?.redirect ?? "follow") === "follow",
    carrier: config.authorizationHeader ?? (headers.has("authorization") ? "x-serverless-authorization" : "authorization"),
    timeout,
    signal: init.signal === undefined ? request?.signal : init.signal,
  };
}

/**
 * @param {Config} config
 * @param {HeadersInit | undefined} callers
 * @param {[string, string][]} extra
 */
function mergedHeaders(config, callers, extra) {
  const headers = new Headers(extra);
  for (const [name, value] of [...(config.headers ?? []), ...(readHeaders(callers) ?? [])]) headers.set(name, value);
  if (config.authorizationHeader && headers.has(config.authorizationHeader)) {
    throw invalid(`${config.authorizationHeader} is set by the caller and named by the option authorizationHeader. Leave one of them out.`);
  }
  return headers;
}

/** @param {unknown} body */
function isReplayable(body) {
  return (
    typeof body === "string" ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof URLSearchParams ||
    body instanceof FormData
  );
}

/**
 * @param {string} href
 * @param {any} params
 */
function withQuery(href, params) {
  if (typeof params !== "string" && (typeof params !== "object" || params === null))
    throw invalid("the searchParams of a call are not what URLSearchParams takes.");
  const plain = typeof params === "object" && !(Symbol.iterator in params);
  const query = new URLSearchParams(plain ? Object.entries(params).filter(([, value]) => value !== undefined) : params).toString();
  return query === "" ? href : href + (href.includes("?") ? "&" : "?") + query;
}
