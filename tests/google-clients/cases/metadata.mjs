// The metadata server, which the clients find by themselves where no file is named.
import assert from "node:assert/strict";
import { callsApi, callsService, CLOUD_PLATFORM, READ_ONLY } from "./tasks.mjs";

/** @typedef {import("../stage/stage.mjs").Stage} Stage */

/** @param {Stage} stage */
function attach(stage) {
  const account = stage.account("machine");
  const other = stage.account("other");
  stage.emulator.configureMetadata({ account, scopes: [CLOUD_PLATFORM], accounts: [{ email: other }] });
  return { account, other };
}

const onlyDefault = { python: "asks for the default account's tokens, whichever it is told" };

/** @type {import("../suite.mjs").Case[]} */
export const metadata = [
  {
    name: "is found, and says project, universe and account",
    open(stage) {
      const { account } = attach(stage);
      stage.emulator.configureMetadata({ projectId: "found-project", universeDomain: "googleapis.com" });
      return {
        act: "metadata",
        check: (answer) =>
          assert.deepEqual(answer, { available: true, project: "found-project", universe: "googleapis.com", email: account }),
      };
    },
  },
  {
    name: "where it is off it is not found",
    open(stage) {
      stage.emulator.configureMetadata({ enabled: false });
      stage.afterwards(() => stage.emulator.configureMetadata({ enabled: true }));
      return { act: "isAvailable", check: (answer) => assert.deepEqual(answer, { available: false }) };
    },
  },
  {
    name: "a private service takes its ID token",
    open: (stage) => callsService(stage, { caller: attach(stage).account }),
  },
  {
    name: "a private service takes the ID token of another account",
    lacks: onlyDefault,
    open(stage) {
      const { other } = attach(stage);
      const task = callsService(stage, { caller: other });
      return { ...task, act: "otherAccount", input: { ...task.input, email: other } };
    },
  },
  {
    name: "an API takes its access token",
    open: (stage) => callsApi(stage, { caller: attach(stage).account }),
  },
  {
    name: "an API takes its access token with the scopes of the machine",
    open: (stage) => callsApi(stage, { caller: attach(stage).account, scopes: [CLOUD_PLATFORM], input: { scopes: undefined } }),
  },
  {
    name: "an API takes the access token of another account",
    lacks: onlyDefault,
    open(stage) {
      const { other } = attach(stage);
      return callsApi(stage, { act: "otherAccount", caller: other, input: { email: other, scopes: [READ_ONLY] } });
    },
  },
  {
    name: "its account may act as another",
    open(stage) {
      const target = stage.account("target");
      stage.emulator.allowImpersonation({ caller: attach(stage).account, target });
      const task = callsService(stage, { caller: target });
      return { ...task, act: "impersonate", input: { ...task.input, principal: target, scopes: [CLOUD_PLATFORM] } };
    },
  },
];
