import assert from "node:assert/strict";
import { callsApi, callsService, failsWith, READ_ONLY, refusedWith } from "./tasks.mjs";

/** @type {import("../suite.mjs").Case[]} */
export const idTokens = [
  {
    name: "a private service takes it",
    async open(stage) {
      const credentials = await stage.key("caller");
      return callsService(stage, { credentials, caller: credentials.client_email });
    },
  },
  {
    name: "for another audience the service refuses it",
    async open(stage) {
      const credentials = await stage.key("caller");
      const input = { audience: "https://elsewhere.example.com" };
      return callsService(stage, { credentials, caller: credentials.client_email, input, check: refusedWith(401) });
    },
  },
  {
    name: "of an account that is no invoker the service refuses it",
    async open(stage) {
      const credentials = await stage.key("stranger");
      return callsService(stage, { credentials, caller: stage.email("caller"), check: refusedWith(403) });
    },
  },
  {
    name: "none is had with the key of another account",
    async open(stage) {
      const credentials = await withForeignKey(stage);
      return callsService(stage, {
        credentials,
        caller: credentials.client_email,
        check: failsWith(/invalid_grant: Invalid JWT Signature/),
      });
    },
  },
  {
    name: "none is had with the key of a deleted account",
    async open(stage) {
      const credentials = await stage.key("deleted");
      const caller = credentials.client_email;
      stage.emulator.removeServiceAccount(caller);
      return callsService(stage, { credentials, caller, check: failsWith(/invalid_grant: Invalid grant: account not found/) });
    },
  },
];

/** @type {import("../suite.mjs").Case[]} */
export const accessTokens = [
  {
    name: "an API takes it, with its scopes",
    async open(stage) {
      const credentials = await stage.key("caller");
      return callsApi(stage, { credentials, caller: credentials.client_email });
    },
  },
  {
    name: "without a scope of the API it is refused",
    async open(stage) {
      const credentials = await stage.key("caller");
      const scopes = ["https://www.googleapis.com/auth/calendar"];
      return callsApi(stage, { credentials, caller: credentials.client_email, scopes, check: refusedWith(403) });
    },
  },
  {
    name: "of a user, by domain-wide delegation",
    async open(stage) {
      const credentials = await stage.key("robot", { delegatedScopes: [READ_ONLY] });
      return callsApi(stage, { credentials, caller: "boss@example.com", input: { subject: "boss@example.com" } });
    },
  },
  {
    name: "of a user, for a scope that is not delegated, none is had",
    async open(stage) {
      const credentials = await stage.key("robot");
      const input = { subject: "boss@example.com" };
      return callsApi(stage, { credentials, caller: "boss@example.com", input, check: failsWith(/unauthorized_client/) });
    },
  },
];

/** @type {import("../suite.mjs").Case[]} */
export const selfSigned = [
  {
    name: "an API takes one with scopes",
    async open(stage) {
      const credentials = await stage.key("caller");
      return callsApi(stage, { act: "selfSigned", credentials, caller: credentials.client_email });
    },
  },
  {
    name: "an API takes one with the API as its audience",
    async open(stage) {
      const credentials = await stage.key("caller");
      return {
        act: "selfSigned",
        credentials,
        input: { url: stage.api },
        check({ status, body }) {
          assert.equal(status, 200);
          assert.deepEqual([body.caller, body.scopes], [credentials.client_email, null]);
        },
      };
    },
  },
  {
    name: "signed with the key of another account it is refused",
    async open(stage) {
      const credentials = await withForeignKey(stage);
      return callsApi(stage, { act: "selfSigned", credentials, caller: credentials.client_email, check: refusedWith(401) });
    },
  },
  {
    name: "of a deleted account it is refused",
    async open(stage) {
      const credentials = await stage.key("deleted");
      stage.emulator.removeServiceAccount(credentials.client_email);
      return callsApi(stage, { act: "selfSigned", credentials, caller: credentials.client_email, check: refusedWith(401) });
    },
  },
];

/**
 * The file of one account with the key of another one, and the right key's id.
 *
 * @param {import("../stage/stage.mjs").Stage} stage
 */
async function withForeignKey(stage) {
  const [file, { private_key }] = [await stage.key("caller"), await stage.key("other")];
  return { ...file, private_key };
}
