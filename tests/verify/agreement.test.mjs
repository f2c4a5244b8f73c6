// The same verdicts as those of jose and of google-auth for Python on tokens that are made wrong by chance: what we let in they let in,
// too; and what only they let in is wrong in a way that they do not look at, each with its reason. More of them by TOKENS=100000.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomInt, sign } from "node:crypto";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createLocalJWKSet, jwtVerify } from "jose";
import { customFetch } from "../../pkg/runtime/node.js";
import { createIdTokenVerifier } from "../../pkg/runtime/verify-node.js";

const TOKENS = Number(process.env.TOKENS ?? 3000);
const VERDICTS = fileURLToPath(new URL("python/verdicts.py", import.meta.url));
const [ISSUER, AUDIENCE] = ["https://issuer.example", "https://svc.example"];
const KINDS = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
const keys = Object.entries(KINDS).map(([alg, { publicKey }]) => ({ ...publicKey.export({ format: "jwk" }), alg, use: "sig", kid: alg }));
const set = createLocalJWKSet({ keys });
const verifier = createIdTokenVerifier({
  audience: AUDIENCE,
  issuer: ISSUER,
  jwksUri: `${ISSUER}/keys`,
  [customFetch]: async () => Response.json({ keys }, { headers: { "cache-control": "max-age=86400" } }),
});

const any = (list) => list[randomInt(list.length)];
const encoded = (text) => Buffer.from(text).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

const ODD = ["null", "true", "0", "-1", '""', '"x"', "[]", "{}", "1e309", "1e3", "0.5", "9007199254740993", '"1999999999"', "[1]"];

/**
 * What may be done to a token, by chance. `stricter` is why we refuse what jose takes, and `google` why what google-auth takes;
 * `picky` is why google-auth refuses what we take.
 *
 * @type {Record<string, { stricter?: string, google?: string, picky?: string, do: (token: any) => void }>}
 */
const CHANGES = {
  "another algorithm": {
    google: "of ES256 and ES384 google-auth verifies by whichever the key is for",
    do: (token) => (token.header.alg = `"${any(["none", "HS256", "RS512", "ES384", "PS256", "EdDSA", "RS256", "ES256", ""])}"`),
  },
  "another key's name": { do: (token) => (token.header.kid = any(['"other"', '"RS256"', '"ES256"'])) },
  "no key's name": { picky: "google-auth tries each key, and fails at the first of another kind", do: (token) => delete token.header.kid },
  "a name that is none": { stricter: "a kid has to be a text that is not empty", do: (token) => (token.header.kid = any(ODD)) },
  critical: {
    google: "google-auth looks at no crit",
    do: (token) => (token.header.crit = any(['["exp"]', '["x"]', "[]", '"exp"', "[1]"])),
  },
  "no plain payload": {
    stricter: "b64 has no place in a JWT (RFC 7797, section 7)",
    do: (token) => (token.header.b64 = any(["false", "true", "0"])),
  },
  "a key of its own": {
    stricter: "a token does not say where its key is, nor that it is packed (RFC 8725, section 3.10)",
    do: (token) => (token.header[any(["jku", "jwk", "x5u", "zip", "enc"])] = any(ODD)),
  },
  "another type": {
    stricter: "a type that is said has to be JWT (RFC 8725, section 3.11)",
    do: (token) => (token.header.typ = any([...ODD, '"at+jwt"', '"JWT"', '"jwt"'])),
  },
  "odd in the claims": {
    stricter: "claims have to be of their kinds, and dates plain numbers from 1970 to 9999",
    do: (token) => (token.claims[any(["iss", "aud", "sub", "exp", "iat", "nbf", "email", "hd", "azp"])] = any(ODD)),
  },
  missing: { stricter: "sub has to be there", do: (token) => delete token.claims[any(["iss", "aud", "sub", "exp", "iat"])] },
  "another issuer": {
    google: "jwt.decode leaves the issuer to its callers",
    do: (token) => (token.claims.iss = any([`"${ISSUER}/"`, '"https://evil.example"', '" "'])),
  },
  "another audience": {
    picky: "of several audiences google-auth takes none",
    do: (token) => (token.claims.aud = any([`"${AUDIENCE}/"`, `["${AUDIENCE}"]`, `["a","${AUDIENCE}"]`, '["a"]', `"${AUDIENCE} a"`])),
  },
  "an audience that is none beside it": { stricter: "an audience is a text", do: (token) => (token.claims.aud = `[1,"${AUDIENCE}"]`) },
  "another time": {
    google: "google-auth looks neither at nbf nor at the length of a life",
    do: (token) => (token.claims[any(["exp", "iat", "nbf"])] = String(now() + any([-100_000, -3600, -60, 0, 60, 3600]))),
  },
  "a long life": { stricter: "no token lives for more than a day", do: (token) => (token.claims.exp = String(now() + 100_000)) },
  "twice in the claims": {
    stricter: "a claim that is there twice means either",
    do: (token) => (token.claims.sub += `,"${any(["iss", "exp", "sub", "aud"])}":${any(["1", token.claims.sub, token.claims.exp])}`),
  },
  "no object": { do: (token) => (token.whole = any(["[]", "1", '"x"', "null", "{", "{}x", '{"a":1,}'])) },
  "a stranger's signature": { do: (token) => (token.by = stranger) },
  "no signature": { do: (token) => (token.signature = "") },
  "a signature with a change": { do: (token) => (token.flips = true) },
  "other characters": {
    do: (token) => (token.tail = any([" ", "=", ".", "\n", "+", "é", ".x"])),
    stricter: "base64url has one way of writing",
  },
  large: { stricter: "no token is over 16 KiB", do: (token) => (token.claims.pad = `"${"x".repeat(13_000)}"`) },
};

