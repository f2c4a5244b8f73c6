import { compactVerify, decodeProtectedHeader } from "jose";
import { ISSUER } from "./tokens.js";

/** @typedef {import("../index.js").Claims} Claims */

/**
 * Checks an ID token as Cloud Run's front end does.
 *
 * @param {import("./state.js").State} state
 * @param {string} token
 * @param {string[]} audiences
 * @param {string[]} [clients] OAuth clients whose users are let in as well
 * @returns {Promise<{ claims: Claims } | { refused: string }>}
 */
export async function verifyIdToken(state, token, audiences, clients = []) {
  const claims = await verifiedClaims(state, token);
  if (!claims) return { refused: "the token is not a JWT signed with a published key" };
  if (claims.iss !== ISSUER) return { refused: "wrong issuer" };
  if (typeof claims.exp !== "number" || claims.exp * 1000 <= state.clock.now()) return { refused: "the token has expired" };
  // A service account may ask for any audience, so that only `azp` tells who is a client's user.
  const isUser = claims.aud === claims.azp && clients.includes(claims.azp);
  if (!isUser && !audiences.includes(claims.aud)) return { refused: "wrong audience" };
  if (typeof claims.email !== "string" || claims.email_verified !== true) return { refused: "no verified email" };
  return { claims };
}

/**
 * @param {import("./state.js").State} state
 * @param {string} token
 * @returns {Promise<Claims | undefined>}
 */
async function verifiedClaims(state, token) {
  // RFC 7515 section 2: base64url without padding. jose would let the standard alphabet pass.
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  try {
    const key = state.signingKeys.find(String(decodeProtectedHeader(token).kid));
    if (!key) return undefined;
    const { payload } = await compactVerify(token, key.publicKey, { algorithms: ["RS256"] });
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}
