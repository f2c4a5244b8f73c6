import { createHmac, createSign, generateKeyPairSync } from "node:crypto";
import { request } from "node:http";
import { createEmulator } from "../index.js";
import { serve } from "../node.js";

export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
export const GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token";

// Making a key takes a good part of a second, so that tests share them where they can.
let sharedKey;
let sharedEmulator;

/**
 * A served emulator with one account and one service, stopped when the test ends. The emulator is one that earlier tests of the
 * file have used, and reset, unless options are given.
 *
 * @param {import("node:test").TestContext} t
 * @param {import("../index.js").EmulatorOptions} [options]
 */
export async function start(t, options) {
  const emulator = options ? createEmulator(options) : (sharedEmulator ??= createEmulator());
  emulator.reset();
  const server = await serve(emulator);
  t.after(() => server.close());
  if (sharedKey) await emulator.addServiceAccount(sharedKey);
  const key = (sharedKey ??= await emulator.createServiceAccountKey());
  const service = emulator.addService("hello");
  return { emulator, server, url: server.url, key, service };
}

/**
 * Claims that Google would accept.
 *
 * @param {import("../index.js").ServiceAccountKeyFile} key
 * @param {number} [now] in seconds
 */
export function goodClaims(key, now = Math.floor(Date.now() / 1000)) {
  return { iss: key.client_email, aud: GOOGLE_TOKEN_URL, iat: now, exp: now + 3600, target_audience: "https://hello.example" };
}

/**
 * A JWT made by hand, with Node's crypto and none of the emulator's code. undefined leaves a field out.
 *
 * @param {object | string} header a string is taken as it is
 * @param {object | string} claims
 * @param {string} secret PEM of a private key, or the HMAC secret
 */
export function sign(header, claims, secret) {
  const part = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const input = `${part(header)}.${part(claims)}`;
  const alg = header.alg ?? "RS256";
  if (alg === "none") return `${input}.`;
  if (alg === "HS256") return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  return `${input}.${createSign(`RSA-SHA${alg.slice(2)}`)
    .update(input)
    .sign(secret, "base64url")}`;
}

/**
 * An assertion with everything right but what is overridden.
 *
 * @param {import("../index.js").ServiceAccountKeyFile} key
 * @param {object} [claims]
 * @param {object} [header]
 */
export function assertionOf(key, claims = {}, header = {}) {
  const wholeHeader = { alg: "RS256", typ: "JWT", kid: key.private_key_id, ...header };
  return sign(wholeHeader, { ...goodClaims(key), ...claims }, key.private_key);
}

/**
 * @param {string} url of the emulator
 * @param {string} assertion
 */
export function exchange(url, assertion) {
  return fetch(`${url}/token`, { method: "POST", body: new URLSearchParams({ grant_type: JWT_BEARER, assertion }) });
}

/**
 * An ID token, had the honest way.
 *
 * @param {{ url: string, key: import("../index.js").ServiceAccountKeyFile }} world
 * @param {string} [audience]
 */
export async function idToken({ url, key }, audience = `${url}/run/hello`) {
  const response = await exchange(url, assertionOf(key, { target_audience: audience }));
  const { id_token: token, error_description: trouble } = await response.json();
  if (!token) throw new Error(trouble);
  return token;
}

/** @param {string} jwt */
export function claimsOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString());
}

/**
 * Waits until something is so.
 *
 * @param {() => unknown} condition
 */
export async function until(condition) {
  for (let i = 0; !condition(); i++) {
    if (i > 1000) throw new Error(`never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A key pair of somebody else, as PEM. */
export function strangerKey(bits = 2048) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  return {
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }),
    publicPem: publicKey.export({ type: "spki", format: "pem" }),
  };
}

/**
 * A request with node:http, whose path goes out exactly as given. Rejects when the connection breaks, also in mid-body: then the
 * error carries what came.
 *
 * @param {string} url
 * @param {{ method?: string, path?: string, headers?: object, body?: string }} [init]
 */
export function rawRequest(url, { method = "GET", path = "/", headers = {}, body } = {}) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (incoming) => {
      const chunks = [];
      const answer = () => ({ status: incoming.statusCode, headers: incoming.headers, body: Buffer.concat(chunks).toString() });
      incoming.on("data", (chunk) => chunks.push(chunk));
      incoming.on("end", () => resolve(answer()));
      incoming.on("error", (error) => reject(Object.assign(error, { answer: answer() })));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/**
 * Posts a form, without the fields that are undefined.
 *
 * @param {string} url
 * @param {Record<string, string | undefined>} fields
 * @param {Record<string, string>} [headers]
 */
export async function post(url, fields, headers = {}) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(given), headers });
  return { status: response.status, body: await response.json() };
}

export const POOL = "//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci";
export const PRINCIPALS = "principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci/subject/";
export const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";

/**
 * A token exchange with everything right but what is overridden.
 *
 * @param {string} url
 * @param {Record<string, string | undefined>} fields
 * @param {Record<string, string>} [headers]
 */
export function federate(url, fields, headers) {
  const good = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    scope: CLOUD_PLATFORM,
    audience: `${POOL}/providers/oidc`,
  };
  return post(`${url}/v1/token`, { ...good, ...fields }, headers);
}

/**
 * Posts JSON with a bearer token.
 *
 * @param {string} url
 * @param {string | undefined} token
 * @param {unknown} body a string is sent as it is
 */
export async function call(url, token, body) {
  const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(url, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  return { status: response.status, body: await response.json(), headers: response.headers };
}
