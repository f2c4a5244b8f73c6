import { json } from "./answers.js";
import { oauthAnswer } from "./oauth-answer.js";
import { OAuthError } from "./oauth-error.js";
import { readForm } from "./read-form.js";

/**
 * `POST /revoke`, RFC 7009: with one token ends all that its person granted to the client, as at Google.
 *
 * @param {import("./call.js").Call} call
 */
export function revoke(call) {
  const { state, request, query } = call;
  /** @type {import("../index.js").TokenLog} */
  const log = (call.entry.token = { grant: null, issuer: null, kid: null, kind: null });
  return oauthAnswer(call, log, async () => {
    const token = (await readForm(request)).get("token") ?? new URLSearchParams(query).get("token");
    if (!token) throw new OAuthError("invalid_request", "Missing required parameter: token");
    const user = state.users.find(token) ?? state.accessTokens.get(token)?.user;
    if (!user || user.ended || user.state === "revoked") throw new OAuthError("invalid_token", "Token expired or revoked");
    log.subject = user.principal;
    for (const one of [user, ...state.users.of(user.sub, user.clientId)]) state.users.end(one);
    user.person?.granted.delete(user.clientId);
    return json({});
  });
}
