// The clients fetch Google's certificates, and judge the emulator's tokens by them as they do Google's.
import assert from "node:assert/strict";
import { failsWith } from "./tasks.mjs";

const audience = "https://orders.example.com";

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
];
