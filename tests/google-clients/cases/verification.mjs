// The clients fetch Google's certificates, and judge the emulator's tokens by them as they do Google's.
import assert from "node:assert/strict";
import { failsWith } from "./tasks.mjs";

const audience = "https://orders.example.com";
const backend = "/projects/1/global/backendServices/2";

/** @type {import("../suite.mjs").Case[]} */
export const verification = [
  {
    name: "a token is found good",
    async open(stage) {
      const credentials = await stage.key("caller");
      return {
        act: "verifyIdToken",
        credentials,
        input: { audience, expected: audience },
        check({ error, claims }) {
          assert.equal(error, undefined);
          assert.deepEqual([claims.email, claims.email_verified, claims.aud], [credentials.client_email, true, audience]);
        },
      };
    },
  },
  {
    name: "after a change of keys, too",
    async open(stage) {
      const credentials = await stage.key("caller");
      await stage.emulator.rotateKeys();
      return {
        act: "verifyIdToken",
        credentials,
        input: { audience, expected: audience },
        check: ({ claims }) => assert.equal(claims?.aud, audience),
      };
    },
  },
  {
    name: "a token for another audience is not",
    async open(stage) {
      const credentials = await stage.key("caller");
      return {
        act: "verifyIdToken",
        credentials,
        input: { audience, expected: "https://elsewhere.example.com" },
        check: failsWith(/audience/i),
      };
    },
  },
  {
    name: "Identity-Aware Proxy's assertion is found good",
    async open(stage) {
      const credentials = await stage.key("caller");
      const assertion = await stage.emulator.issueIapAssertion({ audience: backend, email: "ada@example.com" });
      return {
        act: "verifyIap",
        credentials,
        input: { assertion, expected: backend },
        check({ error, claims }) {
          assert.equal(error, undefined);
          assert.deepEqual([claims.iss, claims.email, claims.aud], ["https://cloud.google.com/iap", "ada@example.com", backend]);
        },
      };
    },
  },
  {
    name: "Identity-Aware Proxy's assertion for another service is not",
    async open(stage) {
      const credentials = await stage.key("caller");
      const assertion = await stage.emulator.issueIapAssertion({ audience: backend });
      return { act: "verifyIap", credentials, input: { assertion, expected: `${backend}0` }, check: failsWith(/audience/i) };
    },
  },
];
