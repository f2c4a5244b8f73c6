// The shell that people hold. With a fresh token a call asks the core once whether its path is good, calls fetch,
// and looks at the answer's status; everything else is the slow way.
import { fetchBy, host, ready } from "./core.js";
import { isFinal, send } from "./call.js";
import { deadline } from "./deadline.js";
import { draft, headersFor } from "./draft.js";
import { acquire, EARLY, FORCED, USUAL } from "./driver.js";
import { AuthError } from "./errors.js";
import { bare, checked, isString, mergedHeaders, readOptions } from "./options.js";
import { absolute, below, findPlace } from "./place.js";

/** @typedef {import("./options.js").Config} Config */
/** @typedef {import("./driver.js").Slot} Slot */
/** @typedef {import("./driver.js").Target} Target */

/**
 * @param {string | URL} baseUrl
 * @param {any} [options]
 * @returns {Session}
 */
export function createSession(baseUrl, options) {
  return new Session(baseUrl, options);
}

/** @typedef {{ place: import("./place.js").Place, target: Target, headers: [string, string][] }} Known */

class Session {
  /** @type {Config} */ #config;
  /** The options as they were given. @type {any} */ #given;
  #disposed = false;
  /** What only the core can say, and the headers of every call. @type {Known | undefined} */ #known;
  /** The token of the session's own target. @type {Slot | undefined} */ #slot;
  /** The headers of a call that adds none, for the token that they hold. @type {{ token: string, headers: Record<string, string> } | undefined} */ #plain;

  /**
   * @param {string | URL} baseUrl
   * @param {any} options
   */
  constructor(baseUrl, options) {
    this.#given = bare("options", options);
    this.#config = readOptions(baseUrl, this.#given);
  }

  /** @param {string} input @param {any} [init] */
  get(input, init) {
    return this.#verb("GET", input, init);
  }

  /** @param {string} input @param {any} [init] */
  post(input, init) {
    return this.#verb("POST", input, init);
  }

  /** @param {string} input @param {any} [init] */
  put(input, init) {
    return this.#verb("PUT", input, init);
  }

  /** @param {string} input @param {any} [init] */
  patch(input, init) {
    return this.#verb("PATCH", input, init);
  }

  /** @param {string} input @param {any} [init] */
  delete(input, init) {
    return this.#verb("DELETE", input, init);
  }

  /** @param {string} input @param {any} [init] */
  head(input, init) {
    return this.#verb("HEAD", input, init);
  }

  /** Bound, because it is made to be handed on. @type {(input: string | URL | Request, init?: any) => Promise<Response>} */
  fetch = (input, init) => this.#slowly(undefined, input, init);

  /** @param {any} [options] */
  async getIdToken(options) {
    const { target } = await this.#facts();
    const given = bare("options", options);
    return this.#token({ access: false, wanted: checked("audience", given.audience ?? target.wanted) }, given);
  }

  /** @param {any} [options] */
  async getAccessToken(options) {
    await this.#facts();
    const given = bare("options", options);
    const scopes = given.scopes ?? ["https://www.googleapis.com/auth/cloud-platform"];
    if (!Array.isArray(scopes)) throw new AuthError("invalid_scope", "the scopes are not an array of texts.");
    return this.#token({ access: true, wanted: scopes.join(" ") }, given);
  }

