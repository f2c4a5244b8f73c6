import { SignJWT } from "jose";
import { randomHex } from "./random.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../index.js").Claims} Claims */
/** @typedef {{ email: string, scopes: string[], expiresAt: number }} AccessToken */

export const ISSUER = "https://accounts.google.com";

// Old access tokens go first; a test that makes more than this does not go back to the early ones.
const MAX_ACCESS_TOKENS = 10_000;

/**
 * Signs an ID token as Google does.
 *
 * @param {State} state
 * @param {{ aud: string, azp: string, sub: string, email: string }} who
 */
export async function mintIdToken(state, { aud, azp, sub, email }) {
  const key = await state.signingKeys.current();
  const iat = Math.floor(state.clock.now() / 1000);
  const exp = iat + state.idTokenLifetime;
  const claims = { aud, azp, email, email_verified: true, exp, iat, iss: ISSUER, sub };
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: key.kid, typ: "JWT" }).sign(key.privateKey);
}

/**
 * Makes an opaque access token and remembers whose it is.
 *
 * @param {State} state
 * @param {{ email: string, scopes: string[] }} what
 */
export function mintAccessToken(state, { email, scopes }) {
  const token = `ya29.c.${randomHex(160)}`;
  const expiresAt = state.clock.now() + state.accessTokenLifetime * 1000;
  state.accessTokens.set(token, { email, scopes, expiresAt });
  if (state.accessTokens.size > MAX_ACCESS_TOKENS) {
    const [oldest] = state.accessTokens.keys();
    state.accessTokens.delete(oldest);
  }
  return token;
}
