// The loop around a machine whose fields lie with its host: a step, what it asks for, and what came of that.
import { raced } from "./deadline.js";

/** @typedef {import("./stateless.js").Field} Field */

/**
 * Drives a machine from its begin to what comes of it.
 *
 * @template {{ signal: AbortSignal }} By
 * @param {Field[]} fields Its fields before its first step
 * @param {(fields: Field[], event: Field[]) => string[]} step
 * @param {(task: string, what: string[], by: By) => Promise<Field[]>} deed Does what it asks for, and tells what came of it
 * @param {By} by
 */
export async function drive(fields, step, deed, by) {
  /** @type {Field[]} */
  let event = [0, 0, 0, 0, ""];
  const count = fields.length;
  for (let cause; ;) {
    /** @type {string[]} */
    let answer;
    try {
      answer = step(fields, event);
    } catch (thrown) {
      // The core knows what it means; only the host's own error knows where it came from.
      throw Object.assign(/** @type {object} */ (thrown), cause && { cause });
    }
    const [task, ...rest] = answer;
    if (task === "0") return rest;
    fields = rest.splice(0, count);
    cause = undefined;
    event = await raced(deed(task, rest, by), by.signal).catch((thrown) => {
      by.signal.throwIfAborted();
      cause = thrown;
      return [1, 0, 0, 0, reason(thrown)];
    });
  }
}

/** The host's own words; of a chain of causes the first that says something. @param {any} thrown */
function reason(thrown) {
  return `${thrown?.message || thrown?.code || thrown?.name || "an unknown fault"}`.replace(/\.$/, "");
}
