// ID tokens as Google's are, of one issuer of the benchmark's own.
import { generateKeyPairSync, sign } from "node:crypto";

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An issuer's key as each verifier wants it, so many of its tokens, and one that is not signed by it. */
export function issue(count) {
  const [issuer, audience, kid] = ["https://accounts.google.com", "https://orders.example.com", "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"];
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const now = Math.floor(Date.now() / 1000);
  const token = (n) => {
    const claims = {
      ...{ iss: issuer, aud: audience, azp: "caller@project.iam.gserviceaccount.com", sub: String(10n ** 20n + BigInt(n)) },
      ...{ email: "caller@project.iam.gserviceaccount.com", email_verified: true, iat: now, exp: now + 3600 },
    };
    const input = `${encoded({ alg: "RS256", kid, typ: "JWT" })}.${encoded(claims)}`;
    return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
  };
  const tokens = Array.from({ length: count }, (_, n) => token(n));
  const [head, , signature] = tokens[0].split(".");
  return {
    issuer,
    audience,
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }] },
    pems: { [kid]: publicKey.export({ type: "spki", format: "pem" }) },
    tokens,
    // The claims of one and the signature of another.
    forged: `${head}.${tokens[1].split(".")[1]}.${signature}`,
  };
}
