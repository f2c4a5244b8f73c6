import { SignJWT } from "jose";
import { requireText } from "./check.js";
import { json } from "./answers.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./call.js").Call} Call */

/** Where the issuer of subject tokens is. It stands for somebody else's, such as a CI system's. */
export const ISSUER_PATH = "/_oidc";

/**
 * Signs an ID token of somebody else, to be exchanged for Google's.
 *
 * @param {State} state
 * @param {import("../index.js").SubjectTokenOptions & { issuer: string }} options
 */
export async function mintSubjectToken(state, { subject, audience, issuer, lifetime = 600, claims = {} }) {
  requireText({ subject, issuer });
  const key = await state.subjectKeys.current();
  const iat = Math.floor(state.clock.now() / 1000);
  const payload = { iss: issuer, sub: subject, aud: audience, iat, nbf: iat, exp: iat + lifetime, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: key.kid, typ: "JWT" }).sign(key.privateKey);
}

/**
 * `GET /_oidc/.well-known/openid-configuration`, OpenID Connect Discovery 1.0 section 4.
 *
 * @param {Call} call
 */
export function issuerDiscovery({ origins: [origin] }) {
  return json({
    issuer: origin + ISSUER_PATH,
    jwks_uri: `${origin}${ISSUER_PATH}/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    claims_supported: ["aud", "exp", "iat", "iss", "nbf", "sub"],
  });
}

/**
 * `GET /_oidc/jwks`
 *
 * @param {Call} call
 */
export async function issuerKeys({ state }) {
  return json({ keys: (await state.subjectKeys.all()).map((key) => key.jwk) });
}
