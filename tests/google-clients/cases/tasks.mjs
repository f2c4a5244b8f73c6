// What clients are asked to do with their credentials, and what has to come of it.
import assert from "node:assert/strict";

export const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";
export const READ_ONLY = "https://www.googleapis.com/auth/devstorage.read_only";

/** @typedef {import("../stage/stage.mjs").Stage} Stage */
/** @typedef {import("../suite.mjs").Task} Task */

/**
 * The client gets an ID token, and a private service that only `caller` may call takes it.
 *
 * @param {Stage} stage
 * @param {{ caller: string } & Partial<Task>} task
 * @returns {Task}
 */
export function callsService(stage, { caller, input, ...task }) {
  const url = stage.addService(caller);
  return {
    act: "idToken",
    input: { audience: url, url: `${url}/list?n=1`, ...input },
    check(answer) {
      assert.equal(answer.error, undefined);
      assert.equal(answer.status, 200);
      assert.equal(answer.body.caller, caller);
    },
    ...task,
  };
}

/**
 * The client gets an access token, and an API takes it as the caller's, with these scopes.
 *
 * @param {Stage} stage
 * @param {{ caller: string, scopes?: string[] } & Partial<Task>} task
 * @returns {Task}
 */
export function callsApi(stage, { caller, scopes = [READ_ONLY], input, ...task }) {
  return {
    act: "accessToken",
    input: { url: stage.api, scopes, ...input },
    check(answer) {
      assert.equal(answer.error, undefined);
      assert.equal(answer.status, 200);
      assert.deepEqual([answer.body.caller, answer.body.scopes], [caller, scopes]);
    },
    ...task,
  };
}

/** The service or the API itself refused the token. @param {number} status */
export const refusedWith = (status) => (answer) => {
  assert.equal(answer.error, undefined);
  assert.equal(answer.status, status);
};

/** The client got no token. @param {RegExp} pattern of its message */
export const failsWith = (pattern) => (answer) => assert.match(answer.error ?? "it did not fail", pattern);
