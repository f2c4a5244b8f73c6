import { json } from "./answers.js";
import { ISSUER_PATH, mintSubjectToken } from "./issuer.js";

/** @typedef {import("./call.js").Call} Call */

const LIFETIME = 86_400;

/**
 * `GET /metadata/identity/oauth2/token` in the shape of Azure's instance metadata service: a managed identity's token.
 *
 * @param {Call} call
 */
export async function azure({ state, request, query, origins: [origin], entry }) {
  const parameters = new URLSearchParams(query);
  const resource = parameters.get("resource");
  const trouble =
    request.headers.get("metadata")?.toLowerCase() !== "true"
      ? "Required metadata header not specified"
      : !parameters.get("api-version")
        ? "Required query variable 'api-version' is missing"
        : !resource
          ? "Required query variable 'resource' is missing"
          : undefined;
  if (trouble !== undefined) {
    entry.outcome = trouble;
    return json({ error: "invalid_request", error_description: trouble }, { status: 400 });
  }
  const { subject, clientId } = state.azure;
  const now = Math.floor(state.clock.now() / 1000);
  const access_token = await mintSubjectToken(state, {
    issuer: origin + ISSUER_PATH,
    subject,
    audience: String(resource),
    lifetime: LIFETIME,
    claims: { appid: clientId, oid: subject },
  });
  // Azure writes its numbers as strings.
  return json({
    access_token,
    client_id: clientId,
    expires_in: String(LIFETIME - 1),
    expires_on: String(now + LIFETIME),
    ext_expires_in: String(LIFETIME - 1),
    not_before: String(now),
    resource,
    token_type: "Bearer",
  });
}
