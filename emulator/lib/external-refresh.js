import { json } from "./answers.js";
import { authenticateClient, invalidClient } from "./client-auth.js";
import { oauthAnswer } from "./oauth-answer.js";
import { OAuthError } from "./oauth-error.js";
import { readForm } from "./read-form.js";
import { findUser, narrow } from "./refresh-token.js";
import { mintAccessToken } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */

/**
 * `POST /v1/oauthtoken` of the Security Token Service: a workforce identity's refresh token, AIP-4117. The client must prove itself
 * in the header.
 *
 * @param {Call} call
 */
export function externalRefresh(call) {
  /** @type {import("../index.js").StsLog} */
  const log = (call.entry.sts = { grant: null, audience: null, scope: null, subjectTokenType: null, client: null, principal: null });
  return oauthAnswer(call, log, async () => {
    const { state, request } = call;
    const form = await readForm(request);
    if (form.get("grant_type") !== "refresh_token") throw new OAuthError("unsupported_grant_type", "grant_type must be refresh_token");
    log.grant = "refresh_token";
    const client = request.headers.has("authorization") ? authenticateClient(call, form) : undefined;
    if (client === undefined) throw invalidClient("Client authentication is required, as HTTP Basic.");
    log.client = client;

    const used = form.get("refresh_token") ?? "";
    const user = findUser(state, used, client, true);
    log.principal = user.principal;
    const scopes = narrow(user.scopes, form.get("scope"));
    const rotated = state.users.rotate(user, used);
    return json({
      access_token: mintAccessToken(state, { principal: user.principal, scopes }),
      expires_in: state.accessTokenLifetime,
      ...(rotated ? { refresh_token: rotated } : {}),
      token_type: "Bearer",
    });
  });
}
