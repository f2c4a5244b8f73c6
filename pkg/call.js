// Sends one call, and again where a new token or a redirect asks for it.
import { ask, fetchBy } from "./core.js";
import { acquire, invalidate, USUAL } from "./driver.js";
import { AuthError } from "./errors.js";

/** @typedef {import("./options.js").Config} Config */
/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./driver.js").Slot} Slot */
/** @typedef {import("./driver.js").Target} Target */

/** @param {Response} response */
export function isFinal({ status, type }) {
  return status !== 401 && !(status > 300 && status < 309 && status !== 304) && type !== "opaqueredirect";
}

/**
 * Sends until the answer is one for the caller.
 *
 * @param {Config} config
 * @param {Target} target
 * @param {Draft} draft
 * @param {Slot} slot
 * @param {AbortSignal | undefined} signal
 * @param {Response} [response] The first answer, where the call was sent already
 * @param {string} [token] The token that it was sent with
 * @returns {Promise<Response>}
 */
export async function send(config, target, draft, slot, signal, response, token = slot.token) {
  let resent = false;
  let hops = 0;
  for (;;) {
    if (!response) {
      token = slot.token;
      response = await sendOnce(config, draft, slot, signal);
    }
    if (isFinal(response)) return response;
    if (response.status === 401) {
      if (!resent) invalidate(slot, token);
      if (ask("m", 401, resent, draft.replayable)[0] === "0") return response;
      resent = true;
      discard(response);
      slot = await acquire(config, target, USUAL, signal);
    } else {
      const next = redirect(draft, response, hops);
      if (!next) return response;
      hops += 1;
      discard(response);
      draft = next;
    }
    response = undefined;
  }
}

/**
 * @param {Config} config
 * @param {Draft} draft
 * @param {Slot} slot
 * @param {AbortSignal | undefined} signal
 */
function sendOnce(config, { target, method, headers, init, carrier, follows }, { token }, signal) {
  headers.set(carrier, `Bearer ${token}`);
  return fetchBy(config, target, { __proto__: null, ...init, method, headers, redirect: follows ? "manual" : init.redirect, signal });
}

/**
 * The call that a redirect asks for, or nothing where its answer is the caller's.
 *
 * @param {Draft} draft
 * @param {Response} response
 * @param {number} hops
 * @returns {Draft | undefined}
 */
function redirect(draft, { status, type, headers }, hops) {
  if (!draft.follows) return undefined;
  if (type === "opaqueredirect")
    throw new AuthError("redirect_refused", "the service redirects, and browsers do not say where to. Call the final URL.");
  const location = headers.get("location");
  if (location === null || !URL.canParse(location, draft.href)) return undefined;
  const to = new URL(location, draft.href);
  to.hash = "";
  const { href } = to;
  const [hop] = ask("r", status, hops, draft.replayable, draft.method, new URL(draft.href).href, href);
  if (hop === "0") return undefined;
  const next = { ...draft, href, target: href };
  if (hop === "2") {
    next.method = "GET";
    next.init = { __proto__: null, ...draft.init, body: undefined, duplex: undefined };
    next.replayable = true;
    next.headers = new Headers(draft.headers);
    for (const name of ["type", "length", "encoding", "language", "location"]) next.headers.delete(`content-${name}`);
  }
  return next;
}

/** Lets the connection go. @param {Response} response */
function discard(response) {
  response.body?.cancel().catch(() => {});
}
