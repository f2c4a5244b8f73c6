// The keys that an issuer publishes (OpenID Connect Discovery 1.0).
import { Failure } from "../failure.js";

const GOOGLE = "https://www.googleapis.com/oauth2/v3/certs";

/**
 * @param {string} [issuer] Default: Google
 * @returns {Promise<any[]>}
 */
export async function keysOf(issuer) {
  const emulator = process.env.CLOUD_RUN_AUTH_EMULATOR;
  let url = emulator ? new URL("/oauth2/v3/certs", emulator).href : GOOGLE;
  if (issuer !== undefined) {
    const about = await fetched(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    // Section 4.3: or else it is somebody else's.
    if (about.issuer !== issuer || typeof about.jwks_uri !== "string") throw nothing("its discovery document is not of that issuer");
    url = about.jwks_uri;
  }
  const { keys } = await fetched(url);
  if (!Array.isArray(keys)) throw nothing("what it publishes is no list of keys");
  return keys.filter((key) => typeof key === "object" && key !== null);
}

/** @param {string} url */
async function fetched(url) {
  let response;
  try {
    response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(30_000) });
  } catch (/** @type {any} */ thrown) {
    throw nothing(thrown.cause?.code ?? thrown.name);
  }
  if (!response.ok) throw nothing(`HTTP ${response.status}`);
  const json = await response.json().catch(() => undefined);
  if (typeof json !== "object" || json === null) throw nothing("no JSON");
  return json;
}

/** @param {string} why */
function nothing(why) {
  return new Failure("keys_unavailable", `the keys of the token's issuer could not be had (${why}). Look at --issuer, or try again later.`);
}
