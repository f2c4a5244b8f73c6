// How one case is run with one client.
import { AssertionError } from "node:assert/strict";

/**
 * What a client is to do, and what must come of it.
 *
 * @typedef {object} Task
 * @property {string} act what the client does: the name of a function in node/acts.mjs and python/acts.py
 * @property {object} [credentials] the file that GOOGLE_APPLICATION_CREDENTIALS names; without one there is the metadata server
 * @property {Record<string, string>} [env]
 * @property {Record<string, unknown>} [input] the act's arguments
 * @property {(answer: any) => void | Promise<void>} check throws where the client's answer is not what it has to be
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {Record<string, string>} [lacks] by client: what it does not offer, so that the case does not apply to it
 * @property {(stage: import("./stage/stage.mjs").Stage, client: string) => Task | Promise<Task>} open sets the stage up
 */

/**
 * @param {Case & { group: string }} each
 * @param {{ name: string }} client
 * @param {ReturnType<typeof import("./clients.mjs").startClient>} running
 * @param {import("./stage/stage.mjs").Stage} stage
 */
export async function runCase({ group, name, lacks, open }, client, running, stage) {
  const result = { group, name };
  const lack = lacks?.[client.name];
  if (lack) return { ...result, outcome: "not applicable", message: lack };
  let answer;
  try {
    await stage.clear();
    const { check, ...task } = await open(stage, client.name);
    answer = await running.ask(task);
    await check(answer);
    return { ...result, outcome: "passed" };
  } catch (error) {
    return { ...result, outcome: "failed", message: describe(error, answer, stage) };
  }
}

/**
 * @param {any} error
 * @param {unknown} answer
 * @param {import("./stage/stage.mjs").Stage} stage
 */
function describe(error, answer, stage) {
  const what = error instanceof AssertionError ? error.message : String(error?.stack ?? error);
  const said = answer === undefined ? [] : [`the client's answer: ${JSON.stringify(answer).slice(0, 1500)}`];
  return [what, ...said, "what reached the emulator:", ...stage.requests()].join("\n");
}
