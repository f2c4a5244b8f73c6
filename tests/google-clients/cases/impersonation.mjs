// impersonated_service_account: somebody's credentials, with which IAM makes tokens of a service account.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { callsApi, callsService, CLOUD_PLATFORM, failsWith, READ_ONLY } from "./tasks.mjs";

/** @typedef {import("../stage/stage.mjs").Stage} Stage */

const POOL = "iam.googleapis.com/locations/global/workforcePools/contractors";

/**
 * @typedef {object} Source whose credentials stand in the file
 * @property {string} name
 * @property {Record<string, string>} [lacks]
 * @property {(stage: Stage) => Promise<{ credentials: object, caller: string }>} open
 */

/** @type {Source[]} */
const sources = [
  {
    name: "a user",
    async open(stage) {
      const caller = stage.user("user");
      return { credentials: stage.emulator.createAuthorizedUser({ email: caller }), caller };
    },
  },
  {
    name: "a service account",
    async open(stage) {
      const credentials = await stage.key("source");
      return { credentials, caller: credentials.client_email };
    },
  },
  {
    name: "a workforce user",
    async open(stage) {
      const credentials = stage.emulator.createExternalAuthorizedUser({ audience: `//${POOL}/providers/directory`, subject: "eve" });
      return { credentials, caller: `principal://${POOL}/subject/eve` };
    },
  },
  {
    name: "a federated identity",
    lacks: { python: "takes no source of the type external_account" },
    async open(stage) {
      const { credentials, principal } = await stage.workload("file");
      return { credentials, caller: principal };
    },
  },
  {
    name: "an impersonated account",
    lacks: { python: "takes no source of the type impersonated_service_account" },
    async open(stage) {
      const caller = stage.account("middle");
      const user = stage.user("user");
      const credentials = stage.emulator.createAuthorizedUser({ email: user });
      stage.emulator.allowImpersonation({ caller: user, target: caller });
      return { credentials: impersonated(credentials, caller), caller };
    },
  },
];

/**
 * @param {object} source
 * @param {string} target
 * @param {string[]} [delegates] emails
 */
function impersonated(source, target, delegates) {
  return {
    type: "impersonated_service_account",
    source_credentials: source,
    service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${target}:generateAccessToken`,
    ...(delegates ? { delegates: delegates.map((email) => `projects/-/serviceAccounts/${email}`) } : {}),
  };
}

/**
 * A file with which the source may take the target's place, through each of the delegates.
 *
 * @param {Stage} stage
 * @param {Source} source
 * @param {string[]} delegates
 */
async function openFile(stage, source, delegates = []) {
  const { credentials, caller } = await source.open(stage);
  const target = stage.account("target");
  const chain = [caller, ...delegates, target];
  for (const [index, next] of chain.slice(1).entries()) stage.emulator.allowImpersonation({ caller: chain[index], target: next });
  return { file: impersonated(credentials, target, delegates.length > 0 ? delegates : undefined), target };
}

// Node gives the source no scopes but those that are asked for, and without one a service account gets no token.
const input = { scopes: [CLOUD_PLATFORM] };

/** @type {import("../suite.mjs").Case[]} */
export const idTokens = [
  ...sources.map((source) => ({
    name: `by ${source.name}, a private service takes it`,
    lacks: source.lacks,
    async open(stage) {
      const { file, target } = await openFile(stage, source);
      return callsService(stage, { credentials: file, caller: target, input });
    },
  })),
  {
    name: "through two delegates, a private service takes it",
    async open(stage) {
      const { file, target } = await openFile(stage, sources[0], [stage.account("first"), stage.account("second")]);
      return callsService(stage, { credentials: file, caller: target, input });
    },
  },
  {
    name: "without the role Token Creator none is had",
    async open(stage) {
      const target = stage.account("target");
      const credentials = impersonated(stage.emulator.createAuthorizedUser({ email: stage.user("user") }), target);
      return callsService(stage, { credentials, caller: target, input, check: failsWith(/iam\.serviceAccounts\.getOpenIdToken/) });
    },
  },
];

/** @type {import("../suite.mjs").Case[]} */
export const accessTokens = [
  ...sources.map((source) => ({
    name: `by ${source.name}, an API takes it`,
    lacks: source.lacks,
    async open(stage) {
      const { file, target } = await openFile(stage, source);
      return callsApi(stage, { credentials: file, caller: target, scopes: [CLOUD_PLATFORM] });
    },
  })),
  {
    name: "with less scopes than its source, an API takes it",
    async open(stage) {
      const { file, target } = await openFile(stage, sources[0]);
      return callsApi(stage, { credentials: file, caller: target, scopes: [READ_ONLY] });
    },
  },
  {
    name: "through two delegates, an API takes it",
    async open(stage) {
      const { file, target } = await openFile(stage, sources[1], [stage.account("first"), stage.account("second")]);
      return callsApi(stage, { credentials: file, caller: target, scopes: [CLOUD_PLATFORM] });
    },
  },
  {
    name: "without the role Token Creator none is had",
    async open(stage) {
      const target = stage.account("target");
      const credentials = impersonated(await stage.key("source"), target);
      const check = failsWith(/iam\.serviceAccounts\.getAccessToken/);
      return callsApi(stage, { credentials, caller: target, scopes: [CLOUD_PLATFORM], check });
    },
  },
  {
    name: "of a user, by the account's domain-wide delegation",
    lacks: { node: "impersonates no account for a user" },
    open(stage) {
      const { email: target } = stage.emulator.createServiceAccount({ email: stage.email("target"), delegatedScopes: [READ_ONLY] });
      const caller = stage.user("user");
      stage.emulator.allowImpersonation({ caller, target });
      const credentials = stage.emulator.createAuthorizedUser({ email: caller });
      const input = { principal: target, subject: "boss@example.com" };
      return callsApi(stage, { act: "impersonate", credentials, caller: "boss@example.com", input });
    },
  },
  {
    name: "where one delegate lacks the role none is had",
    async open(stage) {
      const [first, second] = [stage.account("first"), stage.account("second")];
      const { file, target } = await openFile(stage, sources[0], [first, second]);
      stage.emulator.disallowImpersonation({ caller: first, target: second });
      const check = failsWith(/iam\.serviceAccounts\.getAccessToken/);
      return callsApi(stage, { credentials: file, caller: target, scopes: [CLOUD_PLATFORM], check });
    },
  },
];

/** @type {import("../suite.mjs").Case[]} */
export const signatures = [
  {
    name: "IAM signs with a key that the account publishes",
    async open(stage) {
      const target = stage.account("target");
      const caller = stage.user("user");
      stage.emulator.allowImpersonation({ caller, target });
      return {
        act: "sign",
        credentials: stage.emulator.createAuthorizedUser({ email: caller }),
        input: { principal: target, text: "to be signed" },
        async check({ error, signature }) {
          assert.equal(error, undefined);
          const { keys } = await (await stage.emulator.fetch(`${stage.emulator.origin}/service_accounts/v1/jwk/${target}`)).json();
          const isGood = (jwk) =>
            verify("sha256", Buffer.from("to be signed"), createPublicKey({ key: jwk, format: "jwk" }), Buffer.from(signature, "base64"));
          assert.ok(keys.some(isGood));
        },
      };
    },
  },
];
