// external_account: for each source of the subject token the federated identity itself, and a service account in whose place it acts.
import { createAuthority } from "../certificates/authority.mjs";
import { withCertificate, workloads } from "../stage/workload.mjs";
import { callsApi, callsService, CLOUD_PLATFORM, failsWith, READ_ONLY } from "./tasks.mjs";

/** @typedef {import("../suite.mjs").Case} Case */

/**
 * @param {string} source
 * @returns {Case[]}
 */
const casesOf = (source) => [
  {
    name: "an API takes the access token",
    async open(stage) {
      const { principal, ...workload } = await stage.workload(source);
      return callsApi(stage, { ...workload, caller: principal });
    },
  },
  {
    name: "an API takes the access token of an impersonated account",
    async open(stage) {
      const { principal, credentials, env } = await stage.workload(source);
      const target = allowed(stage, principal);
      return callsApi(stage, { credentials: impersonating(credentials, target), env, caller: target });
    },
  },
  {
    name: "a private service takes the ID token of an impersonated account",
    async open(stage) {
      const { principal, credentials, env } = await stage.workload(source);
      const target = allowed(stage, principal);
      const task = callsService(stage, { credentials, env, caller: target });
      return { ...task, act: "impersonate", input: { ...task.input, principal: target, scopes: [CLOUD_PLATFORM] } };
    },
  },
];

/** @type {{ name: string, cases: Case[] }[]} */
export const externalAccounts = Object.keys(workloads).map((source) => ({ name: `external_account: ${source}`, cases: casesOf(source) }));

/** @type {Case[]} */
export const refusals = [
  {
    name: "without the role Token Creator no impersonated account's is had",
    async open(stage) {
      const { credentials } = await stage.workload("file");
      const target = stage.account("target");
      const check = failsWith(/iam\.serviceAccounts\.getAccessToken/);
      return callsApi(stage, { credentials: impersonating(credentials, target), caller: target, check });
    },
  },
  {
    name: "for a provider that is not there none is had",
    async open(stage) {
      const { credentials, principal } = await stage.workload("file");
      const audience = credentials.audience.replace("/providers/provider", "/providers/gone");
      return callsApi(stage, { credentials: { ...credentials, audience }, caller: principal, check: failsWith(/invalid_target/) });
    },
  },
  {
    name: "with a subject token for somebody else none is had",
    async open(stage) {
      const [{ credentials, principal }, other] = [await stage.workload("file"), await stage.workload("file")];
      const swapped = { ...credentials, credential_source: other.credentials.credential_source };
      return callsApi(stage, { credentials: swapped, caller: principal, check: failsWith(/invalid_grant.*audience/) });
    },
  },
  {
    name: "with a request that is not signed by the key none is had",
    async open(stage) {
      const { credentials, principal, env } = await stage.workload("AWS, environment");
      const wrong = { ...env, AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
      return callsApi(stage, { credentials, env: wrong, caller: principal, check: failsWith(/invalid_grant.*SignatureDoesNotMatch/) });
    },
  },
  {
    name: "with a key of another AWS account none is had",
    async open(stage) {
      const { credentials, principal, env } = await stage.workload("AWS, environment");
      const { accessKeyId, secretAccessKey } = stage.emulator.createAwsKey({ accountId: "999999999999" });
      const other = { ...env, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
      return callsApi(stage, { credentials, env: other, caller: principal, check: failsWith(/invalid_grant.*AWS account/) });
    },
  },
  {
    name: "with a certificate of another authority none is had",
    open(stage) {
      const { credentials, principal } = withCertificate(stage, createAuthority("Somebody else"));
      return callsApi(stage, { credentials, caller: principal, check: failsWith(/invalid_grant.*trust anchor/) });
    },
  },
  {
    name: "by an impersonated account for a chosen time, an API takes it",
    async open(stage) {
      const { credentials, principal } = await stage.workload("file");
      const target = allowed(stage, principal);
      const file = { ...impersonating(credentials, target), service_account_impersonation: { token_lifetime_seconds: 900 } };
      const task = callsApi(stage, { credentials: file, caller: target, scopes: [READ_ONLY] });
      return {
        ...task,
        check(answer) {
          task.check(answer);
          stage.expectLog(({ iam }) => iam?.lifetime === "900s");
        },
      };
    },
  },
];

/**
 * @param {import("../stage/stage.mjs").Stage} stage
 * @param {string} caller
 */
function allowed(stage, caller) {
  const target = stage.account("target");
  stage.emulator.allowImpersonation({ caller, target });
  return target;
}

/**
 * @param {object} credentials
 * @param {string} target
 */
function impersonating(credentials, target) {
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${target}:generateAccessToken`;
  return { ...credentials, service_account_impersonation_url: url };
}
