import { compactVerify, createLocalJWKSet } from "jose";
import { parseAssertion } from "./assertion.js";
import { OAuthError } from "./oauth-error.js";

/** @typedef {import("./call.js").Call} Call */

const MAX_LIFETIME = 86_400;
const ALGORITHMS = ["RS256", "ES256"];

/**
 * Verifies an OpenID Connect ID token of a provider's issuer, and answers its subject.
 *
 * @param {Call} call
 * @param {import("./providers.js").OidcProvider} provider
 * @param {string} token
 */
export async function verifyJwt(call, { audience, issuer, jwks, allowedAudiences }, token) {
  const { claims } = parseAssertion(token);
  // The emulator's own issuer has as many names as the emulator.
  const issuers = issuer === undefined ? call.origins.map((origin) => `${origin}/_oidc`) : [issuer];
  if (typeof claims.iss !== "string" || !issuers.includes(claims.iss)) {
    throw invalid(`The issuer in ID Token ${claims.iss} does not match the expected ones: ${issuers.join(", ")}`);
  }

  const keys = jwks ?? { keys: (await call.state.subjectKeys.all()).map((key) => key.jwk) };
  try {
    await compactVerify(token, createLocalJWKSet(/** @type {import("jose").JSONWebKeySet} */ (keys)), { algorithms: ALGORITHMS });
  } catch {
    throw invalid("The signature of the ID Token does not verify with the keys of its issuer.");
  }

  // A provider without a list of its own takes its resource name, with and without https.
  const audiences = allowedAudiences ?? [audience, `https:${audience}`];
  if (![claims.aud].flat().some((aud) => audiences.includes(/** @type {string} */ (aud)))) {
    throw invalid(`The audience in ID Token [${[claims.aud].flat().join(", ")}] does not match the expected audience.`);
  }
  const { iat, exp, sub } = claims;
  const now = call.state.clock.now() / 1000;
  if (typeof iat !== "number" || typeof exp !== "number") throw invalid("The ID Token must have iat and exp.");
  if (exp <= now) throw invalid(`ID Token issued at ${iat} is stale to sign-in.`);
  if (iat > now + 300 || exp - iat > MAX_LIFETIME) throw invalid("The ID Token must be issued in the past and live for 24 hours at most.");
  if (typeof sub !== "string") throw invalid("The ID Token has no sub.");
  return sub;
}

/** @param {string} description */
function invalid(description) {
  return new OAuthError("invalid_grant", description);
}
