import { awsSignature } from "./aws-signature.js";
import { OAuthError } from "./oauth-error.js";

/** @typedef {import("./call.js").Call} Call */

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/((\d{8})\/([a-z0-9-]+)\/sts\/aws4_request), *SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})$/;
const TARGET = "x-goog-cloud-target-resource";
const MAX_AGE = 900_000;

/**
 * Verifies a signed request for AWS's GetCallerIdentity, as AWS would if Google sent it there, and answers whom AWS would name.
 *
 * @param {Call} call
 * @param {import("./providers.js").AwsProvider} provider
 * @param {string} token
 * @param {import("../index.js").StsLog} log
 */
export async function verifyAwsRequest({ state }, { audience, accountId, signedTarget = false }, token, log) {
  const { url, headers } = parseToken(token);
  const region = checkUrl(url);
  const [, keyId, scope, day, scopeRegion, names, signature] = AUTHORIZATION.exec(headers.get("authorization") ?? "") ?? [];
  if (!names) throw invalid("The authorization header is not an AWS4-HMAC-SHA256 signature for the service sts.");
  const signedHeaders = names.split(";");
  if (names !== [...new Set(signedHeaders)].sort().join(";")) throw invalid("SignedHeaders must be in order, each once.");
  for (const name of signedHeaders) {
    if (!headers.has(name)) throw invalid(`The signed header ${name} is missing.`);
  }
  // AWS wants every x-amz- header signed.
  for (const name of ["host", "x-amz-date", ...[...headers.keys()].filter((one) => one.startsWith("x-amz-"))]) {
    if (!signedHeaders.includes(name)) throw invalid(`The header ${name} must be signed.`);
  }
  if (headers.get("host") !== url.host) throw invalid("The host header does not fit the URL.");
  if (scopeRegion !== region) throw invalid(`The credential is scoped to ${scopeRegion}, the URL to ${region}.`);
  const date = checkDate(headers.get("x-amz-date") ?? "", day, state.clock.now());

  const target = headers.get(TARGET);
  log.signedTarget = signedHeaders.includes(TARGET);
  if (target !== audience && target !== `https:${audience}`) throw invalid(`The header ${TARGET} does not name the audience.`);
  // Google's libraries for Node and Python add it after signing, so that Google cannot insist.
  if (signedTarget && !log.signedTarget) throw invalid(`The header ${TARGET} must be signed.`);

  const key = state.awsKeys.find(keyId);
  if (!key) throw invalid("InvalidClientTokenId: The security token included in the request is invalid.");
  if (headers.get("x-amz-security-token") !== key.sessionToken)
    throw invalid("InvalidClientTokenId: x-amz-security-token is not the key's.");
  if (key.expiresAt <= state.clock.now()) throw invalid("ExpiredToken: The security token included in the request is expired.");
  const expected = await awsSignature({ method: "POST", url, headers }, { secret: key.secretAccessKey, scope, date, signedHeaders });
  if (signature !== expected) throw invalid("SignatureDoesNotMatch: The request signature does not match.");
  if (key.accountId !== accountId) throw invalid("The AWS account is not the provider's.");
  return key.arn;
}

/** @param {string} token JSON, percent-encoded */
function parseToken(token) {
  try {
    const { url, method, headers } = JSON.parse(decodeURIComponent(token));
    /** @type {Map<string, string>} */
    const all = new Map();
    for (const { key, value } of headers) {
      const name = key.toLowerCase();
      if (typeof value !== "string" || all.has(name)) throw new TypeError(`bad header ${name}`);
      all.set(name, value);
    }
    if (method !== "POST") throw new TypeError("bad method");
    return { url: new URL(url), headers: all };
  } catch {
    throw invalid("The subject token is not encodeURIComponent of JSON: url, method POST, headers as a list of key and value, each once.");
  }
}

/**
 * @param {URL} url
 * @returns the region
 */
function checkUrl({ href }) {
  const [, region] = /^https:\/\/sts\.([a-z0-9-]+)\.amazonaws\.com\/\?Action=GetCallerIdentity&Version=2011-06-15$/.exec(href) ?? [];
  if (!region) throw invalid("url must be https://sts.REGION.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15");
  return region;
}

/**
 * @param {string} date
 * @param {string} day of the credential's scope
 * @param {number} now in milliseconds
 */
function checkDate(date, day, now) {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const time = iso === date ? NaN : Date.parse(iso);
  if (Number.isNaN(time) || !date.startsWith(day))
    throw invalid("x-amz-date must be YYYYMMDDTHHMMSSZ, on the day of the credential's scope.");
  if (Math.abs(now - time) > MAX_AGE) throw invalid(`SignatureDoesNotMatch: Signature expired, or not yet current: ${date}.`);
  return date;
}

/** @param {string} description */
function invalid(description) {
  return new OAuthError("invalid_grant", description);
}
