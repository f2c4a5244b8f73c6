// Which of the module's calls are to fail, and where in them. Imported before the package, whose module has to be the one for tests:
// that one can be told at which of its allocations to fail (boundary/src/traps.rs). Runs on every runtime.

/** How it fails, as the module numbers it. */
export const ways = ["unreachable", "allocation", "host's stack", "own stack", "beyond memory", "panic"];

/**
 * What is to fail: questions with that letter, that hold that text, once so many were let pass, and so many of them; at which of
 * their allocations (0: before they are looked at), and in which way.
 *
 * @typedef {{ letter?: string, holds?: string, after?: number, times?: number, allocation?: number, way?: number }} Failure
 */

/** @type {Failure[]} */
let failures = [];

/** What there was. */
export const seen = { instances: 0, failed: 0, letters: "", /** How many allocations the last question took. */ allocations: 0 };

/** Called before a core is begun. */
export const hooks = { begins: () => {} };

/** @param {Failure} failure */
export function fail(failure) {
  failures.push({ after: 0, times: 1, allocation: 1, way: 0, ...failure });
}

export function calm() {
  failures = [];
  hooks.begins = () => {};
}

/** Counts the memories that were collected: they are what weighs. A WeakRef would itself keep each until the turn is over. */
const registry = new FinalizationRegistry(() => (collected += 1));
let collected = 0;
/** The last core's memory. @type {WebAssembly.Memory | undefined} */
let last;

/** How many cores are left, and how many bytes the last one has. */
export const alive = () => ({ cores: seen.instances - collected, bytes: last?.buffer.byteLength });

/** So many allocations no question takes. */
const MANY = 2 ** 31;
const { Instance } = WebAssembly;

WebAssembly.Instance = function (...given) {
  hooks.begins();
  const instance = new Instance(...given);
  // Node brings modules along, such as its HTTP parser.
  if (!("room" in instance.exports)) return instance;
  const { room, call, memory, fail: failAt, left } = instance.exports;
  seen.instances += 1;
  registry.register(memory, undefined);
  last = memory;
  let at = 0;
  const exports = {
    ...instance.exports,
    room: (length) => (at = room(length) >>> 0),
    call(length) {
      const question = new TextDecoder().decode(new Uint8Array(memory.buffer, at, length));
      seen.letters += question[0];
      const { allocation = MANY, way } = failing(question) ?? {};
      try {
        if (allocation === 0) {
          // The room that the question lies in is lost.
          failAt(1, way);
          room(length + 1);
        }
        failAt(allocation, way);
        return call(length);
      } catch (thrown) {
        seen.failed += 1;
        throw thrown;
      } finally {
        seen.allocations = allocation - (left() >>> 0);
        failAt(0, 0);
      }
    },
  };
  return { exports };
};

/** @param {string} question */
function failing(question) {
  return failures.find(
    (one) =>
      (one.letter ?? question[0]) === question[0] &&
      question.includes(one.holds ?? "") &&
      one.times &&
      (one.after-- > 0 || one.times--) &&
      one.after < 0,
  );
}
