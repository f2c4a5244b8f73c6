// Sends one call, and again where a new token or a redirect asks for it.
import { ask, fetchBy } from "./core.js";
import { carry } from "./draft.js";
import { acquire, invalidate, USUAL } from "./driver.js";
import { AuthError } from "./errors.js";

/** @typedef {import("./options.js").Config} Config */
/** @typedef {import("./driver.js").Slot} Slot */
/** @typedef {import("./driver.js").Target} Target */

/**
 * Sends until the answer is one for the caller.
 *
 * @param {Config} config
 * @param {Target} target
 * @param {import("./draft.js").Draft} draft
 * @param {Slot} slot
 * @param {AbortSignal | undefined} signal
 * @param {Response} [response] The first answer, where the call was sent already
 * @param {string} [token] The token that it was sent with
 * @returns {Promise<Response>}
 */
export async function send(config, target, [input, href, init, carrier, replayable], slot, signal, response, token = "") {
  let resent = false;
  let hops = 0;
  for (;;) {
    const follows = init.redirect === "follow";
    if (!response) {
      ({ token } = slot);
      carry(init.headers, carrier, target, slot);
      response = await fetchBy(config, input, { __proto__: null, ...init, redirect: follows ? "manual" : init.redirect, signal });
    }
    const { status } = response;
    if (status === 401) {
      if (!resent) invalidate(slot, token);
      if (ask("r", status, resent, hops, replayable)[0] !== "3") return response;
      resent = true;
    } else {
      const to = follows && pointed(response, href);
      if (!to) return response;
      // With userinfo it would begin otherwise.
      const stays = to.startsWith(`${new URL(href).origin}/`);
      const [hop] = ask("r", status, false, hops++, replayable, stays, init.method.toUpperCase());
      if (hop === "0") return response;
      // What else a Request says holds for the next one, too; with a body it cannot be made again.
      input = input instanceof Request && !input.body ? new Request(to, input) : to;
      href = to;
      if (hop === "2") {
        init.method = "GET";
        init.body = init.duplex = undefined;
        replayable = true;
        for (const name of ["type", "length", "encoding", "language", "location"]) init.headers.delete(`content-${name}`);
      }
    }
    // Lets the connection go.
    response.body?.cancel().catch(() => {});
    response = undefined;
    if (status === 401) slot = await acquire(config, target, USUAL, signal);
  }
}

/**
 * Where a redirect points to, without a fragment.
 *
 * @param {Response} response
 * @param {string} href
 */
function pointed({ status, type, headers }, href) {
  if (type === "opaqueredirect")
    throw new AuthError("redirect_refused", "the service redirects, and browsers do not say where to. Call the final URL.");
  let location = headers.get("location");
  try {
    // Bytes, read as one character each: as UTF-8, where that is what they are (Fetch standard, location URL).
    location &&= decodeURIComponent(escape(location));
  } catch {}
  if (status < 301 || location === null || !URL.canParse(location, href)) return undefined;
  const to = new URL(location, href);
  to.hash = "";
  return to.href;
}
