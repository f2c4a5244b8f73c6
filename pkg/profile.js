// What a provider says of a user (OpenID Connect Core 1.0, section 5.3).
import { fetchBy, host } from "./core.js";
import { within } from "./deadline.js";
import { timesOf } from "./deeds.js";
import { AuthError } from "./errors.js";
import { isFunction, isObject, isString } from "./options.js";
import { readShared } from "./user/options.js";

const GOOGLE = "https://openidconnect.googleapis.com/v1/userinfo";

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
  return within(config.timeout, signal, async (limit) => {
    const need = { scopes: ["openid"], signal: limit ?? new AbortController().signal };
    const given = await credential(need);
    const token = isString(given) ? given : given.token;
    let response;
    try {
      const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
      response = await fetchBy(config, url, { headers, redirect: "manual", signal: limit });
    } catch (thrown) {
      limit?.throwIfAborted();
      const error = new AuthError("exchange_unavailable", "the provider's userinfo endpoint could not be reached. Try again later.", true);
      throw Object.assign(error, { cause: thrown });
    }
    if (!response.ok) throw refused(response);
    const claims = await response.json().catch(() => undefined);
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

/** @param {Response} response */
function refused(response) {
  const { status } = response;
  const [, retryAfter] = timesOf(response);
  response.body?.cancel().catch(() => {});
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
