import { authorizationCode } from "./authorization-code.js";
import { deviceGrant } from "./device.js";
import { jwtBearer } from "./jwt-bearer.js";
import { oauthAnswer } from "./oauth-answer.js";
import { OAuthError } from "./oauth-error.js";
import { readForm } from "./read-form.js";
import { refreshToken } from "./refresh-token.js";
import { underFault } from "./under-fault.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("../index.js").TokenLog} TokenLog */

/** @type {Map<string, (call: Call, form: URLSearchParams, log: TokenLog) => Promise<Response>>} */
const grants = new Map([
  ["urn:ietf:params:oauth:grant-type:jwt-bearer", jwtBearer],
  ["refresh_token", refreshToken],
  ["authorization_code", authorizationCode],
  ["urn:ietf:params:oauth:grant-type:device_code", deviceGrant],
]);

/**
 * `POST /token`, RFC 6749 section 3.2.
 *
 * @param {Call} call
 */
export function token(call) {
  /** @type {TokenLog} */
  const log = (call.entry.token = { grant: null, issuer: null, kid: null, kind: null });
  return oauthAnswer(call, log, async () => {
    const form = await readForm(call.request);
    const grant = form.get("grant_type") ?? "";
    const answer = grants.get(grant);
    // Google leaves the value out of its message only when there was none.
    if (!answer) throw new OAuthError("unsupported_grant_type", `Invalid grant_type: ${grant}`);
    log.grant = grant;
    if (answer !== refreshToken) return answer(call, form, log);

    // Only now is it known which endpoint this is, for the faults that wait for this grant alone.
    call.entry.endpoint = "refresh";
    return underFault(call, call.entry, () => oauthAnswer(call, log, () => answer(call, form, log)));
  });
}
