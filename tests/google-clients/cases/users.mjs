// People: those of Google with authorized_user, those of a workforce pool with external_account_authorized_user.
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callsApi, callsService, CLOUD_PLATFORM, failsWith, refusedWith } from "./tasks.mjs";

const keepsOld = { node: "keeps to the refresh token of its file, whatever comes with an answer" };

/** @type {import("../suite.mjs").Case[]} */
export const authorizedUser = [
  {
    name: "an API takes the access token",
    open(stage) {
      const caller = stage.user("user");
      const credentials = stage.emulator.createAuthorizedUser({ email: caller, scopes: [CLOUD_PLATFORM] });
      return callsApi(stage, { credentials, caller, scopes: [CLOUD_PLATFORM] });
    },
  },
  {
    name: "in the place where gcloud leaves it, an API takes the access token",
    open(stage) {
      const caller = stage.user("user");
      const folder = mkdtempSync(join(stage.folder, "gcloud-"));
      const file = stage.emulator.createAuthorizedUser({ email: caller, scopes: [CLOUD_PLATFORM] });
      writeFileSync(join(folder, "application_default_credentials.json"), JSON.stringify(file));
      return callsApi(stage, { env: { CLOUDSDK_CONFIG: folder }, caller, scopes: [CLOUD_PLATFORM] });
    },
  },
  {
    name: "a private service takes the ID token of gcloud's client",
    open(stage) {
      const caller = stage.user("user");
      const credentials = stage.emulator.createAuthorizedUser({ email: caller });
      return callsService(stage, { act: "userIdToken", credentials, caller });
    },
  },
  {
    name: "a private service refuses the ID token of another client",
    open(stage) {
      const caller = stage.user("user");
      const credentials = stage.emulator.createAuthorizedUser({ email: caller, clientId: "somebody-else.apps.googleusercontent.com" });
      return callsService(stage, { act: "userIdToken", credentials, caller, check: refusedWith(401) });
    },
  },
  {
    name: "a second access token with the rotated refresh token",
    lacks: keepsOld,
    open(stage) {
      const caller = stage.user("user");
      const credentials = stage.emulator.createAuthorizedUser({ email: caller, scopes: [CLOUD_PLATFORM], rotate: true });
      return callsApi(stage, { act: "accessTokenTwice", credentials, caller, scopes: [CLOUD_PLATFORM] });
    },
  },
  {
    name: "a revoked refresh token brings none",
    open(stage) {
      const caller = stage.user("user");
      const credentials = stage.emulator.createAuthorizedUser({ email: caller });
      stage.emulator.setUserState(caller, "revoked");
      return callsApi(stage, { credentials, caller, check: failsWith(/invalid_grant/) });
    },
  },
  {
    name: "a user who has to sign in again gets none",
    open(stage, client) {
      const caller = stage.user("user");
      const credentials = stage.emulator.createAuthorizedUser({ email: caller });
      stage.emulator.setUserState(caller, "reauth");
      const said = { node: /invalid_grant|invalid_rapt/, python: /Reauthentication is needed/ }[client];
      return callsApi(stage, { credentials, caller, check: failsWith(said) });
    },
  },
];

const POOL = "iam.googleapis.com/locations/global/workforcePools/employees";
const audience = `//${POOL}/providers/directory`;

/** @type {import("../suite.mjs").Case[]} */
export const externalAuthorizedUser = [
  {
    name: "an API takes the access token",
    open(stage) {
      const credentials = stage.emulator.createExternalAuthorizedUser({ audience, subject: "ann" });
      return callsApi(stage, { credentials, caller: `principal://${POOL}/subject/ann`, scopes: [CLOUD_PLATFORM] });
    },
  },
  {
    name: "a second access token with the rotated refresh token",
    open(stage) {
      const credentials = stage.emulator.createExternalAuthorizedUser({ audience, subject: "ben", rotate: true });
      const caller = `principal://${POOL}/subject/ben`;
      return callsApi(stage, { act: "accessTokenTwice", credentials, caller, scopes: [CLOUD_PLATFORM] });
    },
  },
  {
    name: "a revoked refresh token brings none",
    open(stage) {
      const credentials = stage.emulator.createExternalAuthorizedUser({ audience, subject: "cid" });
      stage.emulator.setUserState(credentials.refresh_token, "revoked");
      return callsApi(stage, { credentials, caller: "", check: failsWith(/invalid_grant/) });
    },
  },
  {
    name: "with a wrong client secret none is had",
    open(stage) {
      const credentials = stage.emulator.createExternalAuthorizedUser({ audience, subject: "dot" });
      return callsApi(stage, { credentials: { ...credentials, client_secret: "wrong" }, caller: "", check: failsWith(/invalid_client/) });
    },
  },
];
