import { json } from "./answers.js";
import { sha256, toBase64Url } from "./bytes.js";
import { requireClient } from "./client-auth.js";
import { OAuthError } from "./oauth-error.js";
import { redactText } from "./redact.js";
import { profileOf } from "./people.js";
import { areGranted, parseScopes, showsEmail } from "./scopes.js";
import { mintAccessToken, mintIdToken } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./users.js").User} User */

/**
 * The grant of RFC 6749 section 6: a user's refresh token for an access token and, with the scope openid, an ID token.
 *
 * @param {Call} call
 * @param {URLSearchParams} form
 * @param {import("../index.js").TokenLog} log
 */
export async function refreshToken(call, form, log) {
  const { state } = call;
  const wanted = form.get("scope");
  Object.assign(log, { kind: "access_token", ...(wanted ? { scope: redactText(wanted.slice(0, 2000)) } : {}) });
  const client = requireClient(call, form, log);

  const used = form.get("refresh_token") ?? "";
  const user = findUser(state, used, client, false);
  log.subject = user.principal;
  const scopes = narrow(user.scopes, wanted);
  const accessToken = mintAccessToken(state, { principal: user.principal, scopes, user });
  const rotated = state.users.rotate(user, used);
  return json({
    access_token: accessToken,
    expires_in: state.accessTokenLifetime,
    ...(rotated ? { refresh_token: rotated } : {}),
    scope: scopes.join(" "),
    token_type: "Bearer",
    ...(scopes.includes("openid") ? { id_token: await idTokenOf(state, user, scopes, accessToken) } : {}),
  });
}

/**
 * Whose refresh token this is, RFC 6749 section 5.2.
 *
 * @param {import("./state.js").State} state
 * @param {string | null} token
 * @param {string} client
 * @param {boolean} external whether it is asked at the STS, which knows only workforce identities
 */
export function findUser(state, token, client, external) {
  if (!token) throw new OAuthError("invalid_request", "Missing required parameter: refresh_token");
  const user = state.users.find(token);
  if (!user || user.external !== external) throw new OAuthError("invalid_grant", "Bad Request");
  if (user.clientId !== client) throw new OAuthError("unauthorized_client", "Unauthorized", 401);
  const old = user.refreshToken !== token;
  // RFC 9700 section 4.14.2: whoever has an old one may have stolen it, or been stolen from.
  if (old && user.refresh === "strict") user.state = "revoked";
  if (user.state === "revoked" || (old && !(user.refresh === "leeway" && user.previous === token))) {
    throw new OAuthError("invalid_grant", "Token has been expired or revoked.");
  }
  if (user.state === "reauth") {
    throw new OAuthError("invalid_grant", "reauth related error (invalid_rapt)", 400, {
      error_uri: "https://support.google.com/a/answer/9368756",
      error_subtype: "invalid_rapt",
    });
  }
  return user;
}

/**
 * RFC 6749 section 6: not more than was granted; all of it where nothing is asked for.
 *
 * @param {string[]} granted
 * @param {string | null} wanted
 */
export function narrow(granted, wanted) {
  if (wanted === null || wanted === "") return granted;
  const scopes = parseScopes(wanted);
  if (!scopes || !areGranted(granted, scopes)) {
    throw new OAuthError("invalid_scope", "Some requested scopes were invalid, or are not among those that were granted.");
  }
  return scopes;
}

/**
 * @param {import("./state.js").State} state
 * @param {Pick<User, "clientId" | "sub" | "email" | "person">} user
 * @param {string[]} scopes
 * @param {string} accessToken
 * @param {Record<string, string>} [more]
 */
export async function idTokenOf(state, { clientId, sub, email, person }, scopes, accessToken, more) {
  // OpenID Connect Core 1.0 section 3.1.3.6: the left half of the hash.
  const at_hash = toBase64Url((await sha256(accessToken)).subarray(0, 16));
  // Whatever audience was asked for, it is the client.
  const who = { aud: clientId, azp: clientId, sub, email: showsEmail(scopes) ? email : undefined };
  return mintIdToken(state, who, { at_hash, ...(person && profileOf(person, scopes)), ...more });
}
