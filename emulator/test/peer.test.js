import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { test } from "node:test";
import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { start } from "../testing/harness.js";

/**
 * Google's own library, its fixed token endpoint bent to the emulator: it does not read token_uri.
 *
 * @param {string} url
 */
function bent(url) {
  return { fetchImplementation: (input, init) => fetch(String(input).replace("https://oauth2.googleapis.com", url), init) };
}

test("google-auth-library fetches an ID token and calls the private service", async (t) => {
  const { url, key, emulator, service } = await start(t);
  const auth = new GoogleAuth({ credentials: key, clientOptions: { transporterOptions: bent(url) } });
  const client = await auth.getIdTokenClient(service.url);
  const { status, data } = await client.request({ url: `${service.url}/items?n=1`, method: "POST", data: { a: 1 } });
  assert.equal(status, 200);
  assert.equal(data.caller, key.client_email);
  assert.equal(data.path, "/items");
  assert.equal(data.body, '{"a":1}');
  assert.deepEqual(
    emulator.log.map(({ endpoint, status }) => [endpoint, status]),
    [
      ["token", 200],
      ["service", 200],
    ],
  );

  // And it finds the token good, by the emulator's own keys.
  const token = await client.idTokenProvider.fetchIdToken(service.url);
  const { keys } = await (await fetch(`${url}/oauth2/v3/certs`)).json();
  const pem = (jwk) => createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
  const certificates = Object.fromEntries(keys.map((jwk) => [jwk.kid, pem(jwk)]));
  const issuers = ["https://accounts.google.com", "accounts.google.com"];
  const ticket = await new OAuth2Client().verifySignedJwtWithCertsAsync(token, certificates, service.url, issuers);
  assert.equal(ticket.getPayload().email, key.client_email);
});

test("google-auth-library fetches an access token, and shows the emulator's errors", async (t) => {
  const { url, key, emulator } = await start(t);
  const options = { credentials: key, scopes: ["https://www.googleapis.com/auth/cloud-platform"] };
  const auth = new GoogleAuth({ ...options, clientOptions: { transporterOptions: bent(url) } });
  assert.match(await auth.getAccessToken(), /^ya29\./);
  emulator.removeServiceAccount(key.client_email);
  const other = new GoogleAuth({ ...options, clientOptions: { transporterOptions: bent(url) } });
  await assert.rejects(other.getAccessToken(), /invalid_grant: Invalid grant: account not found/);
});
