import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { AwsRequestSigner } from "google-auth-library/build/src/auth/awsrequestsigner.js";
import { awsSignature } from "../lib/aws-signature.js";
import { federate, POOL, PRINCIPALS, start } from "../testing/harness.js";

const AUDIENCE = `${POOL}/providers/aws`;
const TARGET = "x-goog-cloud-target-resource";
const STS_URL = "https://sts.us-east-2.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";

test("signatures are those of AWS's published examples", async () => {
  const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  const date = "20150830T123600Z";
  const compute = (method, address, more = {}, service = "service") => {
    const url = new URL(address);
    const headers = new Map(Object.entries({ host: url.host, "x-amz-date": date, ...more }));
    const scope = `20150830/us-east-1/${service}/aws4_request`;
    return awsSignature({ method, url, headers }, { secret, scope, date, signedHeaders: [...headers.keys()].sort() });
  };
  const example = "https://example.amazonaws.com/";
  const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const token =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/" +
    "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64l" +
    "IZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
  // aws-sig-v4-test-suite by its names, and last the example of the AWS General Reference.
  for (const [name, ours, published] of [
    ["get-vanilla", compute("GET", example), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["post-vanilla", compute("POST", example), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "get-vanilla-query-order-key-case",
      compute("GET", `${example}?Param2=value2&Param1=value1`),
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    [
      "get-vanilla-query-unreserved",
      compute("GET", `${example}?${unreserved}=${unreserved}`),
      "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ],
    [
      "get-header-value-trim",
      compute("GET", example, { "my-header1": " value1", "my-header2": ' "a   b   c"' }),
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ],
    [
      "get-header-key-duplicate",
      compute("GET", example, { "my-header1": "value2,value2,value1" }),
      "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ],
    [
      "post-sts-header-before",
      compute("POST", example, { "x-amz-security-token": token }),
      "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ],
    [
      "ListUsers",
      compute(
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
        "iam",
      ),
      "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    ],
  ]) {
    assert.equal(await ours, published, name);
  }
});

/**
 * A subject token, signed with Node's crypto and none of the emulator's code.
 */
function subjectToken(
  key,
  { at = Date.now(), url = STS_URL, region = "us-east-2", method = "POST", headers = {}, unsigned = [], ...rest } = {},
) {
  const date = new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
  const all = { host: new URL(url).host, "x-amz-date": date, [TARGET]: AUDIENCE, "x-amz-security-token": key.sessionToken, ...headers };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  const names = Object.keys(all)
    .filter((name) => !unsigned.includes(name))
    .sort();
  const sha = (text) => createHash("sha256").update(text).digest("hex");
  const query = new URL(url).search.slice(1);
  const lines = names.map((name) => `${name}:${all[name]}\n`).join("");
  const canonical = [method, "/", query, lines, names.join(";"), sha("")].join("\n");
  const scope = `${rest.day ?? date.slice(0, 8)}/${region}/sts/aws4_request`;
  const secret = scope.split("/").reduce((last, part) => createHmac("sha256", last).update(part).digest(), `AWS4${key.secretAccessKey}`);
  const signature = createHmac("sha256", secret)
    .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha(canonical)}`)
    .digest("hex");
  const signed = rest.names ?? names.join(";");
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${rest.signature ?? signature}`;
  const list = Object.entries({ ...all, authorization }).map(([name, value]) => ({ key: name, value }));
  return encodeURIComponent(JSON.stringify({ url, method, headers: [...list, ...(rest.more ?? [])] }));
}

/** A world with a provider for an AWS account, and a way to ask its STS. */
async function aws(t, options) {
  const world = await start(t);
  world.emulator.addProvider({ kind: "aws", audience: AUDIENCE, accountId: "111122223333", ...options });
  const key = world.emulator.createAwsKey({ accountId: "111122223333", role: "ci" });
  const exchange = (subject_token) =>
    federate(world.url, { audience: AUDIENCE, subject_token, subject_token_type: "urn:ietf:params:aws:token-type:aws4_request" });
  return { ...world, key, exchange };
}

test("a signed GetCallerIdentity request is verified, and its caller is the principal", async (t) => {
  const { emulator, key, exchange } = await aws(t);
  assert.equal((await exchange(subjectToken(key))).status, 200);
  const { principal, signedTarget } = emulator.log.at(-1).sts;
  assert.equal(principal, `${PRINCIPALS}arn:aws:sts::111122223333:assumed-role/ci/emulator`);
  assert.equal(signedTarget, true);
  const user = emulator.createAwsKey({ accountId: "111122223333", user: "ada" });
  assert.equal("sessionToken" in user, false);
  assert.equal((await exchange(subjectToken(user))).status, 200);
  assert.equal(emulator.log.at(-1).sts.principal, `${PRINCIPALS}arn:aws:iam::111122223333:user/ada`);

  const slash = STS_URL.replace("?", "/?");
  assert.equal((await exchange(subjectToken(key, { url: slash, headers: { [TARGET]: `https:${AUDIENCE}` } }))).status, 200);
  for (const at of [Date.now() - 890_000, Date.now() + 890_000]) assert.equal((await exchange(subjectToken(key, { at }))).status, 200);
  emulator.clock.offset = 3_600_000;
  assert.equal((await exchange(subjectToken(key, { at: Date.now() + 3_600_000 }))).status, 200, "by the emulator's clock");
  assert.equal((await exchange(subjectToken(key))).status, 400);
});

test("the keys of an instance's role are good until they end", async (t) => {
  const { emulator, url, exchange } = await aws(t);
  emulator.configureImds({ accountId: "111122223333", role: "ci", requireSession: false, keyLifetime: 900 });
  const { AccessKeyId, SecretAccessKey, Token } = await (await fetch(`${url}/latest/meta-data/iam/security-credentials/ci`)).json();
  const key = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  assert.equal((await exchange(subjectToken(key))).status, 200);
  emulator.clock.offset = 890_000;
  assert.equal((await exchange(subjectToken(key, { at: emulator.clock.now() }))).status, 200);
  emulator.clock.offset = 901_000;
  assert.match((await exchange(subjectToken(key, { at: emulator.clock.now() }))).body.error_description, /^ExpiredToken/);
});

test("refused: requests with anything wrong", async (t) => {
  const { emulator, key, exchange } = await aws(t);
  const region = (url, name) => ({ url: url.replace("us-east-2", name) });
  const other = emulator.createAwsKey({ accountId: "444455556666", role: "ci" });
  for (const [what, token] of [
    ["the wrong secret", subjectToken({ ...key, secretAccessKey: "x" })],
    ["an unknown key", subjectToken({ ...key, accessKeyId: "AKIDEXAMPLE" })],
    ["another account", subjectToken(other)],
    ["no session token", subjectToken({ ...key, sessionToken: undefined })],
    ["another session token", subjectToken({ ...key, sessionToken: "x" })],
    ["an unsigned session token", subjectToken(key, { unsigned: ["x-amz-security-token"] })],
    ["an unsigned host", subjectToken(key, { unsigned: ["host"] })],
    ["an unsigned date", subjectToken(key, { unsigned: ["x-amz-date"] })],
    ["no target", subjectToken(key, { headers: { [TARGET]: undefined } })],
    ["another target", subjectToken(key, { headers: { [TARGET]: `${POOL}/providers/other` } })],
    ["another host", subjectToken(key, { headers: { host: "sts.amazonaws.com" } })],
    ["an old date", subjectToken(key, { at: Date.now() - 910_000 })],
    ["a date to come", subjectToken(key, { at: Date.now() + 910_000 })],
    ["a date in another form", subjectToken(key, { headers: { "x-amz-date": new Date().toISOString() } })],
    ["the scope of another day", subjectToken(key, { day: "20200101" })],
    ["the scope of another region", subjectToken(key, { region: "eu-west-1" })],
    ["the global endpoint", subjectToken(key, { url: "https://sts.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15" })],
    ["a host of somebody else", subjectToken(key, region(STS_URL, "us-east-2.evil.example/"))],
    ["another action", subjectToken(key, { url: STS_URL.replace("GetCallerIdentity", "GetSessionToken") })],
    ["plain HTTP", subjectToken(key, { url: STS_URL.replace("https", "http") })],
    ["the method GET", subjectToken(key, { method: "GET" })],
    ["signed headers out of order", subjectToken(key, { names: "x-amz-date;host;x-amz-security-token;x-goog-cloud-target-resource" })],
    ["a signed header that is not there", subjectToken(key, { names: "accept;host;x-amz-date;x-amz-security-token" })],
    ["a header twice", subjectToken(key, { more: [{ key: "Host", value: "sts.us-east-2.amazonaws.com" }] })],
    ["a signature in capitals", subjectToken(key, { signature: "A".repeat(64) })],
    ["what is not encoded", decodeURIComponent(subjectToken(key)).replace("POST", "%")],
    ["no JSON", "x"],
  ]) {
    const { status, body } = await exchange(token);
    assert.deepEqual([status, body.error], [400, "invalid_grant"], what);
  }
});

test("Google's own signer leaves the target unsigned, which a strict provider refuses", async (t) => {
  const { emulator, key, exchange } = await aws(t);
  const credentials = { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey, token: key.sessionToken };
  const { url, method, headers } = await new AwsRequestSigner(async () => credentials, "us-east-2").getRequestOptions({
    url: STS_URL,
    method: "POST",
  });
  const list = [...new Headers({ ...Object.fromEntries(headers), [TARGET]: AUDIENCE })].map(([key, value]) => ({ key, value }));
  const token = encodeURIComponent(JSON.stringify({ url, method, headers: list }));
  assert.equal((await exchange(token)).status, 200);
  assert.equal(emulator.log.at(-1).sts.signedTarget, false);
  emulator.addProvider({ kind: "aws", audience: AUDIENCE, accountId: "111122223333", signedTarget: true });
  assert.equal((await exchange(token)).status, 400);
  assert.equal((await exchange(subjectToken(key))).status, 200);
  assert.throws(() => emulator.addProvider({ kind: "aws", audience: AUDIENCE }), /accountId/);
});
