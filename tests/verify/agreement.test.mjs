// The same verdicts as those of jose and of google-auth for Python on tokens that are made wrong by chance: what we let in they let in,
// too; and of what only they let in each has its reason, by the words with which we refuse it. More of them by TOKENS=100000.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { customFetch } from "../../pkg/runtime/node.js";
import { createIdTokenVerifier } from "../../pkg/runtime/verify-node.js";
import { startGoogle } from "./agreement/google.js";
import { whyPickier, whyStricter } from "./agreement/reasons.js";
import { AUDIENCE, good, ISSUER, keys, made, pems } from "./agreement/tokens.js";

const TOKENS = Number(process.env.TOKENS ?? 3000);
/** Few at a time, so that it is the same time for all three. */
const BATCH = 500;

const set = createLocalJWKSet({ keys });
const verifier = createIdTokenVerifier({
  audience: AUDIENCE,
  issuer: ISSUER,
  jwksUri: `${ISSUER}/keys`,
  [customFetch]: async () => Response.json({ keys }, { headers: { "cache-control": "max-age=86400" } }),
});
const options = {
  ...{ issuer: ISSUER, audience: AUDIENCE, algorithms: ["RS256", "ES256"], requiredClaims: ["exp", "iat"] },
  ...{ clockTolerance: 10, maxTokenAge: 86_400 },
};

/** The error of a promise; nothing where there is none. */
const failureOf = (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

test(`of ${TOKENS} tokens none is let in that jose or google-auth refuses, and each that only they let in has its reason`, async (t) => {
  const seen = {
    "all let in": 0,
    "none lets in": 0,
    "jose and google-auth let in": 0,
    "only jose": 0,
    "only google-auth": 0,
    "not google-auth": 0,
  };
  const reasons = new Map();
  const count = (who, why) => reasons.set(`${who}: ${why}`, (reasons.get(`${who}: ${why}`) ?? 0) + 1);
  const google = startGoogle({ certs: pems, audience: AUDIENCE });
  t.after(() => google.stop());
  for (let begin = 0; begin < TOKENS; begin += BATCH) await compare(Math.min(BATCH, TOKENS - begin));
  for (const [name, number] of [...Object.entries(seen), ...[...reasons].sort(([, a], [, b]) => b - a)]) t.diagnostic(`${number}  ${name}`);
  assert.ok(seen["all let in"] > TOKENS / 10 && seen["none lets in"] > TOKENS / 10, "of both kinds there are many");

  async function compare(size) {
    const tokens = Array.from({ length: size }, made);
    // It works while we do.
    const asked = google.verdicts(tokens.map(({ token }) => token));
    const verdicts = [];
    for (const { token } of tokens)
      verdicts.push([await failureOf(verifier.verify(token)), await failureOf(jwtVerify(token, set, options))]);
    const answers = await asked;
    assert.equal(answers.length, size);
    for (const [at, { changes, token }] of tokens.entries()) judge(verdicts[at], answers[at], `${changes}: ${token}`);
  }

  /** @param {[ours: any, jose: any]} failures @param {string | null} google @param {string} what */
  function judge([ours, jose], google, what) {
    if (!ours) {
      assert.equal(jose, undefined, `jose refuses ${what}`);
      if (google !== null) {
        const why = whyPickier(google);
        assert.ok(why, `google-auth refuses (${google}) ${what}`);
        count("google-auth refuses", why);
      }
      seen[google === null ? "all let in" : "not google-auth"] += 1;
      return;
    }
    assert.match(ours.code, /^(token_|audience_mismatch)/, ours.stack);
    for (const [name, who, letIn] of [
      ["jose", "jose", !jose],
      ["google-auth", "google", google === null],
    ]) {
      if (!letIn) continue;
      const why = whyStricter(ours.message, who);
      assert.ok(why, `only ${name} lets in, and we do not (${ours.message}) ${what}`);
      count(`${name} lets in`, why);
    }
    seen[
      !jose && google === null ? "jose and google-auth let in" : !jose ? "only jose" : google === null ? "only google-auth" : "none lets in"
    ] += 1;
  }
});

test("of a good token no byte can be another", async () => {
  const token = good();
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
