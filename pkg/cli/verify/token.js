// An ID token, verified (OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725).
import { createPublicKey, verify } from "node:crypto";
import { Failure } from "../failure.js";
import { keysOf } from "./keys.js";

/** Google's tokens name it in either way. */
const GOOGLE = ["https://accounts.google.com", "accounts.google.com"];
const LONGEST = 16 * 1024;
/** How far clocks may be apart, in seconds. */
const LEEWAY = 10;
/** The algorithms that are believed, each with the one kind of key that it takes. @type {Map<string, string>} */
const ALGORITHMS = new Map([
  ["RS256", "rsa"],
  ["ES256", "ec"],
]);

/**
 * Its claims, once they hold.
 *
 * @param {string} token
 * @param {{ audience?: string, issuer?: string }} wanted
 * @returns {Promise<Record<string, any>>}
 */
export async function verified(token, { audience, issuer }) {
  const { header, claims, input, signature } = parsed(token);
  if (token.endsWith(".SIGNATURE_REMOVED_BY_GOOGLE")) throw invalid("its signature was removed by Google: what is in a log is no token");
  checkSignature(await keysOf(issuer), header, input, signature);
  const now = Date.now() / 1000;
  const issuers = issuer === undefined ? GOOGLE : [issuer];
  if (!issuers.includes(claims.iss)) throw invalid(`its issuer is not ${issuers[0]}`);
  if (!Number.isFinite(claims.exp) || claims.exp + LEEWAY <= now) throw invalid("it has ended");
  if (!Number.isFinite(claims.iat) || claims.iat - LEEWAY > now) throw invalid("it was issued in the future");
  if (claims.nbf !== undefined && !(claims.nbf - LEEWAY <= now)) throw invalid("it is not good yet");
  if (audience !== undefined && ![claims.aud].flat().includes(audience)) throw invalid("it is for another audience");
  return claims;
}

/**
 * The key says which algorithm it is for, and the token has to agree.
 *
 * @param {any[]} keys
 * @param {{ alg: string, kid?: string }} header
 * @param {Buffer} input
 * @param {Buffer} signature
 */
function checkSignature(keys, header, input, signature) {
  const jwk = keys.find(({ kid }) => kid === header.kid);
  if (!jwk) throw invalid("it is signed with no key that its issuer publishes");
  let key;
  try {
    key = createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    throw invalid("its issuer's key is none that can be read");
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const other = jwk.alg !== undefined && jwk.alg !== header.alg;
  if (ALGORITHMS.get(header.alg) !== type || other || (jwk.use !== undefined && jwk.use !== "sig"))
    throw invalid("its algorithm is not that of the key");
  if (type === "rsa" && Number(details?.modulusLength) < 2048) throw invalid("its key is shorter than 2048 bits");
  if (type === "ec" && details?.namedCurve !== "prime256v1") throw invalid("its key is on another curve than P-256");
  if (!verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, signature)) throw invalid("its signature is wrong");
}

/** @param {string} token */
function parsed(token) {
  const [head, body, sign, more] = token.length <= LONGEST ? token.split(".") : [];
  try {
    if (!sign || more !== undefined || !/^[\w.-]+$/.test(token)) throw new Error("other parts");
    const [header, claims] = [head, body].map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
    // What is said to be critical is not known here (RFC 7515, section 4.1.11).
    if (typeof header.alg !== "string" || header.crit !== undefined || typeof claims !== "object" || claims === null)
      throw new Error("another header");
    return { header, claims, input: Buffer.from(`${head}.${body}`), signature: Buffer.from(sign, "base64url") };
  } catch {
    throw invalid("it is no signed JWT");
  }
}

/** @param {string} why */
function invalid(why) {
  return new Failure("invalid_token", `the token is not valid: ${why}.`);
}
