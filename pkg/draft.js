// One call as the caller wrote it: read once, sent perhaps more than once.
import { bare, checked, invalid, isObject, isString, mergedHeaders, readRetry, stringify } from "./options.js";

/** @typedef {import("./options.js").Config} Config */

/**
 * What fetch gets, the URL that it means, what else fetch gets (always with method, headers and redirect), which header takes the
 * token, whether the body can be sent again, how it is tried again, and how long the call may take.
 *
 * @typedef {[input: string | Request, href: string, init: any, carrier: string, replayable: boolean, retry: import("./options.js").Retry,
 *   timeout: number | false]} Draft
 */

/**
 * @param {Config} config
 * @param {string} href
 * @param {Headers} sessions The headers of each of the session's calls
 * @param {string | undefined} verb
 * @param {any} [given] The caller's init
 * @param {Request} [request] What the call was given as its input or, as fetch takes it too, its init
 * @returns {Draft}
 */
export function draft(config, href, sessions, verb, given, request) {
  // What is ours is not fetch's.
  const { json, searchParams, timeout, retry, ...own } = bare("init", given);
  const init = bare("init", own);
  init.method = verb ?? init.method ?? request?.method ?? "GET";
  if (!isString(init.method)) throw invalid("the method is not a text.");
  init.redirect ??= request?.redirect ?? "follow";
  if (init.signal === undefined) init.signal = request?.signal;
  const [headers, carrier] = headersFor(config, sessions, init.headers ?? request?.headers);
  init.headers = headers;
  if (json !== undefined) {
    if (init.body != null) throw invalid("a call has both json and body.");
    init.body = stringify("json", json);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
  }
  const body = init.body ?? request?.body;
  const replayable =
    body == null ||
    isString(body) ||
    ArrayBuffer.isView(body) ||
    [ArrayBuffer, Blob, URLSearchParams, FormData].some((kind) => body instanceof kind);
  // Node asks for it in so many words, and no other value is defined.
  if (!replayable && init.body) init.duplex ??= "half";
  const url = searchParams === undefined ? href : withQuery(href, searchParams);
  const whole = request && url !== request.url ? new Request(url, request) : request;
  const tried = retry === undefined ? config.retry : readRetry(checked("retry", retry), config.retry.given);
  return [whole ?? url, url, init, carrier, replayable, tried, checked("timeout", timeout ?? config.timeout)];
}

/**
 * The headers of a call without its token, and the name of the one that takes it.
 *
 * @param {Config} config
 * @param {Headers} sessions
 * @param {HeadersInit} [callers]
 * @returns {[Headers, string]}
 */
export function headersFor({ authorizationHeader }, sessions, callers) {
  const all = mergedHeaders(sessions, callers);
  if (authorizationHeader && all.has(authorizationHeader))
    throw invalid(`${authorizationHeader} is set, and named by the option authorizationHeader. Leave one out.`);
  return [all, authorizationHeader ?? (all.has("authorization") ? "x-serverless-authorization" : "authorization")];
}

/**
 * Puts a token into a call's headers, and whoever is to pay for a call of Google's APIs.
 *
 * @param {Headers} headers
 * @param {string} carrier
 * @param {import("./driver.js").Target} target
 * @param {import("./driver.js").Slot} slot
 */
export function carry(headers, carrier, [access], { token, quota }) {
  headers.set(carrier, `Bearer ${token}`);
  if (access && quota && !headers.has("x-goog-user-project")) headers.set("x-goog-user-project", quota);
}

/**
 * @param {string} href
 * @param {any} params
 */
function withQuery(href, params) {
  try {
    if (!isString(params) && !isObject(params)) throw params;
    // Text, too, can be iterated over.
    const query = new URLSearchParams(
      params[Symbol.iterator] ? params : Object.entries(params).filter(([, value]) => value !== undefined),
    ).toString();
    return href + (query && (href.includes("?") ? "&" : "?") + query);
  } catch {
    throw invalid("the searchParams are not what URLSearchParams takes.");
  }
}
