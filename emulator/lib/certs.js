import { json } from "./answers.js";
import { signingCertificate } from "./signing-certificate.js";
import { ISSUER } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */

/**
 * `GET /oauth2/v3/certs`: the keys that ID tokens are signed with, RFC 7517.
 *
 * @param {Call} call
 */
export async function certs({ state }) {
  const keys = (await state.signingKeys.all()).map((key) => key.jwk);
  return json({ keys }, { headers: cacheHeaders(state) });
}

/**
 * `GET /oauth2/v1/certs`: the same keys as certificates in PEM, by key id. Google's libraries for Node and Python verify with these.
 *
 * @param {Call} call
 */
export async function pemCerts({ state }) {
  const keys = await state.signingKeys.all();
  const certificates = keys.map(async (key) => [key.kid, await signingCertificate(key)]);
  return json(Object.fromEntries(await Promise.all(certificates)), { headers: cacheHeaders(state) });
}

/** @param {import("./state.js").State} state */
function cacheHeaders(state) {
  // Google answers from caches of its own: the answer ages from the first time it was asked for, and is then made anew.
  const now = state.clock.now();
  state.certsSince ??= now;
  const age = Math.floor(Math.max(0, now - state.certsSince) / 1000) % Math.max(state.jwksMaxAge, 1);
  return { "cache-control": `public, max-age=${state.jwksMaxAge}, must-revalidate, no-transform`, age: String(age) };
}

/**
 * `GET /.well-known/openid-configuration`, OpenID Connect Discovery 1.0 section 4. Names Google's issuer, since that is what the
 * tokens name, and the emulator's endpoints.
 *
 * @param {Call} call
 */
export function discovery({ origins: [origin] }) {
  return json(
    {
      issuer: ISSUER,
      authorization_endpoint: `${origin}/o/oauth2/v2/auth`,
      device_authorization_endpoint: `${origin}/device/code`,
      token_endpoint: `${origin}/token`,
      userinfo_endpoint: `${origin}/v1/userinfo`,
      revocation_endpoint: `${origin}/revoke`,
      jwks_uri: `${origin}/oauth2/v3/certs`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      scopes_supported: ["openid", "email", "profile"],
      token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
      claims_supported: [
        ...["aud", "azp", "email", "email_verified", "exp", "family_name", "given_name"],
        ...["hd", "iat", "iss", "name", "nonce", "picture", "sub"],
      ],
      code_challenge_methods_supported: ["plain", "S256"],
      authorization_response_iss_parameter_supported: true,
      grant_types_supported: [
        ...["authorization_code", "refresh_token"],
        ...["urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
      ],
    },
    { headers: { "cache-control": "public, max-age=3600" } },
  );
}
