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
  const { headers, init } = draft;
  let resent = false;
  let hops = 0;
  for (;;) {
    if (!response) {
      ({ token } = slot);
      headers.set(draft.carrier, `Bearer ${token}`);
      const redirect = draft.follows ? "manual" : init.redirect;
      response = await fetchBy(config, draft.target, { __proto__: null, ...init, method: draft.method, headers, redirect, signal });
    }
    if (isFinal(response)) return response;
    if (response.status === 401) {
      if (!resent) invalidate(slot, token);
      if (ask("r", 401, resent, hops, draft.replayable)[0] !== "3") return response;
      resent = true;
      discard(response);
      slot = await acquire(config, target, USUAL, signal);
    } else {
      if (!redirected(draft, response, hops++)) return response;
      discard(response);
    }
    response = undefined;
  }
}

/**
 * Makes of a draft the call that a redirect asks for; false where the answer is the caller's.
 *
 * @param {Draft} draft
 * @param {Response} response
 * @param {number} hops
 */
function redirected(draft, { status, type, headers }, hops) {
  if (!draft.follows) return false;
  if (type === "opaqueredirect")
    throw new AuthError("redirect_refused", "the service redirects, and browsers do not say where to. Call the final URL.");
  const location = headers.get("location");
  if (location === null || !URL.canParse(location, draft.href)) return false;
  const to = new URL(location, draft.href);
  to.hash = "";
  // With userinfo it would begin otherwise.
  const stays = to.href.startsWith(`${new URL(draft.href).origin}/`);
  const [hop] = ask("r", status, false, hops, draft.replayable, stays, draft.method);
  if (hop === "0") return false;
  draft.href = draft.target = to.href;
  if (hop === "2") {
    draft.method = "GET";
    draft.replayable = true;
    draft.init.body = draft.init.duplex = undefined;
    for (const name of ["type", "length", "encoding", "language", "location"]) draft.headers.delete(`content-${name}`);
  }
  return true;
}

/** Lets the connection go. @param {Response} response */
function discard(response) {
  response.body?.cancel().catch(() => {});
}
