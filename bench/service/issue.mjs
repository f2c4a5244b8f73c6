// What all services of the benchmark share: an issuer of callers' tokens, one such token, a client's secret, and a token of Google's that is
// kept.
import { generateKeyPairSync, sign } from "node:crypto";

export const ISSUER = "https://idp.example";
export const SERVICE = "https://tokens.example";
export const AUDIENCE = "https://svc.example";
export const SECRET = "a-secret-of-the-client-of-the-benchmark";

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const jwk = { ...publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" };
export const pem = publicKey.export({ type: "spki", format: "pem" });

const now = Math.floor(Date.now() / 1000);
function issued(claims) {
  const input = `${encoded({ alg: "RS256", kid: "one", typ: "JWT" })}.${encoded({ iss: ISSUER, sub: "ada", iat: now, exp: now + 3600, ...claims })}`;
  return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
}
/** Of a caller. */
export const token = issued({ aud: SERVICE });
/** What Google would have made: of the right form and for the right audience. */
export const googles = issued({ aud: AUDIENCE });
