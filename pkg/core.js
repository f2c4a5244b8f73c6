// The core: started at first use, started anew after a trap. What has to outlive a restart is kept by the callers.
import { __wbg_set_wasm, call, room } from "./wasm/session.js";
import { AuthError, fromCore } from "./errors.js";
import { isString } from "./options.js";

/**
 * What a door tells of its runtime.
 *
 * @typedef {object} Host
 * @property {() => WebAssembly.Module | BufferSource | Promise<WebAssembly.Module | BufferSource>} module Where the core comes from
 * @property {(name: string) => string | undefined} env Reads the environment, where there is one and it may be read
 * @property {(path: string) => Promise<Uint8Array>} [readFile] Reads a file, where there are any
 * @property {boolean} [isolated] Whether a request may not await what another one began
 * @property {boolean} [canClose] Whether the runtime sends "Connection: close"
 * @property {(promise: Promise<unknown>) => void} [waitUntil] Keeps the request alive for what is still under way
 */

/** @typedef {string | number | boolean | undefined} Field */

/** How long, on an isolated host, a flight may go without an answer before one follower takes it over. */
const FLIGHT_DEAD_AFTER = 2000;

/** @type {Host} */
export let host;
/** @type {WebAssembly.Module} */
let module;
/** @type {WebAssembly.Memory} */
let memory;
/** @type {Promise<void> | undefined} */
let starting;
/** Grows with each start, the first included: whoever holds a number of an older core's has to begin again. */
export let epoch = 0;
/** Hands to a fresh core what it has to know. */
let restore = () => {};

/** @param {Host} runtime */
export function useHost(runtime) {
  host ??= runtime;
}

/** @param {() => void} hand */
export function onRestart(hand) {
  restore = hand;
}

/** Starts the core, once. */
export async function ready() {
  // Whoever tries after a failure tries anew.
  if (!epoch) await (starting ??= load().finally(() => (starting = undefined)));
}

async function load() {
  const given = await host.module();
  module = given instanceof WebAssembly.Module ? given : new WebAssembly.Module(given);
  begin();
}

function begin() {
  const { exports } = new WebAssembly.Instance(module);
  __wbg_set_wasm(exports);
  memory = /** @type {WebAssembly.Memory} */ (exports.memory);
  told("n", host.isolated ? FLIGHT_DEAD_AFTER : 0, ...crypto.getRandomValues(new Uint32Array(2)));
  epoch += 1;
}

/**
 * One question and its answer, which both lie in a room of the module's.
 *
 * @param {string} letter
 * @param {...Field} fields
 */
function told(letter, ...fields) {
  const all = [letter, Date.now(), performance.now(), ...fields];
  const question = encoder.encode(all.map((field) => (isString(field) ? field : Math.floor(Number(field)) || "")).join("\0"));
  lying(question.length).set(question);
  const answer = lying(call()).slice();
  // Given back, it is wiped.
  room(0);
  return answer;
}

/** The memory is another one whenever it has grown: so it is looked at after the room is made. @param {number} length */
function lying(length, at = room(length)) {
  return new Uint8Array(memory.buffer, at, length);
}

/**
 * What sends: the caller's own fetch, else the runtime's as it is now.
 *
 * @param {import("./options.js").Config} config
 * @param {string | Request} target
 * @param {any} init
 * @returns {Promise<Response>}
 */
export function fetchBy({ fetch }, target, init) {
  return (fetch ?? globalThis.fetch)(target, init);
}

export const encoder = new TextEncoder();
export const decoder = new TextDecoder();

/**
 * One synchronous call of the core, by the letter that `src/js` gives it; throws where the answer is an error.
 * Only the last field may hold a zero character.
 *
 * @param {string} letter
 * @param {...Field} fields Numbers are cut to whole ones; what is none is empty, which the core reads as 0
 * @returns {string[]}
 */
export function ask(letter, ...fields) {
  const answer = decoder.decode(askBytes(letter, ...fields)).split("\0");
  if (answer[0] === "!") throw fromCore(answer);
  return answer;
}

/**
 * As `ask`, of what answers with bytes. After a trap the core is started anew and asked once more.
 *
 * @param {string} letter
 * @param {...Field} fields
 * @returns {Uint8Array<any>}
 */
export function askBytes(letter, ...fields) {
  for (let again = false; ; again = true) {
    try {
      return told(letter, ...fields);
    } catch (thrown) {
      // A trap, or a stack that overflowed within the module.
      if (!(thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError)) throw thrown;
      begin();
      restore();
      if (again) throw Object.assign(coreFailed(), { cause: thrown });
    }
  }
}

export function coreFailed() {
  return new AuthError("core_failed", "the WebAssembly core failed repeatedly. Call again.");
}
