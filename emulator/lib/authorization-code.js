import { json } from "./answers.js";
import { sha256, toBase64Url } from "./bytes.js";
import { requireClient } from "./client-auth.js";
import { OAuthError } from "./oauth-error.js";
import { idTokenOf } from "./refresh-token.js";
import { mintAccessToken } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */
/**
 * @typedef {object} Code what a code stands for
 * @property {import("./authorize.js").Asked} asked
 * @property {import("./people.js").Person} person
 * @property {string[]} scopes that were granted
 * @property {boolean} refreshes whether a refresh token comes with it
 * @property {number} expiresAt
 * @property {import("./users.js").User[]} used what it was exchanged for
 */

/**
 * The grant of RFC 6749 section 4.1.3, with the proof of RFC 7636 section 4.6.
 *
 * @param {Call} call
 * @param {URLSearchParams} form
 * @param {import("../index.js").TokenLog} log
 */
export async function authorizationCode(call, form, log) {
  const { state } = call;
  log.kind = "access_token";
  const client = requireClient(call, form, log);
  const code = state.codes.get(form.get("code") ?? "");
  if (!form.get("code")) throw new OAuthError("invalid_request", "Missing required parameter: code");
  if (!code || code.expiresAt <= state.clock.now()) throw new OAuthError("invalid_grant", "Malformed auth code.");
  if (code.asked.application.id !== client) throw new OAuthError("unauthorized_client", "Unauthorized", 401);
  log.subject = code.person.email;
  // Section 4.1.2: what came of a code that is used twice is good for nothing any more.
  if (code.used.length > 0) {
    for (const user of code.used) state.users.end(user);
    throw new OAuthError("invalid_grant", "Code was already redeemed.");
  }
  if (form.get("redirect_uri") !== code.asked.redirectUri) throw new OAuthError("redirect_uri_mismatch", "Bad Request");
  await prove(code.asked, form.get("code_verifier"));
  return tokensOf(state, code, log);
}

/**
 * The tokens of somebody who has consented.
 *
 * @param {import("./state.js").State} state
 * @param {Omit<Code, "expiresAt">} code
 * @param {import("../index.js").TokenLog} log
 */
export async function tokensOf(state, { asked, person, scopes, refreshes, used }, log) {
  const { application, nonce } = asked;
  log.scope = scopes.join(" ");
  const user = state.users.consent(person, { clientId: application.id, scopes, refresh: application.refresh, refreshes });
  used.push(user);
  const accessToken = mintAccessToken(state, { principal: person.email, scopes, user });
  return json({
    access_token: accessToken,
    expires_in: state.accessTokenLifetime,
    ...(refreshes ? { refresh_token: user.refreshToken } : {}),
    scope: scopes.join(" "),
    token_type: "Bearer",
    ...(scopes.includes("openid") ? { id_token: await idTokenOf(state, user, scopes, accessToken, nonce ? { nonce } : {}) } : {}),
  });
}

/**
 * @param {import("./authorize.js").Asked} asked
 * @param {string | null} verifier
 */
async function prove({ challenge, method }, verifier) {
  if (challenge === undefined && !verifier) return;
  if (!verifier) throw new OAuthError("invalid_grant", "Missing code verifier.");
  const shown = method === "S256" ? toBase64Url(await sha256(verifier)) : verifier;
  if (shown !== challenge) throw new OAuthError("invalid_grant", "Invalid code verifier.");
}
