// The shell that people hold. With a fresh token a call asks the core once whether its path is good, calls fetch,
// and looks at the answer's status.
import { fetchBy, host, ready } from "./core.js";
import { send } from "./call.js";
import { forget } from "./credential.js";
import { within } from "./deadline.js";
import { carry, draft, headersFor } from "./draft.js";
import { acquire, EARLY, FORCED, timeFor, USUAL } from "./driver.js";
import { AuthError } from "./errors.js";
import { bare, checked, isString, mergedHeaders, readOptions, sorted } from "./options.js";
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

/** @typedef {[place: import("./place.js").Place, target: Target, headers: Headers, audience: string]} Known */

class Session {
  /** @type {Config} */ #config;
  /** The options as they were given. @type {any} */ #given;
  #disposed = false;
  /** What only the core can say, and the headers of every call. @type {Known | undefined} */ #known;
  /** The token of the session's own target. @type {Slot | undefined} */ #slot;
  /** The headers of a call that adds none, with the token that they hold. @type {[token: string, headers: Record<string, string>] | undefined} */ #plain;

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
    return this.#call("GET", input, init);
  }

  /** @param {string} input @param {any} [init] */
  post(input, init) {
    return this.#call("POST", input, init);
  }

  /** @param {string} input @param {any} [init] */
  put(input, init) {
    return this.#call("PUT", input, init);
  }

  /** @param {string} input @param {any} [init] */
  patch(input, init) {
    return this.#call("PATCH", input, init);
  }

  /** @param {string} input @param {any} [init] */
  delete(input, init) {
    return this.#call("DELETE", input, init);
  }

  /** @param {string} input @param {any} [init] */
  head(input, init) {
    return this.#call("HEAD", input, init);
  }

  /** Bound, because it is made to be handed on. @type {(input: string | URL | Request, init?: any) => Promise<Response>} */
  fetch = (input, init) => this.#call(undefined, input, init);

  /** @param {any} [options] */
  async getIdToken(options) {
    return (await this.#token(false, options)).token;
  }

  /** @param {any} [options] */
  async getAccessToken(options) {
    return (await this.#token(true, options)).token;
  }

  /** @param {any} [options] */
  async authorizationHeaders(options) {
    const [, target, sessions] = await this.#facts();
    const [headers, carrier] = headersFor(this.#config, sessions);
    carry(headers, carrier, target, await this.#token(target[0], options));
    const quota = headers.get("x-goog-user-project");
    return { [carrier]: headers.get(carrier), ...(quota && { "x-goog-user-project": quota }) };
  }

  /** @param {any} [more] */
  extend(more) {
    // The headers as they were read: what they came in may have changed since, or may be read only once.
    const given = { ...this.#given, headers: this.#config.headers };
    const added = bare("options", more);
    /** @type {any} */
    const options = { ...given, ...added };
    if (given.headers && added.headers) options.headers = mergedHeaders(given.headers, added.headers);
    return new Session(this.#config.base, options);
  }

  dispose() {
    this.#disposed = true;
    forget(this.#config);
    this.#slot = this.#plain = undefined;
  }

  [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
    this.dispose();
  }

  /**
   * @param {string | undefined} verb None where the input may be absolute, too
   * @param {any} input
   * @param {any} init
   */
  async #call(verb, input, init) {
    const config = this.#config;
    const slot = this.#slot;
    // The way of most calls: nothing is built but what fetch gets.
    if (verb && init === undefined && this.#known && slot && timeFor(slot) < slot.refreshAt && !this.#disposed) {
      const [place, target, headers] = this.#known;
      const url = below(config, place, input);
      return within(config.timeout, undefined, async (signal, ends) => {
        const plain = this.#plainHeaders(slot);
        const [token] = plain;
        const sent = fetchBy(config, url, { __proto__: null, method: verb, headers: plain[1], redirect: "manual", signal });
        try {
          const response = await sent;
          if (response.ok) return response;
        } catch {
          // It is seen again by whoever may send once more.
        }
        return send(config, target, draft(config, url, headers, verb), slot, signal, ends, sent, token);
      });
    }
    const [place, target, headers] = await this.#facts();
    const request = input instanceof Request ? input : undefined;
    const isPath = verb || (isString(input) && !/^[a-z][a-z0-9+.-]*:/i.test(input));
    const href = isPath ? below(config, place, input) : absolute(place, request?.url ?? input);
    const call = draft(config, href, headers, verb, init, init instanceof Request ? init : request);
    const [, , { signal }, , , retry, timeout] = call;
    return within(timeout, signal, async (signal, ends) =>
      send(config, target, call, await this.#usual(target, ends, signal, retry), signal, ends),
    );
  }

  /**
   * @param {Slot} slot
   * @returns {[token: string, headers: Record<string, string>]}
   */
  #plainHeaders(slot) {
    const { token } = slot;
    if (this.#plain?.[0] !== token) {
      const [, target, sessions] = /** @type {Known} */ (this.#known);
      const [headers, carrier] = headersFor(this.#config, sessions);
      carry(headers, carrier, target, slot);
      this.#plain = [token, Object.fromEntries(headers)];
    }
    return this.#plain;
  }

  /**
   * What a call asks for by itself.
   *
   * @param {boolean} access
   * @param {any} options
   */
  async #token(access, options) {
    const [, , , audience] = await this.#facts();
    const config = this.#config;
    const given = bare("options", options);
    const scopes = given.scopes ?? config.scopes ?? ["https://www.googleapis.com/auth/cloud-platform"];
    const wanted = access ? sorted(checked("scopes", scopes)) : checked("audience", given.audience ?? audience);
    return within(config.timeout, given.signal, (signal, ends) =>
      this.#acquired([access, wanted], given.forceRefresh ? FORCED : USUAL, ends, signal),
    );
  }

  async #facts() {
    if (this.#disposed) throw new AuthError("session_disposed", "the session was disposed of. Create another one.");
    if (this.#known) return this.#known;
    const config = this.#config;
    await within(config.timeout, undefined, ready);
    const [place, usual] = findPlace(config);
    const { audience = usual, scopes } = config;
    const [service, revision] = [host.env("K_SERVICE"), host.env("K_REVISION")];
    const headers = /** @type {[string, string][]} */ (
      [
        ["user-agent", config.userAgent ?? (service && revision && `${service}/${revision}`)],
        ["x-goog-user-project", config.quotaProject ?? (scopes && host.env("GOOGLE_CLOUD_QUOTA_PROJECT"))],
        ["connection", config.keepAlive === false && host.canClose && "close"],
      ].filter(([, value]) => value)
    );
    const target = /** @type {Target} */ (scopes ? [true, sorted(scopes)] : [false, audience]);
    return (this.#known = [place, target, mergedHeaders(headers, config.headers), audience]);
  }

  /**
   * The token of every call.
   *
   * @param {Target} target
   * @param {number} ends
   * @param {AbortSignal} [signal]
   * @param {import("./options.js").Retry} [retry]
   */
  async #usual(target, ends, signal, retry) {
    const slot = this.#slot;
    if (!slot || timeFor(slot) >= slot.expiresAt) return (this.#slot = await this.#acquired(target, USUAL, ends, signal, retry));
    this.#renew(target, slot);
    return slot;
  }

  /**
   * A token; one that is about to end is renewed on the way.
   *
   * @param {Target} target
   * @param {number} how
   * @param {number} ends
   * @param {AbortSignal} [signal]
   * @param {import("./options.js").Retry} [retry]
   */
  async #acquired(target, how, ends, signal, retry) {
    const acquiring = acquire(this.#config, target, how, ends, signal, retry);
    // On hosts that end what a request leaves behind, others may wait for it.
    const waitUntil = this.#config.waitUntil ?? host.waitUntil;
    waitUntil?.(acquiring.catch(() => {}));
    const slot = await acquiring;
    if (how === USUAL) this.#renew(target, slot);
    return slot;
  }

  /**
   * Has a new token got in the background, if the one that is had is about to end.
   *
   * @param {Target} target
   * @param {Slot} slot
   */
  #renew(target, slot) {
    const now = timeFor(slot);
    // Without an end of its own one that hangs would keep all others from going, for ever.
    if (now >= slot.refreshAt && now < slot.expiresAt)
      within(this.#config.timeout, undefined, (signal, ends) => this.#acquired(target, EARLY, ends, signal)).catch(() => {});
  }
}
