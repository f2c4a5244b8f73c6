// The shell that people hold. With a fresh token a call asks the core once whether its path is good, calls fetch,
// and looks at the answer's status; everything else is the slow way.
import { host, ready } from "./core.js";
import { isFinal, send } from "./call.js";
import { deadline } from "./deadline.js";
import { draft } from "./draft.js";
import { acquire, mode } from "./driver.js";
import { AuthError } from "./errors.js";
import { invalid, own, readHeaders, readOptions } from "./options.js";
import { below, findPlace, within } from "./place.js";

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

class Session {
  /** @type {Config} */ #config;
  #given;
  #disposed = false;
  /** What only the core can say, and the headers of every call. @type {{ place: import("./place.js").Place, target: Target, headers: [string, string][] } | undefined} */ #known;
  /** The token of the session's own target. @type {Slot | undefined} */ #slot;
  /** The headers of a call that adds none, for the token that they hold. @type {{ token: string, headers: Record<string, string> } | undefined} */ #plain;

  /**
   * @param {string | URL} baseUrl
   * @param {any} options
   */
  constructor(baseUrl, options) {
    this.#config = readOptions(baseUrl, options);
    this.#given = { baseUrl, options: { ...options } };
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
  fetch = async (input, init) => {
    if (typeof input === "string" && !/^[a-z][a-z0-9+.-]*:/i.test(input)) return this.#slowly(undefined, input, init);
    await this.#awake();
    const request = typeof Request === "function" && input instanceof Request ? input : undefined;
    return this.#send(within(this.#config, request ? request.url : /** @type {string | URL} */ (input)), init, request, undefined);
  };

  /** @param {any} [options] */
  async getIdToken(options = {}) {
    await this.#awake();
    const { target } = await this.#facts();
    const audience = own(options ?? {}, "audience") ?? target.wanted;
    if (typeof audience !== "string") throw new AuthError("invalid_audience", "the audience is not a text.");
    return (await this.#token({ access: false, wanted: audience }, options)).token;
  }

  /** @param {any} [options] */
  async getAccessToken(options = {}) {
    await this.#awake();
    const scopes = own(options ?? {}, "scopes") ?? ["https://www.googleapis.com/auth/cloud-platform"];
    if (!Array.isArray(scopes)) throw new AuthError("invalid_scope", "the scopes are not an array of texts.");
    return (await this.#token({ access: true, wanted: scopes.join(" ") }, options)).token;
  }

  /** @param {any} [options] */
  async authorizationHeaders(options = {}) {
    const token = await this.getIdToken(options);
    const { carrier, headers } = draft(this.#config, "", undefined, undefined, "GET", []);
    const quota = this.#config.quotaProject ?? headers.get("x-goog-user-project");
    return { [carrier]: `Bearer ${token}`, ...(quota && { "x-goog-user-project": quota }) };
  }

  /** @param {any} [options] */
  extend(options) {
    const { baseUrl, options: given } = this.#given;
    if (options !== undefined && (typeof options !== "object" || options === null)) throw invalid("the options are not an object.");
    const [before, added] = [own(given, "headers"), own(options ?? {}, "headers")];
    if (!before || !added) return new Session(baseUrl, { ...given, ...options });
    const headers = new Headers(before);
    for (const [name, value] of readHeaders(added) ?? []) headers.set(name, value);
    return new Session(baseUrl, { ...given, ...options, headers });
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
  #verb(method, input, init) {
    const slot = this.#slot;
    const known = this.#known;
    if (slot === undefined || known === undefined || init !== undefined || !this.#isUsable(slot)) return this.#slowly(method, input, init);
    const config = this.#config;
    let url;
    try {
      url = below(config, known.place, input);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    const limit = deadline(config.timeout);
    const { token } = slot;
    const whole = {
      __proto__: null,
      method,
      headers: this.#plainHeaders(slot),
      redirect: /** @type {const} */ ("manual"),
      signal: limit.signal,
    };
    const sent = config.fetch ? config.fetch(url, whole) : globalThis.fetch(url, whole);
    return sent.then(
      (response) => {
        if (!isFinal(response)) return this.#goOn(url, method, slot, token, limit, response);
        limit.met();
        return response;
      },
      (thrown) => {
        limit.met();
        throw limit.reason(thrown);
      },
    );
  }

  /**
   * A call that was sent the fast way goes on the slow way, its first answer in hand.
   *
   * @param {string} url
   * @param {string} method
   * @param {Slot} slot
   * @param {string} token
   * @param {import("./deadline.js").Limit} limit
   * @param {Response} response
   */
  async #goOn(url, method, slot, token, limit, response) {
    try {
      const { target, headers } = await this.#facts();
      return await send(
        this.#config,
        target,
        draft(this.#config, url, undefined, undefined, method, headers),
        slot,
        limit.signal,
        response,
        token,
      );
    } catch (thrown) {
      throw limit.reason(thrown);
    } finally {
      limit.met();
    }
  }

  /**
   * @param {string | undefined} verb
   * @param {string} input
   * @param {any} init
   */
  async #slowly(verb, input, init) {
    await this.#awake();
    const { place } = await this.#facts();
    return this.#send(below(this.#config, place, input), init, undefined, verb);
  }

  /**
   * @param {string} href
   * @param {any} init
   * @param {Request | undefined} request
   * @param {string | undefined} verb
   */
  async #send(href, init, request, verb) {
    const { target, headers } = await this.#facts();
    const call = draft(this.#config, href, init, request, verb, headers);
    const limit = deadline(call.timeout, call.signal);
    try {
      if (!this.#slot || !this.#isUsable(this.#slot))
        this.#slot = await this.#lasting(acquire(this.#config, target, mode.usual, limit.signal));
      return await send(this.#config, target, call, this.#slot, limit.signal);
    } catch (thrown) {
      throw limit.reason(thrown);
    } finally {
      limit.met();
    }
  }

  /**
   * @param {Target} target
   * @param {any} options
   */
  async #token(target, options) {
    if (typeof options !== "object" || options === null) throw invalid("the options of a token are not an object.");
    const limit = deadline(this.#config.timeout, own(options, "signal"));
    try {
      return await this.#lasting(acquire(this.#config, target, own(options, "forceRefresh") ? mode.forced : mode.usual, limit.signal));
    } finally {
      limit.met();
    }
  }

  async #awake() {
    if (this.#disposed) throw new AuthError("session_disposed", "the session was disposed of before this call. Create another one.");
    await ready();
  }

  async #facts() {
    if (this.#known) return this.#known;
    const config = this.#config;
    const place = findPlace(config);
    const [service, revision] = [host.env("K_SERVICE"), host.env("K_REVISION")];
    const agent = config.userAgent ?? (service && revision ? `${service}/${revision}` : undefined);
    /** @type {[string, string][]} */
    const headers = [];
    if (agent) headers.push(["user-agent", agent]);
    if (config.quotaProject) headers.push(["x-goog-user-project", config.quotaProject]);
    if (!config.keepAlive && host.canClose) headers.push(["connection", "close"]);
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
    if (this.#known) this.#lasting(acquire(this.#config, this.#known.target, mode.early, undefined)).catch(() => {});
    return true;
  }

  /** @param {Slot} slot */
  #plainHeaders(slot) {
    if (this.#plain?.token !== slot.token) {
      const { headers, carrier } = draft(this.#config, "", undefined, undefined, "GET", this.#known?.headers ?? []);
      headers.set(carrier, `Bearer ${slot.token}`);
      this.#plain = { token: slot.token, headers: Object.fromEntries(headers) };
    }
    return this.#plain.headers;
  }

  /**
   * On hosts that end what a request leaves behind, others may wait for this.
   *
   * @template T
   * @param {Promise<T>} promise
   */
  #lasting(promise) {
    const waitUntil = this.#config.waitUntil ?? host.waitUntil;
    waitUntil?.(promise.catch(() => {}));
    return promise;
  }
}
