import assert from "node:assert/strict";
import { test } from "node:test";
import { assertionOf, exchange, goodClaims, JWT_BEARER, sign, start, strangerKey } from "../testing/harness.js";

const TIMES =
  "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
const SIGNATURE = "Invalid JWT Signature.";
const SCOPE = "Invalid OAuth scope or ID token audience provided.";

/**
 * @param {Response} response
 * @param {object} expected
 * @param {string} label
 */
async function refused(response, { status = 400, error = "invalid_grant", description }, label) {
  assert.equal(response.status, status, label);
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8", label);
  const body = await response.json();
  assert.deepEqual(Object.keys(body), ["error", "error_description"], label);
  assert.equal(body.error, error, label);
  if (description instanceof RegExp) assert.match(body.error_description, description, label);
  else assert.equal(body.error_description, description, label);
}

test("requests that are no grant", async (t) => {
  const { url, key, emulator } = await start(t);
  const assertion = assertionOf(key);
  const form = (fields) => new URLSearchParams(fields).toString();
  const good = form({ grant_type: JWT_BEARER, assertion });
  const type = "application/x-www-form-urlencoded";
  const noGrant = { error: "unsupported_grant_type", description: "Invalid grant_type: " };
  const twice = { error: "invalid_request", description: /single value/ };
  const missing = { error: "invalid_request", description: "Missing required parameter: assertion" };
  const big = { error: "invalid_request", description: /too large/ };
  for (const [label, body, contentType, expected] of [
    ["a form under another type", good, "text/plain", noGrant],
    ["JSON", JSON.stringify({ grant_type: JWT_BEARER, assertion }), "application/json", noGrant],
    ["nothing", "", type, noGrant],
    ["no grant type", form({ assertion }), type, noGrant],
    ["another grant", form({ grant_type: "password" }), type, { ...noGrant, description: "Invalid grant_type: password" }],
    ["two grant types", `${good}&grant_type=x`, type, twice],
    ["two assertions", `${good}&assertion=x`, type, twice],
    ["no assertion", form({ grant_type: JWT_BEARER }), type, missing],
    ["an empty assertion", form({ grant_type: JWT_BEARER, assertion: "" }), type, missing],
    ["two megabytes", `${good}&x=${"x".repeat(2 << 20)}`, type, big],
  ]) {
    const response = await fetch(`${url}/token`, { method: "POST", body, headers: { "content-type": contentType } });
    await refused(response, expected, label);
  }
  const accepted = await fetch(`${url}/token`, { method: "POST", body: good, headers: { "content-type": `${type};charset=UTF-8` } });
  assert.equal(accepted.status, 200);
  assert.equal((await fetch(`${url}/token?${good}`)).status, 404, "GET");
  assert.deepEqual(emulator.log[0].token, {
    grant: null,
    issuer: null,
    kid: null,
    kind: null,
    error: "unsupported_grant_type",
    errorDescription: "Invalid grant_type: ",
  });
});

test("assertions that are no JWT", async (t) => {
  const { url, key } = await start(t);
  const good = assertionOf(key);
  const [header, claims, signature] = good.split(".");
  const parts = { description: "Invalid JWT: not three parts of base64url without padding." };
  const objects = { description: "Invalid JWT: header and claims must be JSON objects." };
  const goodHeader = { alg: "RS256", kid: key.private_key_id };
  for (const [label, assertion, expected] of [
    ["no dots", "abc", parts],
    ["two parts", `${header}.${claims}`, parts],
    ["four parts", `${good}.x`, parts],
    ["an empty signature", `${header}.${claims}.`, parts],
    ["padding", `${good}==`, parts],
    ["white space", `${header}. ${claims}.${signature}`, parts],
    ["the standard alphabet", inStandardAlphabet(key), parts],
    ["a header that is no JSON", sign("{alg", goodClaims(key), key.private_key), objects],
    ["a header that is an array", sign([], goodClaims(key), key.private_key), objects],
    ["claims that are a string", sign(goodHeader, '"x"', key.private_key), objects],
    ["claims that are null", sign(goodHeader, "null", key.private_key), objects],
    ["claims that are no UTF-8", `${header}.${Buffer.from('{"a":"\xff"}', "latin1").toString("base64url")}.${signature}`, objects],
  ]) {
    await refused(await exchange(url, assertion), expected, label);
  }
});