function made() {
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
  const changes = Array.from({ length: any([0, 1, 1, 1, 2]) }, () => any(Object.keys(CHANGES)));
  for (const change of changes) CHANGES[change].do(token);
  const text = (members) =>
    `{${Object.entries(members)
      .map(([name, value]) => `"${name}":${value}`)
      .join(",")}}`;
  const input = `${encoded(text(token.header))}.${encoded(token.whole ?? text(token.claims))}`;
  const bytes = sign("sha256", Buffer.from(input), { key: token.by.privateKey, dsaEncoding: "ieee-p1363" });
  if (token.flips) bytes[randomInt(bytes.length)] ^= 1 << randomInt(8);
  return { changes, token: `${input}.${token.signature ?? bytes.toString("base64url")}${token.tail}` };
}

/** What google-auth says of each. */
function googles(tokens) {
  const certs = Object.fromEntries(
    Object.entries(KINDS).map(([alg, { publicKey }]) => [alg, publicKey.export({ type: "spki", format: "pem" })]),
  );
  const input = [{ certs, audience: AUDIENCE }, ...tokens].map((line) => JSON.stringify(line)).join("\n");
  const { status, stdout, stderr } = spawnSync(String(process.env.GOOGLE_CLIENTS_PYTHON), [VERDICTS], {
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  assert.equal(status, 0, stderr);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line === "1");
}

test(`of ${TOKENS} tokens none is let in that jose or google-auth refuses, and each that only they let in has its reason`, async () => {
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: ["RS256", "ES256"], clockTolerance: 10, maxTokenAge: 86_400 };
  const seen = { all: 0, none: 0, "only jose": 0, "only google-auth": 0, both: 0 };
  // Few at a time, so that it is the same time for all three.
  for (let begin = 0; begin < TOKENS; begin += 1000) await compare(Math.min(1000, TOKENS - begin));
  console.log(seen);
  assert.ok(seen.all > TOKENS / 10 && seen.none > TOKENS / 10, "of both kinds there are many");

  async function compare(count) {
    const tokens = Array.from({ length: count }, made);
    const google = googles(tokens.map(({ token }) => token));
    assert.equal(google.length, count);
    for (const [at, { changes, token }] of tokens.entries()) {
      const jose = await jwtVerify(token, set, { ...options, requiredClaims: ["exp", "iat"] }).then(
        () => true,
        () => false,
      );
      const failure = await verifier.verify(token).then(
        () => undefined,
        (error) => error,
      );
      const told = `${changes.join(" + ")}: ${failure?.message} ${token}`;
      if (failure === undefined) {
        assert.ok(jose, `jose refuses ${told}`);
        assert.ok(google[at] || changes.some((change) => CHANGES[change].picky), `google-auth refuses ${told}`);
        seen.all += 1;
        continue;
      }
      assert.match(failure.code, /^(token_|audience_mismatch)/, failure.stack);
      const reasons = changes.map((change) => CHANGES[change]);
      if (jose)
        assert.ok(
          reasons.some(({ stricter }) => stricter),
          `only jose lets in ${told}`,
        );
      if (google[at])
        assert.ok(
          reasons.some(({ stricter, google }) => stricter ?? google),
          `only google-auth lets in ${told}`,
        );
      seen[jose && google[at] ? "both" : jose ? "only jose" : google[at] ? "only google-auth" : "none"] += 1;
    }
  }
});

test("of a good token no byte can be another", async () => {
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "1", iat: now() - 5, exp: now() + 600 };
  const input = `${encoded(JSON.stringify({ alg: "ES256", kid: "ES256" }))}.${encoded(JSON.stringify(claims))}`;
  const token = `${input}.${sign("sha256", Buffer.from(input), { key: KINDS.ES256.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  await verifier.verify(token);
  let refused = 0;
  for (let at = 0; at < token.length; at += 1) {
    for (const byte of ["A", "_", "."]) {
      if (token[at] === byte) continue;
      await assert.rejects(verifier.verify(token.slice(0, at) + byte + token.slice(at + 1)), { name: "AuthError" }, `${at}`);
      refused += 1;
    }
  }
  assert.ok(refused >= 500, `${refused} tokens were tried`);
});