  /** @param {any} [options] */
  async authorizationHeaders(options) {
    const token = await this.getIdToken(options);
    const [headers, carrier] = headersFor(this.#config, []);
    const quota = this.#config.quotaProject ?? headers.get("x-goog-user-project");
    return { [carrier]: `Bearer ${token}`, ...(quota && { "x-goog-user-project": quota }) };
  }

  /** @param {any} [more] */
  extend(more) {
    const [given, added] = [this.#given, bare("options", more)];
    /** @type {any} */
    const options = { ...given, ...added };
    if (given.headers && added.headers) options.headers = mergedHeaders(given.headers, added.headers);
    return new Session(this.#config.base, options);
  }

  dispose() {
    this.#disposed = true;
    this.#slot = this.#plain = undefined;
  }

  [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
    this.dispose();
  }

  /**
   * @param {string} method
   * @param {string} input
   * @param {any} init
   * @returns {Promise<Response>}
   */
  async #verb(method, input, init) {
    const config = this.#config;
    const known = this.#known;
    const slot = this.#slot;
    if (!known || !slot || init !== undefined || !this.#isUsable(slot)) return this.#slowly(method, input, init);
    const url = below(config, known.place, input);
    const { token } = slot;
    const headers = this.#plainHeaders(slot);
    const { signal, met } = deadline(config.timeout);
    try {
      const response = await fetchBy(config, url, { __proto__: null, method, headers, redirect: "manual", signal });
      if (isFinal(response)) return response;
      const call = draft(config, url, known.headers, method);
      return await send(config, known.target, call, slot, signal, response, token);
    } catch (thrown) {
      throw met(thrown);
    } finally {
      met();
    }
  }

  /**
   * @param {string | undefined} verb None where the input may be absolute, too
   * @param {any} input
   * @param {any} init
   */
  async #slowly(verb, input, init) {
    const { place, target, headers } = await this.#facts();
    const config = this.#config;
    const request = input instanceof Request ? input : undefined;
    const isPath = verb || (isString(input) && !/^[a-z][a-z0-9+.-]*:/i.test(input));
    const href = isPath ? below(config, place, input) : absolute(place, request?.url ?? input);
    const call = draft(config, href, headers, verb, init, request);
    const { signal, met } = deadline(call.timeout, call.signal);
    try {
      if (!this.#slot || !this.#isUsable(this.#slot)) this.#slot = await this.#acquired(target, USUAL, signal);
      return await send(config, target, call, this.#slot, signal);
    } catch (thrown) {
      throw met(thrown);
    } finally {
      met();
    }
  }

  /**
   * @param {Target} target
   * @param {any} options
   */
  async #token(target, { signal, forceRefresh }) {
    const limit = deadline(this.#config.timeout, signal);
    try {
      return (await this.#acquired(target, forceRefresh ? FORCED : USUAL, limit.signal)).token;
    } catch (thrown) {
      throw limit.met(thrown);
    } finally {
      limit.met();
    }
  }

  async #facts() {
    if (this.#disposed) throw new AuthError("session_disposed", "the session was disposed of before this call. Create another one.");
    await ready();
    if (this.#known) return this.#known;
    const config = this.#config;
    const place = findPlace(config);
    const [service, revision] = [host.env("K_SERVICE"), host.env("K_REVISION")];
    const headers = /** @type {[string, string][]} */ (
      [
        ["user-agent", config.userAgent ?? (service && revision && `${service}/${revision}`)],
        ["x-goog-user-project", config.quotaProject],
        ["connection", config.keepAlive === false && host.canClose && "close"],
      ].filter(([, value]) => value)
    );
    return (this.#known = { place, target: { access: false, wanted: config.audience ?? place.audience }, headers });
  }

  /**
   * Whether a token may be used; one that is about to end is renewed on the way.
   *
   * @param {Slot} slot
   */
  #isUsable(slot) {
    const now = Date.now();
    if (now < slot.refreshAt) return true;
    if (now >= slot.expiresAt) return false;
    if (this.#known) this.#acquired(this.#known.target, EARLY).catch(() => {});
    return true;
  }

  /** @param {Slot} slot */
  #plainHeaders({ token }) {
    if (this.#plain?.token !== token) {
      const [headers, carrier] = headersFor(this.#config, this.#known?.headers ?? []);
      headers.set(carrier, `Bearer ${token}`);
      this.#plain = { token, headers: Object.fromEntries(headers) };
    }
    return this.#plain.headers;
  }

  /**
   * A token. On hosts that end what a request leaves behind, others may wait for it.
   *
   * @param {Target} target
   * @param {number} how
   * @param {AbortSignal} [signal]
   */
  #acquired(target, how, signal) {
    const slot = acquire(this.#config, target, how, signal);
    const waitUntil = this.#config.waitUntil ?? host.waitUntil;
    waitUntil?.(slot.catch(() => {}));
    return slot;
  }
}
