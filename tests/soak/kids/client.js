// One runtime's share of kids.mjs, next to the installed package: the flood by the real clock.
import process from "node:process";
import { createIdTokenVerifier } from "cloud-run-auth/verify";
import { flood } from "./flood.js";

const { url, keys, seconds, names } = JSON.parse(process.argv[2]);
const [issuer, audience] = ["https://issuer.example", "https://svc.example"];
const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const part = (value) => base64url(new TextEncoder().encode(JSON.stringify(value)));
const signers = await Promise.all(
  keys.map(async ({ kid, jwk }) => ({ kid, key: await crypto.subtle.importKey("jwk", jwk, ES256, false, ["sign"]) })),
);

async function sign(claims, late) {
  const { kid, key } = signers[late ? 1 : 0];
  const input = `${part({ alg: "ES256", kid, typ: "JWT" })}.${part(claims)}`;
  return `${input}.${base64url(new Uint8Array(await crypto.subtle.sign(ES256, key, new TextEncoder().encode(input))))}`;
}

const now = () => Math.floor(Date.now() / 1000);
const began = performance.now();
const seen = await flood({
  verifier: createIdTokenVerifier({ audience, issuer, jwksUri: `${url}/keys` }),
  ...{ sign, part, names },
  claims: () => ({ iss: issuer, aud: audience, sub: "1", iat: now() - 10, exp: now() + 600 }),
  publish: () => fetch(url, { method: "POST" }),
  async tick(n) {
    const early = began + (seconds * 1000 * n) / names - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
  },
});
const version = globalThis.Bun ? `Bun ${Bun.version}` : globalThis.Deno ? `Deno ${Deno.version.deno}` : `Node ${process.versions.node}`;
console.log(JSON.stringify({ ...seen, version, took: (performance.now() - began) / 1000 }));
process.exit();
