// Looks through the module's whole memory for what a session had to do with, after it was disposed of.
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { given, report } from "./call.mjs";
import { find, memories } from "./memories.mjs";

const { createSession, customFetch, init } = await import("cloud-run-auth/slim");
init(readFileSync(fileURLToPath(import.meta.resolve("cloud-run-auth/core.wasm"))));

const assertions = [];
const listening = async (url, init) => {
  const body = init?.body === undefined ? "" : await new Response(init.body).text();
  const assertion = new URLSearchParams(body).get("assertion");
  if (assertion) assertions.push(assertion);
  return fetch(url, init);
};
const options = { endpoints: given.endpoints, [customFetch]: listening };
const text = createSession(given.base, { ...options, credential: JSON.stringify(given.credential, null, 2) });
const object = createSession(given.base, { ...options, credential: given.credential });
const tokens = [];
for (const session of [text, object]) {
  for (const audience of [undefined, "another"]) tokens.push(await session.getIdToken({ audience, forceRefresh: true }));
  tokens.push(await session.getAccessToken({ scopes: ["s"] }));
  await (await session.get("/x")).text();
}
const control = isFound(Buffer.from(given.credential.client_email));
for (const session of [text, object]) session.dispose();

/** Pieces of everything secret, each long enough to be there for no other reason. */
function secrets() {
  const { private_key: pem } = given.credential;
  const key = createPrivateKey(pem);
  const jwk = key.export({ format: "jwk" });
  const found = pem.split("\n").filter((line) => line.length > 30 && !line.startsWith("-"));
  const pieces = found.map((line, index) => [`PEM line ${index}`, Buffer.from(line.slice(0, 32))]);
  for (const name of ["d", "p", "q", "dp", "dq", "qi"]) {
    const bytes = Buffer.from(jwk[name], "base64url");
    for (const at of [0, bytes.length >> 1]) pieces.push([`DER ${name} at ${at}`, bytes.subarray(at, at + 24)]);
  }
  const ends = (kind, jwt) => {
    const [, claims, signature = jwt] = jwt.startsWith("eyJ") ? jwt.split(".") : [];
    for (let at = 0; at + 40 <= signature.length; at += 40) {
      pieces.push([`${kind}'s signature at ${at}`, Buffer.from(signature.slice(at, at + 40))]);
    }
    // Of an access token, which is no JWT, all is secret.
    if (claims) pieces.push([`${kind}'s claims`, Buffer.from(claims.slice(60, 100))]);
  };
  for (const jwt of assertions) {
    ends("assertion", jwt);
    // The signature's own bytes, before they were text.
    pieces.push(["assertion's signature", Buffer.from(jwt.split(".")[2], "base64url").subarray(8, 40)]);
  }
  for (const token of tokens) ends("token", token);
  return pieces;
}

function isFound(bytes) {
  if (bytes.length < 16) throw new Error("a piece as short as that is found everywhere");
  return find(bytes);
}

const found = secrets().filter(([, bytes]) => isFound(bytes));
report({
  scanned: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
  control: control && assertions.length > 0 && tokens.every((token) => token.length > 20),
  found: found.map(([what]) => what),
});
