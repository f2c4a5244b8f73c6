// Whether whoever calls may: ID tokens, verified. The core decides what is believed, and when keys are fetched.
import { host } from "./core.js";
import { within } from "./deadline.js";
import { drive } from "./drive.js";
import { invalid, isFunction, isObject, isString } from "./options.js";
import { ask, ready } from "./verify/core.js";
import { deed } from "./verify/deeds.js";
import { readVerifier } from "./verify/options.js";
import { refusal } from "./verify/refusal.js";
import { canVerify } from "./verify/signature.js";

/** More than a token may have characters. */
const LONGEST = 17_000;
/** @type {WeakMap<object, import("./verify.d.ts").Caller>} */
const callers = new WeakMap();

/**
 * @param {import("./verify.d.ts").VerifierOptions} options
 * @returns {import("./verify.d.ts").IdTokenVerifier}
 */
export function createIdTokenVerifier(options) {
  const { fields, header, timeout, config } = readVerifier(options);

  /**
   * @param {string} came
   * @param {boolean} isHeader Whether it is an `Authorization` header, and not the token alone
   * @param {AbortSignal} signal
   */
  async function checked(came, isHeader, signal) {
    await canVerify();
    await ready();
    const [claims] = await drive(
      [0, 0],
      (check, event) => ask(["c", Date.now(), performance.now(), ...fields, ...check, isHeader, came, ...event]),
      deed,
      { config, signal },
    );
    return claims;
  }

  return {
    async verify(from, { signal } = {}) {
      const [came, isHeader] = isString(from) ? [from, false] : headerOf(from, header);
      // A zero character parts fields, and no token has one; of one that is too long, enough for the core to refuse it.
      const token = came.slice(0, LONGEST).replaceAll("\0", "\ufffd");
      const checking = within(timeout, signal, (limit) => checked(token, isHeader, limit ?? new AbortController().signal));
      // Whoever fetches keys does it for others, too: a caller who goes away does not take them along.
      host.waitUntil?.(checking.catch(() => {}));
      return callerOfClaims(JSON.parse(await checking));
    },
  };
}

/**
 * @param {import("./verify.d.ts").VerifierOptions} options
 * @returns {import("./verify.d.ts").Guard}
 */
export function requireIdToken(options) {
  const verifier = createIdTokenVerifier(options);

  /** @param {Request} request @returns {Promise<Response | undefined>} Why it may not in */
  async function stopped(request) {
    try {
      callers.set(request, await verifier.verify(request));
    } catch (thrown) {
      const response = refusal(thrown);
      if (!response) throw thrown;
      return response;
    }
  }

  return /** @type {any} */ (
    (/** @type {any} */ given, /** @type {any} */ next) => {
      if (isFunction(given)) {
        if (next !== undefined) throw invalid("requireIdToken(options) takes a handler alone, or is Hono's middleware.");
        return async (/** @type {Request} */ request, /** @type {unknown[]} */ ...rest) =>
          (await stopped(request)) ?? given(request, ...rest);
      }
      const request = given?.req?.raw;
      if (!isObject(request) || !isFunction(next)) throw invalid("requireIdToken(options) takes a handler alone, or is Hono's middleware.");
      return stopped(request).then((response) => response ?? next());
    }
  );
}

/** @param {any} from @returns {import("./verify.d.ts").Caller | undefined} */
export function callerOf(from) {
  return callers.get(from?.req?.raw ?? from);
}

/**
 * @param {any} request A Request, or a message of Node's
 * @param {string} name
 * @returns {[came: string, isHeader: boolean]}
 */
function headerOf(request, name) {
  const headers = isObject(request) ? request.headers : undefined;
  if (!isObject(headers)) throw invalid("what was given is neither a token nor a request with headers.");
  const value = isFunction(headers.get) ? headers.get(name) : Object.hasOwn(headers, name) ? headers[name] : "";
  return [isString(value) ? value : "", name === "authorization"];
}

/** @param {any} claims @returns {import("./verify.d.ts").Caller} */
function callerOfClaims(claims) {
  const { sub, email, email_verified, hd, exp } = claims;
  return { id: sub, email, emailVerified: email_verified, hd, expiresAt: exp * 1000, claims };
}
