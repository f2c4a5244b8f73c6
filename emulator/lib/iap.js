import { exportSPKI, SignJWT } from "jose";
import { requireText } from "./check.js";
import { json } from "./answers.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./call.js").Call} Call */

/** As Identity-Aware Proxy names itself. */
const ISSUER = "https://cloud.google.com/iap";

/**
 * Signs what Identity-Aware Proxy says of whoever it lets through, in `x-goog-iap-jwt-assertion`.
 *
 * @param {State} state
 * @param {import("../index.js").IapAssertionOptions} options
 */
export async function mintIapAssertion(state, { audience, email = "developer@example.com", lifetime = 600, claims = {} }) {
  requireText({ audience, email });
  const person = state.people.find(email) ?? state.people.add({ email });
  const key = await state.iapKeys.current();
  const iat = Math.floor(state.clock.now() / 1000);
  // It has neither `email_verified` nor `nbf`.
  const payload = {
    iss: ISSUER,
    aud: audience,
    // An account's number, as IAP writes it: with the provider before it.
    sub: `accounts.google.com:${person.sub}`,
    email,
    ...(person.hd === undefined ? {} : { hd: person.hd }),
    identity_source: "GOOGLE",
    iat,
    exp: iat + lifetime,
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: "ES256", typ: "JWT", kid: key.kid }).sign(key.privateKey);
}

/**
 * `GET /iap/verify/public_key-jwk`: the keys that assertions are signed with, RFC 7517.
 *
 * @param {Call} call
 */
export async function iapKeys({ state }) {
  return json({ keys: (await state.iapKeys.all()).map((key) => key.jwk) }, { headers: cacheHeaders(state) });
}

/**
 * `GET /iap/verify/public_key`: the same keys in PEM, by key id. Google's libraries verify with these.
 *
 * @param {Call} call
 */
export async function iapPemKeys({ state }) {
  const keys = (await state.iapKeys.all()).map(async (key) => [key.kid, await exportSPKI(key.publicKey)]);
  return json(Object.fromEntries(await Promise.all(keys)), { headers: cacheHeaders(state) });
}

/** @param {State} state */
function cacheHeaders({ jwksMaxAge }) {
  return { "cache-control": `public, max-age=${jwksMaxAge}` };
}
