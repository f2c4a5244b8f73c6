import { isSignedBy, parseAssertion } from "./assertion.js";
import { parseScopes } from "./scopes.js";

const MAX_LIFETIME = 3600;
const SKEW = 300;

/**
 * Checks a JWT that a service account signed itself, AIP-4111. Undefined where anything is wrong with it.
 *
 * @param {import("./call.js").Call} call
 * @param {string} jwt
 * @param {string} api the API's name in its host
 * @returns {Promise<{ principal: string, scopes: string[] | undefined } | undefined>}
 */
export async function verifySelfSigned({ state, origins }, jwt, api) {
  const { header, claims } = tryParse(jwt) ?? {};
  if (!header || !claims || header.alg !== "RS256") return undefined;
  const account = typeof claims.iss === "string" ? state.accounts.find(claims.iss) : undefined;
  // AIP-4111: issuer and subject are the account, and the key is named.
  if (!account || claims.sub !== account.email || typeof header.kid !== "string") return undefined;
  if (!(await isSignedBy(jwt, header.kid, account))) return undefined;

  const { iat, exp, aud, scope } = claims;
  const now = state.clock.now() / 1000;
  if (typeof iat !== "number" || typeof exp !== "number") return undefined;
  if (exp <= now || iat > now + SKEW || exp - iat > MAX_LIFETIME) return undefined;

  if (scope !== undefined) {
    const scopes = parseScopes(scope);
    return scopes && { principal: account.email, scopes };
  }
  // With the slash at the end: AIP-4111 wants it.
  const audiences = [`https://${api}.${account.universe}/`, ...origins.map((origin) => `${origin}/`)];
  return audiences.includes(/** @type {string} */ (aud)) ? { principal: account.email, scopes: undefined } : undefined;
}

/** @param {string} jwt */
function tryParse(jwt) {
  try {
    return parseAssertion(jwt);
  } catch {
    return undefined;
  }
}
