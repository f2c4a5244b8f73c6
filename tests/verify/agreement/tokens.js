// Tokens that are made wrong by chance, and the keys that they are signed with.
import { generateKeyPairSync, randomInt, sign } from "node:crypto";

export const [ISSUER, AUDIENCE] = ["https://issuer.example", "https://svc.example"];
const KINDS = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** As the issuer publishes them. */
export const keys = Object.entries(KINDS).map(([alg, { publicKey }]) => ({
  ...publicKey.export({ format: "jwk" }),
  alg,
  use: "sig",
  kid: alg,
}));
/** The same in PEM, by their names. */
export const pems = Object.fromEntries(
  Object.entries(KINDS).map(([alg, { publicKey }]) => [alg, publicKey.export({ type: "spki", format: "pem" })]),
);

const any = (list) => list[randomInt(list.length)];
const encoded = (text) => Buffer.from(text).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

const ODD = ["null", "true", "0", "-1", '""', '"x"', "[]", "{}", "1e309", "1e3", "0.5", "9007199254740993", '"1999999999"', "[1]"];

/** What may be done to a token, by chance. @type {Record<string, (token: any) => void>} */
const CHANGES = {
  "another algorithm": (token) =>
    (token.header.alg = `"${any(["none", "HS256", "RS512", "ES384", "PS256", "EdDSA", "RS256", "ES256", ""])}"`),
  "another key's name": (token) => (token.header.kid = any(['"other"', '"RS256"', '"ES256"'])),
  "no key's name": (token) => delete token.header.kid,
  "a name that is none": (token) => (token.header.kid = any(ODD)),
  critical: (token) => (token.header.crit = any(['["exp"]', '["x"]', "[]", '"exp"', "[1]"])),
  "no plain payload": (token) => (token.header.b64 = any(["false", "true", "0"])),
  "a key of its own": (token) => (token.header[any(["jku", "jwk", "x5u", "zip", "enc"])] = any(ODD)),
  "another type": (token) => (token.header.typ = any([...ODD, '"at+jwt"', '"JWT"', '"jwt"'])),
  "odd in the claims": (token) => (token.claims[any(["iss", "aud", "sub", "exp", "iat", "nbf", "email", "hd", "azp"])] = any(ODD)),
  missing: (token) => delete token.claims[any(["iss", "aud", "sub", "exp", "iat"])],
  "another issuer": (token) => (token.claims.iss = any([`"${ISSUER}/"`, '"https://evil.example"', '" "'])),
  "another audience": (token) =>
    (token.claims.aud = any([`"${AUDIENCE}/"`, `["${AUDIENCE}"]`, `["a","${AUDIENCE}"]`, '["a"]', `"${AUDIENCE} a"`])),
  "an audience that is none beside it": (token) => (token.claims.aud = `[1,"${AUDIENCE}"]`),
  "another time": (token) => (token.claims[any(["exp", "iat", "nbf"])] = String(now() + any([-100_000, -3600, -60, 0, 60, 3600]))),
  "a long life": (token) => (token.claims.exp = String(now() + 100_000)),
  "twice in the claims": (token) =>
    (token.claims.sub += `,"${any(["iss", "exp", "sub", "aud"])}":${any(["1", token.claims.sub, token.claims.exp])}`),
  "no object": (token) => (token.whole = any(["[]", "1", '"x"', "null", "{", "{}x", '{"a":1,}'])),
  "a stranger's signature": (token) => (token.by = stranger),
  "no signature": (token) => (token.signature = ""),
  "a signature with a change": (token) => (token.flips = true),
  "other characters": (token) => (token.tail = any([" ", "=", ".", "\n", "+", "é", ".x"])),
  large: (token) => (token.claims.pad = `"${"x".repeat(13_000)}"`),
};

/** A token, and what was done to it. */
export function made() {
  const alg = any(["RS256", "ES256", "ES256", "ES256"]);
  const token = {
    by: KINDS[alg],
    header: { alg: `"${alg}"`, kid: `"${alg}"`, typ: '"JWT"' },
    claims: {
      iss: `"${ISSUER}"`,
      aud: `"${AUDIENCE}"`,
      sub: '"1"',
      iat: String(now() - 5),
      exp: String(now() + 600),
      jti: `"${randomInt(1e12)}"`,
    },
    tail: "",
  };
  const chosen = Array.from({ length: any([0, 1, 1, 1, 2]) }, () => any(Object.keys(CHANGES)));
  for (const change of chosen) CHANGES[change](token);
  const text = (members) =>
    `{${Object.entries(members)
      .map(([name, value]) => `"${name}":${value}`)
      .join(",")}}`;
  const input = `${encoded(text(token.header))}.${encoded(token.whole ?? text(token.claims))}`;
  const bytes = sign("sha256", Buffer.from(input), { key: token.by.privateKey, dsaEncoding: "ieee-p1363" });
  if (token.flips) bytes[randomInt(bytes.length)] ^= 1 << randomInt(8);
  return { changes: chosen.join(" + "), token: `${input}.${token.signature ?? bytes.toString("base64url")}${token.tail}` };
}

/** A token that is good. */
export function good() {
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "1", iat: now() - 5, exp: now() + 600 };
  const input = `${encoded(JSON.stringify({ alg: "ES256", kid: "ES256" }))}.${encoded(JSON.stringify(claims))}`;
  return `${input}.${sign("sha256", Buffer.from(input), { key: KINDS.ES256.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}
