// cloud-run-auth verify: good tokens are told from all others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { claimsOf, openWorld } from "./world.mjs";

const { run, fails, emulator, url } = await openWorld();
const AUDIENCE = "https://svc.example";
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const { stdout: token } = await run(["token", "--audience", AUDIENCE], { secret: true });
const [head, body, signature] = token.split(".");
const { kid } = JSON.parse(Buffer.from(head, "base64url").toString());

test("a token of Google's, from standard input or the command line, with its claims as JSON", async () => {
  for (const [args, input] of [
    [["verify", "-", "--audience", AUDIENCE], `${token}\n`],
    [["verify", token], undefined],
  ]) {
    const { code, stdout, stderr } = await run(args, { input });
    assert.deepEqual([code, JSON.parse(stdout)], [0, claimsOf(token)], stderr);
  }
});

test("a token of another issuer, by its discovery document", async () => {
  const other = await emulator.issueSubjectToken({ subject: "repo:a/b", audience: AUDIENCE });
  const issuer = `${url}/_oidc`;
  const { code, stdout, stderr } = await run(["verify", "-", "--issuer", issuer, "--audience", AUDIENCE], { input: other });
  assert.deepEqual([code, JSON.parse(stdout).iss], [0, issuer], stderr);
  await fails(["verify", "-"], "token_invalid", 1, { input: other });
  await fails(["verify", "-", "--issuer", issuer], "token_invalid", 1, { input: token });
  await fails(["verify", "-", "--issuer", `${issuer}/`], "token_invalid", 1, { input: other });
  await fails(["verify", "-", "--issuer", "http://idp.example"], "usage", 2, { input: other });
});

test("whatever is not as it has to be is said", async () => {
  for (const [bad, why, code = "token_invalid"] of [
    [`${head}.${part({ ...claimsOf(token), email: "eve@example.com" })}.${signature}`, /signature is wrong/],
    [`${part({ alg: "none", kid })}.${body}.${signature}`, /neither RS256 nor ES256/],
    [`${part({ alg: "HS256", kid })}.${body}.${signature}`, /neither RS256 nor ES256/],
    [`${part({ alg: "ES256", kid })}.${body}.${signature}`, /no key/],
    [`${part({ alg: "RS256", kid, crit: ["x"] })}.${body}.${signature}`, /`crit`/],
    [`${part({ alg: "RS256", kid: "other" })}.${body}.${signature}`, /no key/],
    [`${part({ alg: "constructor", kid })}.${body}.${signature}`, /neither RS256 nor ES256/],
    [`${head}.${body}.SIGNATURE_REMOVED_BY_GOOGLE`, /removed by Google/, "token_unsigned"],
    [`${head}.${body}`, /no JWT/],
    [`${head}.${body}.`, /no JWT/],
    [`${token}=`, /no JWT/],
    [".".repeat(1_000_000), /16,384 bytes/],
  ])
    assert.match(await fails(["verify", "-"], code, 1, { input: bad }), why);
  assert.match(
    await fails(["verify", "-", "--audience", "https://other.example"], "audience_mismatch", 1, { input: token }),
    /for https:\/\/svc\.example/,
  );
  const { stderr } = await run(["verify", "-", "--json"], { input: "x" });
  assert.equal(JSON.parse(stderr).error.code, "token_invalid");
});

test("without the key that signed it, a token is not valid any more", async () => {
  await emulator.rotateKeys({ keep: false });
  assert.match(await fails(["verify", "-"], "token_invalid", 1, { input: token }), /no key/);
});
