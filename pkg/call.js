// Sends one call, and again where a new token or a redirect asks for it.
import { ask, fetchBy } from "./core.js";
import { pause } from "./deadline.js";
import { timesOf } from "./deeds.js";
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
 * @param {number} ends When the caller gives up, by the monotonic clock
 * @param {Promise<Response>} [sent] What comes, where the call was sent already
 * @param {string} [token] The token that it was sent with
 * @returns {Promise<Response>}
 */
export async function send(config, target, [input, href, init, carrier, replayable, retry], slot, signal, ends, sent, token = "") {
  let resent = false;
  let hops = 0;
  let tried = 0;
  for (;;) {
    const follows = init.redirect === "follow";
    if (!sent) {
      ({ token } = slot);
      carry(init.headers, carrier, target, slot);
      sent = fetchBy(config, input, { __proto__: null, ...init, redirect: follows ? "manual" : init.redirect, signal });
    }
    /** @type {Response | undefined} */
    let response;
    /** @type {unknown} */
    let failure;
    try {
      response = await sent;
    } catch (thrown) {
      signal?.throwIfAborted();
      failure = thrown;
    }
    sent = undefined;
    const { status = 0, ok, body } = response ?? {};
    const method = init.method.toUpperCase();
    const to = response && follows && pointed(response, href);
    /** @type {string | undefined} */
    let wait;
    if (response && status === 401) {
      if (!resent) invalidate(slot, token);
      if (ask("r", status, resent, hops, replayable)[0] !== "3") return response;
      resent = true;
    } else if (response && to) {
      // With userinfo it would begin otherwise.
      const stays = to.startsWith(`${new URL(href).origin}/`);
      const [hop] = ask("r", status, false, hops++, replayable, stays, method);
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
    } else {
      // What was thrown may be a redirect, where they are to be errors, or what will not pass. A redirect that is hidden has status 0.
      const { name, transient } = /** @type {any} */ (failure ?? {});
      if (response ? !ok : init.redirect !== "error" && transient !== false && name !== "AbortError")
        [wait] = ask(
          "t",
          response && (status || 1),
          ++tried,
          response && timesOf(response)[1],
          ends,
          ...retry.times,
          replayable,
          method,
          retry.methods,
          retry.statuses,
        );
      if (!wait) {
        if (response) return response;
        throw failure;
      }
    }
    // Lets the connection go.
    body?.cancel().catch(() => {});
    if (wait) await pause(+wait, signal);
    // Others may have a new one by now, or this one may have ended.
    if (wait || status === 401) slot = await acquire(config, target, USUAL, ends, signal, retry);
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
  if (status < 301 || status > 308 || location === null || !URL.canParse(location, href)) return undefined;
  const to = new URL(location, href);
  to.hash = "";
  return to.href;
}