test("assertions with a wrong header or signature", async (t) => {
  const { url, key, emulator } = await start(t);
  const other = await emulator.createServiceAccountKey({ email: "other@p.iam.gserviceaccount.com" });
  const short = await emulator.createServiceAccountKey({ email: "short@p.iam.gserviceaccount.com", bits: 1024 });
  const stranger = strangerKey();
  const good = assertionOf(key);
  const [header, , signature] = good.split(".");
  const changed = Buffer.from(JSON.stringify({ ...goodClaims(key), target_audience: "https://else.example" })).toString("base64url");
  const kid = key.private_key_id;
  const alg = { description: "Invalid JWT: the algorithm must be RS256." };
  const wrong = { description: SIGNATURE };
  for (const [label, assertion, expected] of [
    ["none", `${sign({ alg: "none", kid }, goodClaims(key), "")}x`, alg],
    ["HS256", sign({ alg: "HS256", kid }, goodClaims(key), stranger.publicPem), alg],
    ["RS512, rightly signed", assertionOf(key, {}, { alg: "RS512" }), alg],
    ["no algorithm", assertionOf(key, {}, { alg: undefined }), alg],
    ["another type", assertionOf(key, {}, { typ: "at+jwt" }), { description: "Invalid JWT: the type must be JWT." }],
    ["an unknown critical header", assertionOf(key, {}, { crit: ["x"], x: 1 }), wrong],
    ["an unknown kid", assertionOf(key, {}, { kid: "0".repeat(40) }), wrong],
    ["an empty kid", assertionOf(key, {}, { kid: "" }), wrong],
    ["a null kid", assertionOf(key, {}, { kid: null }), wrong],
    [
      "a kid of another account, its signature too",
      sign({ alg: "RS256", kid: other.private_key_id }, goodClaims(key), other.private_key),
      wrong,
    ],
    ["the right kid, another's signature", sign({ alg: "RS256", kid }, goodClaims(key), stranger.privatePem), wrong],
    ["no kid, another's signature", sign({ alg: "RS256" }, goodClaims(key), stranger.privatePem), wrong],
    ["changed claims", `${header}.${changed}.${signature}`, wrong],
    ["a key under 2048 bits", assertionOf(short), wrong],
  ]) {
    await refused(await exchange(url, assertion), expected, label);
  }
});

test("assertions with wrong claims", async (t) => {
  const { url, key, emulator } = await start(t);
  const now = Math.floor(Date.now() / 1000);
  const times = { description: TIMES };
  const account = { description: "Invalid grant: account not found" };
  const audience = { description: /^Invalid JWT: Failed audience check\./ };
  const scope = { error: "invalid_scope", description: SCOPE };
  const both = { error: "invalid_request", description: "Invalid JWT: scope and target_audience exclude each other." };
  const unauthorized = { status: 401, error: "unauthorized_client", description: /^Client is unauthorized/ };
  for (const [label, claims, expected] of [
    ["no issuer", { iss: undefined }, account],
    ["an unknown issuer", { iss: "nobody@p.iam.gserviceaccount.com" }, account],
    ["an issuer that is no string", { iss: [key.client_email] }, account],
    ["no iat", { iat: undefined }, times],
    ["iat a string", { iat: String(now) }, times],
    ["iat null", { iat: null }, times],
    ["no exp", { exp: undefined }, times],
    ["exp a string", { exp: String(now + 3600) }, times],
    ["both too far in the past", { iat: now - 7200, exp: now - 3600 }, times],
    ["just expired", { iat: now - 3600, exp: now - 1 }, times],
    ["more than an hour", { iat: now, exp: now + 3601 }, times],
    ["in milliseconds", { iat: now * 1000, exp: now * 1000 + 3600 }, times],
    ["exp before iat", { iat: now + 200, exp: now + 100 }, times],
    ["iat beyond the skew", { iat: now + 330, exp: now + 3600 }, times],
    ["no aud", { aud: undefined }, audience],
    ["another aud", { aud: "https://sts.googleapis.com/v1/token" }, audience],
    ["aud with a slash", { aud: "https://oauth2.googleapis.com/token/" }, audience],
    ["aud an array", { aud: ["https://oauth2.googleapis.com/token"] }, audience],
    ["scope and audience", { scope: "openid" }, both],
    ["neither", { target_audience: undefined }, scope],
    ["an empty audience", { target_audience: "" }, scope],
    ["an audience that is no string", { target_audience: ["https://hello.example"] }, scope],
    ["a null audience", { target_audience: null }, scope],
    ["an empty scope", { target_audience: undefined, scope: "" }, scope],
    ["two blanks between scopes", { target_audience: undefined, scope: "a  b" }, scope],
    ["a scope with a quote", { target_audience: undefined, scope: 'a"b' }, scope],
    ["scopes in an array", { target_audience: undefined, scope: ["a"] }, scope],
    ["a sub without delegation, access token", { target_audience: undefined, scope: "a", sub: "user@corp.example" }, unauthorized],
    ["a sub without delegation, ID token", { sub: "user@corp.example" }, unauthorized],
    ["a null sub", { sub: null }, unauthorized],
  ]) {
    await refused(await exchange(url, assertionOf(key, claims)), expected, label);
  }
  // JSON.stringify cannot write these.
  const infinite = JSON.stringify(goodClaims(key))
    .replace(/"iat":\d+/, '"iat":1e309')
    .replace(/"exp":\d+/, '"exp":1e309');
  await refused(await exchange(url, sign({ alg: "RS256", kid: key.private_key_id }, infinite, key.private_key)), times, "1e309");

  const last = emulator.log.at(-1);
  assert.equal(last.outcome, `invalid_grant: ${TIMES}`);
  assert.equal(last.token.error, "invalid_grant");
  assert.equal(last.token.issuer, key.client_email);
});

/** A rightly signed assertion whose signature is written with + and /. @param {import("../index.js").ServiceAccountKeyFile} key */
function inStandardAlphabet(key) {
  for (let i = 0; ; i++) {
    const [header, claims, signature] = assertionOf(key, { jti: String(i) }).split(".");
    if (/[-_]/.test(signature)) return `${header}.${claims}.${signature.replaceAll("-", "+").replaceAll("_", "/")}`;
  }
}
