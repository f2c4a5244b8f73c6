// Tokens in one place for all isolates of a Worker: a Durable Object makes the exchanges, and whoever asks it gets a token
// and its end. The key stays in there.
import { DurableObject } from "cloudflare:workers";
import "./runtime/workerd.js";
import { within } from "./deadline.js";
import { acquire, EARLY, FORCED, timeFor, USUAL } from "./driver.js";
import { AuthError } from "./errors.js";
import { bare, invalid, isFunction, readOptions } from "./options.js";

/** @typedef {import("./options.js").Config} Config */
/** @typedef {import("./driver.js").Slot} Slot */
/** @typedef {import("./driver.js").Target} Target */
/** @typedef {{ code: any, message: string, transient: boolean, retryAfter?: number, server?: object }} Told What of an error crosses */

export class TokenHolder extends DurableObject {
  /** What is under way, by what it is for. In an object, other than in a Worker, a request may await what another one began. @type {Map<string, Promise<Slot>>} */
  #pending = new Map();
  /** @type {Promise<Config> | undefined} */
  #config;

  /** @param {any} [_env] @returns {any} */
  static options(_env) {
    throw invalid("a class that extends TokenHolder has no static options(env) { return { credential: env.… }; }.");
  }

  /**
   * For `heldIn`: a token, or why there is none. An error is a value here, as classes do not cross.
   *
   * @param {boolean} access
   * @param {string} wanted
   * @param {string} [refused] The token that will not do, if it is still held
   * @returns {Promise<{ token: string, expiresAt: number } | { error: Told }>}
   */
  async token(access, wanted, refused) {
    try {
      const config = await (this.#config ??= this.#read());
      let slot = await this.#once(config, [access, wanted], USUAL);
      if (slot.token === refused) slot = await this.#once(config, [access, wanted], FORCED);
      else if (timeFor(slot) >= slot.refreshAt) this.ctx.waitUntil(this.#once(config, [access, wanted], EARLY).catch(() => {}));
      return { token: slot.token, expiresAt: slot.expiresAt };
    } catch (/** @type {any} */ thrown) {
      // Whatever was wrong with the options may have been put right.
      this.#config = undefined;
      return { error: told(thrown) };
    }
  }

  async #read() {
    // Each method of an instance can be called by whoever has the binding, and would hand out the credential.
    if ("options" in this) throw invalid("options(env) of a class that extends TokenHolder has to be static: others could call it.");
    const { options } = /** @type {typeof TokenHolder} */ (this.constructor);
    // A base there has to be; no call is made from here.
    return readOptions("https://localhost", bare("what options(env) gave", await options.call(this.constructor, this.env)));
  }

  /**
   * One exchange for all who ask while it is under way.
   *
   * @param {Config} config
   * @param {Target} target
   * @param {number} how
   */
  #once(config, target, how) {
    const key = [how, ...target].join(" ");
    let slot = this.#pending.get(key);
    if (!slot) {
      slot = within(config.timeout, undefined, (signal, ends) => acquire(config, target, how, ends, signal));
      slot = slot.finally(() => this.#pending.delete(key));
      this.#pending.set(key, slot);
    }
    return slot;
  }
}

/**
 * @param {() => any} binding
 * @returns {import("./index.d.ts").CredentialFunction}
 */
export function heldIn(binding) {
  if (!isFunction(binding)) throw invalid("heldIn takes a function that gives the binding: heldIn(() => env.TOKENS).");
  return async ({ audience, scopes }) => {
    const namespace = binding();
    if (!isFunction(namespace?.idFromName))
      throw invalid("what heldIn was given gives no Durable Object namespace. Bind the class that extends TokenHolder.");
    const target = /** @type {Target} */ (scopes ? [true, scopes.join(" ")] : [false, audience]);
    // Neither object nor stub is kept: a stub belongs to one request, and is of no use once its object was reset.
    const answer = await namespace
      .get(namespace.idFromName(target.join(" ")))
      .token(...target)
      .catch(unreached);
    if (answer.error) throw heard(answer.error);
    return { token: answer.token, expiresAt: answer.expiresAt };
  };
}

/**
 * What of an error crosses. A stranger's may show what the options are made of.
 *
 * @param {any} thrown
 * @returns {Told}
 */
function told(thrown) {
  const { code, message, transient, retryAfter, server } =
    thrown instanceof AuthError
      ? /** @type {any} */ (thrown)
      : new AuthError(
          "credential_function_failed",
          `the options of the Durable Object's class failed with ${thrown?.name || "what is no error"}.`,
        );
  return { code, message, transient, retryAfter, server };
}

/** @param {Told} error */
function heard({ code, message, transient, retryAfter, server }) {
  return Object.assign(new AuthError(code, message, transient), retryAfter && { retryAfter }, server && { server });
}

/**
 * The runtime's own error where no answer came: an object that was reset or moved, or has too much to do, is there for the next try.
 * What is thrown over there is none of ours: `token` never does.
 *
 * @param {any} thrown
 * @returns {never}
 */
function unreached(thrown) {
  const { message, remote, retryable, overloaded, durableObjectReset } = thrown;
  if (remote && !retryable && !overloaded && !durableObjectReset) throw invalid(`the bound class does not extend TokenHolder: ${message}`);
  throw new AuthError(
    "exchange_unavailable",
    `the Durable Object that holds the tokens did not answer: ${message}. Try again later.`,
    true,
  );
}
