// What a provider says of a user (OpenID Connect Core 1.0, section 5.3).
import { host } from "./core.js";
import { within } from "./deadline.js";
import { send } from "./deeds.js";
import { AuthError } from "./errors.js";
import { isFunction, isObject, isString } from "./options.js";
import { readShared } from "./user/options.js";

const GOOGLE = "https://openidconnect.googleapis.com/v1/userinfo";
/** An hour, where there is no limit. */
const LONGEST_MS = 3_600_000;

/**
 * @param {import("./index.d.ts").CredentialFunction} credential
 * @param {import("./user.d.ts").ProfileOptions} [options]
 * @returns {Promise<import("./user.d.ts").User>}
 */
export async function getProfile(credential, options) {
  const { given, config } = readShared("getProfile", options, ["endpoint", "signal"]);
  if (!isFunction(credential))
    throw new AuthError("invalid_option", "what getProfile takes is no credential: give what createUserCredential gives.");
  const { endpoint, signal } = given;
  const emulator = config.endpoints ?? host.env("CLOUD_RUN_AUTH_EMULATOR");
  const url = isString(endpoint) ? endpoint : emulator ? new URL("/v1/userinfo", emulator).href : GOOGLE;
  if (!/^https:|^http:\/\/(localhost|\[::1\]|127(\.\d+){3})[:/]/.test(url))
    throw new AuthError("invalid_option", "the option endpoint is no https URL.");
  return within(config.timeout, signal, async (limit = new AbortController().signal) => {
    const given = await credential({ scopes: ["openid"], signal: limit });
    const headers = ["authorization", `Bearer ${isString(given) ? given : given.token}`, "accept", "application/json"];
    const [text = "", status = 0, , retryAfter = 0] = await send(
      config,
      ["GET", url, `${config.timeout || LONGEST_MS}`, "", "", ...headers],
      limit,
    ).catch((thrown) => {
      limit.throwIfAborted();
      const error = new AuthError("exchange_unavailable", "the provider's userinfo endpoint could not be reached. Try again later.", true);
      throw Object.assign(error, { cause: thrown });
    });
    if (status < 200 || status > 299) throw refused(status, retryAfter);
    const claims = parsed(text);
    if (!isObject(claims) || !isString(claims.sub))
      throw new AuthError("invalid_answer", "the provider's userinfo endpoint gave no profile. Look for a proxy in between.", true);
    return userOf(claims);
  });
}

/**
 * A user by his claims, of an ID token or of a profile.
 *
 * @param {any} claims
 * @returns {import("./user.d.ts").User}
 */
export function userOf(claims) {
  const text = (/** @type {string} */ name) => (Object.hasOwn(claims, name) && isString(claims[name]) ? claims[name] : undefined);
  return {
    id: claims.sub,
    email: text("email"),
    // Some providers say it in words.
    emailVerified: Object.hasOwn(claims, "email_verified") ? String(claims.email_verified) === "true" : undefined,
    name: text("name"),
    givenName: text("given_name"),
    familyName: text("family_name"),
    picture: text("picture"),
    hd: text("hd"),
    claims,
  };
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    // Its own error would show what is in it.
  }
}

/**
 * @param {number} status
 * @param {number} retryAfter NaN where nothing was said
 */
function refused(status, retryAfter) {
  const transient = status === 429 || status >= 500;
  const [code, what] =
    status === 401
      ? /** @type {const} */ (["login_required", "no longer takes the user's token. Log the user in again."])
      : status === 403
        ? /** @type {const} */ (["scopes_missing", "does not take a token without the scope openid. Log the user in again and ask for it."])
        : transient
          ? /** @type {const} */ (["exchange_unavailable", "could not answer. Try again later."])
          : /** @type {const} */ (["invalid_answer", "gave no profile. Look at its URL."]);
  const error = new AuthError(code, `the provider's userinfo endpoint ${what} (HTTP ${status})`, transient);
  return Object.assign(error, { server: { status } }, retryAfter > 0 && { retryAfter });
}
