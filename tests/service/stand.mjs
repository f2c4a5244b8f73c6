// A token service to test: the emulator for Google, an issuer of its own for callers, a policy, and a clock that is the real one.
import { generateKeyPairSync, sign } from "node:crypto";
import { after } from "node:test";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { customFetch } from "../../pkg/runtime/node.js";
import { createTokenService, hashSecret } from "../../pkg/runtime/service-node.js";
import { memoryStore } from "../../pkg/stores/memory.js";

export const ISSUER = "https://tokens.example";
export const IDP = "https://idp.example";
export const SECRET = "a client's secret of many letters";
export const SEAL = "a secret that seals, of more than 32 characters".replaceAll(" ", "-");

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwk = { ...pair.publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "idp" };
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const hash = hashSecret(SECRET);

/** An ID token of the callers' issuer. */
export function idToken(claims = {}, key = pair.privateKey) {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: IDP, aud: ISSUER, sub: "ada", iat: now, exp: now + 600, ...claims };
  const input = `${encoded({ alg: "ES256", kid: "idp" })}.${encoded(all)}`;
  return `${input}.${sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** What is in a token. */
export const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

export async function policy(more = "") {
  return `
[callers.ada]
issuer = "${IDP}"
claims.sub = "ada"

[callers.staff]
issuer = "${IDP}"
claims.team = ["core", "web"]

[callers.worker]
client_id = "worker"
secret_hash = "${await hash}"

[[grants]]
to = ["ada"]
jwt_for = ["https://orders.example"]
scopes = ["orders.read", "orders.write"]
ttl = "5m"

[[grants]]
to = ["worker", "ada"]
id_token_for = ["https://svc.example"]
outlives_caller = true

[[grants]]
to = ["worker"]
access_token_for = ["https://www.googleapis.com/auth/devstorage.read_only", "https://www.googleapis.com/auth/pubsub"]

[[grants]]
to = ["worker"]
jwt_for = ["https://orders.example"]

[[grants]]
to = ["staff"]
jwt_for = ["https://wiki.example"]
${more}`;
}

/** The emulator, and what a service needs to get Google's tokens there; ended after the tests of the file. */
export async function openGoogle(options) {
  const emulator = createEmulator(options);
  const server = await serve(emulator);
  after(() => server.close());
  return { emulator, url: server.url, options: { endpoints: server.url, credential: await emulator.createServiceAccountKey() } };
}

/** What answers for the callers' issuer. */
export async function idpFetch(url) {
  if (String(url) === `${IDP}/.well-known/openid-configuration`) return Response.json({ issuer: IDP, jwks_uri: `${IDP}/keys` });
  if (String(url) === `${IDP}/keys`) return Response.json({ keys: [jwk] }, { headers: { "cache-control": "max-age=3600" } });
  return fetch(...arguments);
}

/** A service, and a way to ask it. */
export async function stand(options = {}) {
  const log = [];
  const service = createTokenService({
    issuer: ISSUER,
    secrets: [SEAL],
    store: memoryStore(),
    policy: await policy(),
    log: (line) => log.push(line),
    [customFetch]: idpFetch,
    ...options,
  });
  const ask = async (method, path, { form, json, bearer, basic, headers, peer = "127.0.0.1" } = {}) => {
    const request = new Request(`${ISSUER}${path}`, {
      method,
      headers: {
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(bearer && { authorization: `Bearer ${bearer}` }),
        ...(basic && { authorization: `Basic ${Buffer.from(basic).toString("base64")}` }),
        ...headers,
      },
      body: form ? new URLSearchParams(form) : json === undefined ? undefined : JSON.stringify(json),
    });
    const response = await service.fetch(request, { peer });
    const text = await response.text();
    const body = response.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body };
  };
  return { service, ask, log };
}

export const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const type = (name) => `urn:ietf:params:oauth:token-type:${name}`;
