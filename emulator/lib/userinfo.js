import { json } from "./answers.js";
import { OAuthError } from "./oauth-error.js";
import { oauthAnswer } from "./oauth-answer.js";
import { profileOf } from "./people.js";
import { readForm } from "./read-form.js";
import { areGranted, showsEmail } from "./scopes.js";
import { verifyIdToken } from "./id-token.js";
import { findAccessToken } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */

/**
 * `/v1/userinfo`, OpenID Connect Core 1.0 section 5.3.
 *
 * @param {Call} call
 */
export function userinfo({ state, request, entry }) {
  const [, token = ""] = /^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  const found = findAccessToken(state, token);
  const user = found?.user;
  if (!found || !user || !areGranted(found.scopes, ["openid"])) {
    entry.outcome = "invalid_token";
    // RFC 6750 section 3.1.
    const headers = { "www-authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"' };
    return json({ error: "invalid_request", error_description: "Invalid Credentials" }, { status: 401, headers });
  }
  return json({
    sub: user.sub,
    ...(user.person ? profileOf(user.person, found.scopes) : {}),
    ...(showsEmail(found.scopes) ? { email: user.email, email_verified: true } : {}),
  });
}

/**
 * `POST /tokeninfo`: what a token is good for.
 *
 * @param {Call} call
 */
export function tokeninfo(call) {
  const { state, request } = call;
  /** @type {import("../index.js").TokenLog} */
  const log = (call.entry.token = { grant: null, issuer: null, kid: null, kind: null });
  return oauthAnswer(call, log, async () => {
    const form = await readForm(request);
    const idToken = form.get("id_token");
    if (idToken) {
      const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payloadOf(idToken)), (c) => c.charCodeAt(0))));
      const verified = await verifyIdToken(state, idToken, [claims.aud]);
      if ("refused" in verified) throw new OAuthError("invalid_token", "Invalid Value");
      return json(Object.fromEntries(Object.entries(verified.claims).map(([name, value]) => [name, String(value)])));
    }
    const found = findAccessToken(state, form.get("access_token") ?? "");
    if (!found) throw new OAuthError("invalid_token", "Invalid Value");
    const { user, scopes, expiresAt } = found;
    const seconds = Math.floor((expiresAt - state.clock.now()) / 1000);
    return json({
      ...(user ? { azp: user.clientId, aud: user.clientId, sub: user.sub } : {}),
      scope: scopes.join(" "),
      exp: String(Math.floor(expiresAt / 1000)),
      expires_in: String(seconds),
      ...(user && showsEmail(scopes) ? { email: user.email, email_verified: "true" } : {}),
      access_type: "offline",
    });
  });
}

/** @param {string} token */
function payloadOf(token) {
  const [, payload = ""] = token.split(".");
  return /^[\w-]+$/.test(payload) ? payload.replaceAll("-", "+").replaceAll("_", "/") : btoa("{}");
}
