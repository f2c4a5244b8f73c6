// The module of the token service. It holds the service: after a trap it is begun anew, and what it counted is gone.
import { stateless } from "../stateless.js";
import * as glue from "../wasm/service.js";

const { useModule, ready, ask } = stateless(glue);
export { ready, useModule };

/**
 * One question, as the core has it, and its answer.
 *
 * @param {string} letter
 * @param {unknown} [question]
 * @returns {any}
 */
export function told(letter, question) {
  const [, answer] = ask([letter, Date.now(), performance.now(), JSON.stringify(question ?? null)]);
  return JSON.parse(answer);
}
