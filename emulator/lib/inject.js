import { htmlError, json } from "./answers.js";
import { replaces } from "./faults.js";
import { endlessBody, hugeBody, slowDown, tearInHalf } from "./bodies.js";
import { never, sleep } from "./sleep.js";

/** @typedef {import("../index.js").Fault} Fault */

/**
 * Answers with a fault. Rejects where the connection is to be reset.
 *
 * @param {Fault} fault
 * @param {AbortSignal | undefined} signal the request's own
 * @param {() => Promise<Response>} answer the endpoint itself
 * @returns {Promise<Response>}
 */
export async function inject(fault, signal, answer) {
  if (fault.delay) await sleep(fault.delay, signal);
  if (fault.hang) await never(signal);
  if (fault.reset) throw new TypeError("The connection was reset by a fault.");

  let response = replaces(fault) ? replacement(fault) : await answer();
  if (fault.lost) {
    await response.body?.cancel();
    throw new TypeError("The answer was lost by a fault.");
  }
  if (fault.idToken !== undefined) response = await withIdToken(response, fault.idToken);
  if (fault.headers) response = withHeaders(response, fault.headers);
  if (fault.torn) response = await tearInHalf(response);
  if (fault.slowBody) response = slowDown(response, fault.slowBody);
  return response;
}

/**
 * The fault in a few words, for the log.
 *
 * @param {Fault} fault
 */
export function nameFault(fault) {
  const { endpoint, match, times, ...what } = fault;
  const words = Object.entries(what).map(([name, value]) => (typeof value === "number" ? `${name} ${value}` : name));
  return words.join(", ") || "none";
}

/** @param {Fault} fault */
function replacement({ status = 200, body, json: value }) {
  if (status === 204 || status === 205 || status === 304) return new Response(null, { status });
  if (value !== undefined) return json(value, { status });
  if (body === undefined || body === "html") return htmlError(status, "Fault", "The emulator was told to answer like this.");
  const stream = body === "huge" ? hugeBody() : body === "endless" ? endlessBody() : undefined;
  const type = stream ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
  return new Response(stream ?? body, { status, headers: { "content-type": type } });
}

/**
 * @param {Response} response
 * @param {string} idToken
 */
async function withIdToken(response, idToken) {
  const value = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof value?.id_token === "string" ? json({ ...value, id_token: idToken }) : response;
}

/**
 * @param {Response} response
 * @param {Record<string, string>} headers
 */
function withHeaders(response, headers) {
  const changed = new Response(response.body, response);
  for (const [name, value] of Object.entries(headers)) changed.headers.set(name, value);
  return changed;
}
