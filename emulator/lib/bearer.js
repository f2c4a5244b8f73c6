import { ApiError } from "./api-error.js";
import { verifySelfSigned } from "./self-signed.js";
import { findAccessToken } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */

/**
 * Who calls a Google API: the bearer of an access token, or a service account with a JWT that it signed itself (AIP-4111). An ID
 * token is neither.
 *
 * @param {Call} call
 * @param {string} api the API's name in its host, such as `storage`
 * @param {string[]} scopes of which one is enough
 */
export async function authenticate(call, api, scopes) {
  const { request, state } = call;
  const [, token] = /^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (!token) {
    throw unauthenticated("Request is missing required authentication credential.", "CREDENTIALS_MISSING");
  }
  const known = state.accessTokens.get(token);
  const caller = known ?? (token.startsWith("eyJ") ? await verifySelfSigned(call, token, api) : undefined);
  if (!caller) throw unauthenticated("Request had invalid authentication credentials.", "ACCESS_TOKEN_TYPE_UNSUPPORTED");
  if (known && !findAccessToken(state, token)) {
    throw unauthenticated("Request had invalid authentication credentials.", "ACCESS_TOKEN_EXPIRED");
  }
  // A self-signed JWT with an audience in the place of scopes is good for all of its API.
  if (caller.scopes && !caller.scopes.some((scope) => scopes.includes(scope))) {
    throw new ApiError(403, "Request had insufficient authentication scopes.", { reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT" });
  }
  return caller;
}

/**
 * @param {string} message
 * @param {string} reason
 */
function unauthenticated(message, reason) {
  return new ApiError(401, `${message} Expected OAuth 2 access token, login cookie or other valid authentication credential.`, { reason });
}
