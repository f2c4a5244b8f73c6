// Sends one call, and again where a new token or a redirect asks for it.
import { ask, fetchBy } from "./core.js";
import { acquire, invalidate, USUAL } from "./driver.js";
import { AuthError } from "./errors.js";

/** @typedef {import("./options.js").Config} Config */
/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./driver.js").Slot} Slot */
/** @typedef {import("./driver.js").Target} Target */

/**
 * Sends until the answer is one for the caller.
 *
 * @param {Config} config
 * @param {Target} target
 * @param {Draft} draft
 * @param {Slot} slot
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<Response>}
 */
export async function send(config, target, draft, slot, signal) {
  const { init } = draft;
  let resent = false;
  let hops = 0;
  for (;;) {
    const { token } = slot;
    init.headers.set(draft.carrier, `Bearer ${token}`);
    const redirect = init.redirect === "follow" ? "manual" : init.redirect;
    const response = await fetchBy(config, draft.target, { __proto__: null, ...init, redirect, signal });
    const { status } = response;
    if (status === 401) {
      if (!resent) invalidate(slot, token);
      if (ask("r", status, resent, hops, draft.replayable)[0] !== "3") return response;
      resent = true;
    } else if (!redirected(draft, response, hops++)) return response;
    // Lets the connection go.
    response.body?.cancel().catch(() => {});
    if (status === 401) slot = await acquire(config, target, USUAL, signal);
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
  const { init } = draft;
  if (init.redirect !== "follow") return false;
  if (type === "opaqueredirect")
    throw new AuthError("redirect_refused", "the service redirects, and browsers do not say where to. Call the final URL.");
  const location = status > 300 ? headers.get("location") : null;
  if (location === null || !URL.canParse(location, draft.href)) return false;
  const to = new URL(location, draft.href);
  to.hash = "";
  // With userinfo it would begin otherwise.
  const stays = to.href.startsWith(`${new URL(draft.href).origin}/`);
  const [hop] = ask("r", status, false, hops, draft.replayable, stays, init.method);
  if (hop === "0") return false;
  draft.href = draft.target = to.href;
  if (hop === "2") {
    init.method = "GET";
    init.body = init.duplex = undefined;
    draft.replayable = true;
    for (const name of ["type", "length", "encoding", "language", "location"]) init.headers.delete(`content-${name}`);
  }
  return true;
}
