import { SignJWT } from "jose";
import { randomHex } from "./random.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../index.js").Claims} Claims */
/**
 * @typedef {object} AccessToken
 * @property {string} principal an email, or the principal of a federated identity
 * @property {string[]} scopes
 * @property {number} expiresAt emulated time in milliseconds
 * @property {import("./users.js").User} [user] whose consent it is part of
 */

export const ISSUER = "https://accounts.google.com";

// Old access tokens go first; a test that makes more than this does not go back to the early ones.
const MAX_ACCESS_TOKENS = 10_000;

/**
 * Signs an ID token as Google does.
 *
 * @param {State} state
 * @param {{ aud: string, azp: string, sub: string, email?: string }} who without an email, no claim names one
 * @param {Record<string, unknown>} [more] further claims
 */
export async function mintIdToken(state, { aud, azp, sub, email }, more) {
  const key = await state.signingKeys.current();
  const iat = Math.floor(state.clock.now() / 1000);
  const exp = iat + state.idTokenLifetime;
  const claims = { aud, azp, ...(email === undefined ? {} : { email, email_verified: true }), exp, iat, iss: ISSUER, sub, ...more };
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: key.kid, typ: "JWT" }).sign(key.privateKey);
}

/**
 * Makes an opaque access token and remembers whose it is.
 *
 * @param {State} state
 * @param {{ principal: string, scopes: string[], lifetime?: number, user?: import("./users.js").User }} what lifetime is in seconds
 */
export function mintAccessToken(state, { principal, scopes, lifetime = state.accessTokenLifetime, user }) {
  const token = `ya29.c.${randomHex(160)}`;
  const expiresAt = state.clock.now() + lifetime * 1000;
  state.accessTokens.set(token, { principal, scopes, expiresAt, user });
  if (state.accessTokens.size > MAX_ACCESS_TOKENS) {
    const [oldest] = state.accessTokens.keys();
    state.accessTokens.delete(oldest);
  }
  return token;
}

/**
 * What an access token is good for, if it is.
 *
 * @param {State} state
 * @param {string} token
 */
export function findAccessToken(state, token) {
  const found = state.accessTokens.get(token);
  return found && found.expiresAt > state.clock.now() && !found.user?.ended ? found : undefined;
}
