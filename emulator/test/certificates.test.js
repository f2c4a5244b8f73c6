import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import { test } from "node:test";
import { rootCertificates } from "node:tls";
import { createEmulator } from "../index.js";
import { isIssuedBy } from "../lib/certificate-chain.js";
import { parsePem } from "../lib/certificate.js";
import { serve } from "../node.js";
import { certificate } from "../testing/certificates.js";
import { POOL, PRINCIPALS } from "../testing/harness.js";

const AUDIENCE = `${POOL}/providers/x509`;
const ORIGIN = "https://sts.mtls.test";

test("the world's root certificates are read and verified as Node reads and verifies them", async () => {
  let verified = 0;
  for (const pem of rootCertificates) {
    const [ours] = parsePem(pem);
    const theirs = new X509Certificate(pem);
    assert.deepEqual(Buffer.from(ours.raw), theirs.raw);
    assert.equal(ours.notAfter, Date.parse(theirs.validTo), theirs.subject);
    assert.equal(ours.notBefore, Date.parse(theirs.validFrom), theirs.subject);
    assert.equal(ours.commonName, /^CN=(.*)$/m.exec(theirs.subject)?.[1].replace(/\\(.)/g, "$1"));
    assert.deepEqual(Buffer.from(ours.publicKey), theirs.publicKey.export({ type: "spki", format: "der" }));
    // SHA-1 and what else is out of use is not verified. Version 1 says nothing of authorities.
    if (!(await isIssuedBy(ours, ours))) continue;
    assert.ok(theirs.ca && theirs.verify(theirs.publicKey), theirs.subject);
    verified++;
  }
  assert.ok(verified > rootCertificates.length / 2, `${verified} of ${rootCertificates.length}`);
});

/** A world with a provider that trusts one root. */
function world(root, options) {
  const emulator = createEmulator({ origin: ORIGIN, ...options });
  emulator.addProvider({ kind: "x509", audience: AUDIENCE, roots: [root.cert] });
  const ask = async (chain, shown = chain[0]) => {
    const subject_token = typeof chain === "string" ? chain : JSON.stringify(chain.map((one) => one.base64));
    const request = new Request(`${ORIGIN}/v1/token`, { method: "POST", body: form(subject_token) });
    const response = await emulator.fetch(request, { clientCertificate: shown?.raw });
    return { status: response.status, ...(await response.json()) };
  };
  return { emulator, ask };
}

/** @param {string} subject_token */
function form(subject_token) {
  return new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    subject_token_type: "urn:ietf:params:oauth:token-type:mtls",
    scope: "https://www.googleapis.com/auth/cloud-platform",
    audience: AUDIENCE,
    subject_token,
  });
}

test("a client certificate counts if it was shown, and leads to a root", async () => {
  const root = certificate("root", { authority: true, rsa: true });
  const between = certificate("between", { authority: true, issuer: root });
  const leaf = certificate("workload-1", { issuer: between });
  const { emulator, ask } = world(root);
  assert.ok(new X509Certificate(leaf.cert).verify(between.keys.publicKey), "made well, says Node");
  assert.equal((await ask([leaf, between])).status, 200);
  assert.equal(emulator.log.at(-1).sts.principal, `${PRINCIPALS}workload-1`);
  assert.equal((await ask([leaf, between, root])).status, 200);
  const direct = certificate("workload-2", { issuer: root });
  assert.equal((await ask([direct])).status, 200);

  const stranger = certificate("root", { authority: true, rsa: true });
  const tampered = Buffer.from(direct.raw);
  tampered[tampered.indexOf("workload-2") + 9] = 0x33;
  for (const [what, chain, shown] of [
    ["nothing shown", [leaf, between], { raw: undefined }],
    ["another one shown", [leaf, between], direct],
    ["the chain in the wrong order", [between, leaf], leaf],
    ["a link missing", [leaf], leaf],
    ["a root's key under another name", [certificate("x", { issuer: { ...root, name: "other" } })]],
    ["a root of the same name", [certificate("x", { issuer: stranger })]],
    ["a leaf that issues", [certificate("x", { issuer: leaf }), leaf, between]],
    ["out of date", [certificate("x", { issuer: root, to: Date.now() - 1000 })]],
    ["not yet in date", [certificate("x", { issuer: root, from: Date.now() + 60_000 })]],
    ["changed", [{ raw: tampered, base64: tampered.toString("base64") }]],
    ["self-signed", [certificate("x")]],
    ["no common name", [certificate("", { issuer: root })]],
    ["no list", "{}", leaf],
    ["an empty list", "[]", leaf],
    ["base64url", JSON.stringify([leaf.raw.toString("base64url")]), leaf],
    ["half a certificate", JSON.stringify([leaf.raw.subarray(0, 100).toString("base64")]), leaf],
    ["PEM", JSON.stringify([leaf.cert]), leaf],
  ]) {
    const { status, error } = await ask(chain, shown);
    assert.deepEqual([status, error], [400, "invalid_grant"], what);
  }
  emulator.clock.offset = 3_700_000;
  assert.equal((await ask([direct])).status, 400, "by the emulator's clock");
  assert.throws(() => emulator.addProvider({ kind: "x509", audience: AUDIENCE, roots: ["no PEM"] }), /no certificate in PEM/);
});

test("a client certificate may itself be the trust anchor", async () => {
  const own = certificate("pinned");
  assert.equal((await world(own).ask([own])).status, 200);
});

test("served over TLS, under any name, the client's certificate comes along", async (t) => {
  const root = certificate("root", { authority: true });
  const leaf = certificate("workload", { issuer: root });
  const { emulator } = world(root, { origin: undefined });
  const server = await serve(emulator, { tls: { ...certificate("server"), requestClientCertificate: true } });
  t.after(() => server.close());
  assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(emulator.origin, server.url);
  const post = (shown, url = server.url) =>
    new Promise((resolve, reject) => {
      const headers = { host: "sts.mtls.googleapis.com", "content-type": "application/x-www-form-urlencoded" };
      const tls = { agent: false, rejectUnauthorized: false, ...(shown ? { key: shown.key, cert: shown.cert } : {}) };
      const outgoing = request(`${url}/v1/token`, { method: "POST", headers, ...tls }, (incoming) => {
        let text = "";
        incoming.on("data", (chunk) => (text += chunk));
        incoming.on("end", () => resolve({ status: incoming.statusCode, ...JSON.parse(text) }));
      });
      outgoing.on("error", reject).end(String(form(JSON.stringify([leaf.base64]))));
    });
  assert.equal((await post(leaf)).status, 200);
  assert.equal(emulator.log.at(-1).sts.principal, `${PRINCIPALS}workload`);
  assert.match((await post(undefined)).error_description, /No client certificate/);
  assert.match((await post(certificate("other", { issuer: root }))).error_description, /not the one that was shown/);

  const quiet = await serve(emulator, { tls: certificate("server") });
  t.after(() => quiet.close());
  assert.match((await post(leaf, quiet.url)).error_description, /No client certificate/, "nobody asked for it");
});
