// Backends verify the service's JWTs by its URL alone, with libraries that other people wrote: jose and PyJWT.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { serveCommand } from "./command.mjs";
import { claimsOf, policy, SECRET } from "./stand.mjs";

const exec = promisify(execFile);
const BACKEND = fileURLToPath(new URL("python/backend.py", import.meta.url));
const AUDIENCE = "https://orders.example";
const { url } = await serveCommand({ policy: await policy() });

async function issued() {
  const form = { grant_type: "client_credentials", client_id: "worker", client_secret: SECRET, audience: AUDIENCE };
  const response = await fetch(`${url}/api/token`, { method: "POST", body: new URLSearchParams(form) });
  return (await response.json()).access_token;
}
/** Another audience in it, and the signature of before. */
function changed(token) {
  const [head, , signature] = token.split(".");
  return [head, Buffer.from(JSON.stringify({ ...claimsOf(token), sub: "eve" })).toString("base64url"), signature].join(".");
}

test("jose", async () => {
  const token = await issued();
  const { jwks_uri, issuer } = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
  const keys = createRemoteJWKSet(new URL(jwks_uri));
  const { payload } = await jwtVerify(token, keys, { issuer, audience: AUDIENCE, requiredClaims: ["exp", "iat", "sub", "jti"] });
  assert.equal(payload.sub, "worker");
  await assert.rejects(jwtVerify(changed(token), keys, { issuer, audience: AUDIENCE }), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" });
  await assert.rejects(jwtVerify(token, keys, { issuer, audience: "https://other.example" }), { code: "ERR_JWT_CLAIM_VALIDATION_FAILED" });
});

test("PyJWT", async () => {
  const token = await issued();
  const verify = (audience, token) => exec(process.env.SERVICE_TOOLS_PYTHON, [BACKEND, url, audience, token]);
  assert.deepEqual(JSON.parse((await verify(AUDIENCE, token)).stdout), claimsOf(token));
  await assert.rejects(verify(AUDIENCE, changed(token)), /InvalidSignatureError/);
  await assert.rejects(verify("https://other.example", token), /InvalidAudienceError/);
});
