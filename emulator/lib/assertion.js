import { compactVerify } from "jose";
import { OAuthError } from "./oauth-error.js";

/** @typedef {import("./accounts.js").Account} Account */
/** @typedef {{ header: Record<string, unknown>, claims: Record<string, unknown> }} Assertion */

const MAX_LIFETIME = 3600;
const SKEW = 300;

/**
 * Takes an assertion apart without judging it.
 *
 * @param {string} jwt
 * @returns {Assertion}
 */
export function parseAssertion(jwt) {
  // RFC 7515 section 2: base64url without padding. jose would let the standard alphabet pass.
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(jwt)) throw invalid("Invalid JWT: not three parts of base64url without padding.");
  const [header, claims] = jwt.split(".", 2).map(parsePart);
  if (!header || !claims) throw invalid("Invalid JWT: header and claims must be JSON objects.");
  return { header, claims };
}

/**
 * Checks an assertion as RFC 7523 section 3 and Google ask, and says whose it is. What it asks for is checked apart.
 *
 * @param {string} jwt
 * @param {Assertion} assertion the same, taken apart
 * @param {{ findAccount(email: string): Account | undefined, audiences: string[], now: number }} rules now is in milliseconds
 * @returns {Promise<Account>}
 */
export async function verifyAssertion(jwt, { header, claims }, { findAccount, audiences, now }) {
  // The allow-list decides, not the header.
  if (header.alg !== "RS256") throw invalid("Invalid JWT: the algorithm must be RS256.");
  if (header.typ !== undefined && header.typ !== "JWT") throw invalid("Invalid JWT: the type must be JWT.");

  const account = typeof claims.iss === "string" ? findAccount(claims.iss) : undefined;
  if (!account) throw invalid("Invalid grant: account not found");
  if (!(await isSignedBy(jwt, header.kid, account))) throw invalid("Invalid JWT Signature.");

  checkTimes(claims, Math.floor(now / 1000));
  if (typeof claims.aud !== "string" || !audiences.includes(claims.aud)) {
    throw invalid(`Invalid JWT: Failed audience check. The right audience is ${audiences[0]}`);
  }
  return account;
}

/**
 * @param {Record<string, unknown>} claims
 * @param {number} now in seconds
 */
function checkTimes({ iat, exp }, now) {
  const good = isTime(iat) && isTime(exp) && exp > iat && exp <= iat + MAX_LIFETIME && iat <= now + SKEW && exp > now;
  if (good) return;
  throw invalid(
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
  );
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isTime(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * Whether an account's key signed a JWT.
 *
 * @param {string} jwt
 * @param {unknown} kid
 * @param {Account} account
 */
export async function isSignedBy(jwt, kid, account) {
  // Google's own Node library sends no kid: then any key of the account will do.
  const keys = kid === undefined ? account.keys.values() : [typeof kid === "string" ? account.keys.get(kid) : undefined];
  for (const key of keys) {
    if (!key) continue;
    try {
      await compactVerify(jwt, key, { algorithms: ["RS256"] });
      return true;
    } catch {
      // The next key may fit.
    }
  }
  return false;
}

/**
 * @param {string} part
 * @returns {Record<string, unknown> | undefined}
 */
function parsePart(part) {
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} description */
function invalid(description) {
  return new OAuthError("invalid_grant", description);
}
