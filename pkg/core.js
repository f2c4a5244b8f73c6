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
 * @property {(words: string[], variables: string[], timeout: number, signal: AbortSignal) => Promise<string>} [run] Runs a program, and gives
 *   what it printed
 * @property {(certificate: string[], url: string, init: any) => Promise<Response>} [fetchWith] Sends and shows a client certificate, given its
 *   file and that of its key
 * @property {string} [lacks] Which of files, programs and certificates there are none of, with a space between
 * @property {boolean} [isolated] Whether a request may not await what another one began
 * @property {boolean} [canClose] Whether the runtime sends "Connection: close"
 * @property {(promise: Promise<unknown>) => void} [waitUntil] Keeps the request alive for what is still under way
 */

/** A variable of an environment, if it has any: what a polluted prototype has is none. @param {any} env @param {string} name */
export const own = (env, name) => (env && Object.hasOwn(env, name) ? env[name] : undefined);

/** @typedef {string | number | boolean | undefined} Field */

/** How long, on an isolated host, a flight may go without an answer before one follower takes it over. */
const FLIGHT_DEAD_AFTER = 2000;

/** @type {Host} */
export let host;
/** @type {WebAssembly.Module} */
let module;
/** Of the core that is asked; none where the next question has to begin one. @type {WebAssembly.Memory | undefined} */
let memory;
/** @type {Promise<void> | undefined} */
let starting;
/** Grows with each trap: whoever holds a number of an older core's has to begin again. */
export let epoch = 0;
/** Hands to a fresh core what it has to know. @type {() => void} */
let restore;

/** Sends in place of `fetchBy`, and tells others of it. @typedef {(fetch: Function, config: import("./options.js").Config, target: string | Request, init: any) => Promise<Response>} Watching */
/** @type {Watching | undefined} */
let watching;

/** @param {Watching} [watch] */
export function onFetch(watch) {
  watching = watch;
}

/** @param {Host} runtime */
export function useHost(runtime) {
  host ??= runtime;
}

/** @param {() => void} hand */
export function onRestart(hand) {
  restore = hand;
}

/** Loads the core, once. */
export async function ready() {
  // Whoever tries after a failure tries anew.
  if (module) return;
  const loading = (starting ??= load().finally(() => (starting = undefined)));
  if (!module) await loading;
}

async function load() {
  let given = host.module();
  // Where it is there at once, nobody waits for another's turn, which may be cut off.
  if (given instanceof Promise) given = await given;
  module = given instanceof WebAssembly.Module ? given : new WebAssembly.Module(given);
}

/** One question and its answer, which lies in the module until the next one. @param {string} question */
function told(question) {
  if (!memory) {
    const { exports } = new WebAssembly.Instance(module);
    __wbg_set_wasm(exports);
    memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    tell("n", host.isolated ? FLIGHT_DEAD_AFTER : 0, ...crypto.getRandomValues(new Uint32Array(2)));
    restore();
  }
  // In UTF-8 no character of a string takes more than three bytes.
  const { written } = encoder.encodeInto(question, lying(question.length * 3));
  return lying(call(written));
}

/** The memory is another one whenever it has grown: so it is looked at after the room is made. @param {number} length */
function lying(length, at = room(length)) {
  return new Uint8Array(/** @type {WebAssembly.Memory} */ (memory).buffer, at, length);
}

/**
 * @param {string} letter
 * @param {Field[]} fields Numbers are cut to whole ones; what is none is empty, which the core reads as 0
 */
function asked(letter, fields) {
  return [letter, Date.now(), performance.now(), ...fields]
    .map((field) => (isString(field) ? field : Math.floor(Number(field)) || ""))
    .join("\0");
}

/**
 * What sends: the caller's own fetch, else the runtime's as it is now.
 *
 * @param {import("./options.js").Config} config
 * @param {string | Request} target
 * @param {any} init
 * @returns {Promise<Response>}
 */
export function fetchBy(config, target, init) {
  const { fetch = globalThis.fetch } = config;
  return watching ? watching(fetch, config, target, init) : fetch(target, init);
}

export const encoder = new TextEncoder();
export const decoder = new TextDecoder();

/**
 * One synchronous call of the core, by the letter that `src/js` gives it; throws where the answer is an error.
 * Only the last field may hold a zero character.
 *
 * @param {string} letter
 * @param {...Field} fields
 * @returns {string[]}
 */
export function ask(letter, ...fields) {
  return guarded(asked(letter, fields), read);
}

/**
 * As `ask`, of what answers with bytes.
 *
 * @param {string} letter
 * @param {...Field} fields
 */
export function askBytes(letter, ...fields) {
  return guarded(asked(letter, fields), (answer) => answer.slice());
}

/**
 * Whether a path may be joined as it is, or only once the runtime's parser agrees: on the way of every request, and so without
 * what it does not need.
 *
 * @param {string} path
 */
export function isPlain(path) {
  return guarded(`p\0\0\0${path}`, (answer) => answer[0] === 48 || (read(answer), false));
}

/** @param {Uint8Array<any>} answer */
function read(answer) {
  const fields = decoder.decode(answer).split("\0");
  // Each field has a zero character for its end.
  fields.pop();
  if (fields[0] === "!") throw fromCore(fields);
  return fields;
}

/**
 * As `ask`, without a second try: a trap is for whoever asked the question that has begun this core.
 *
 * @param {string} letter
 * @param {...Field} fields
 */
export function tell(letter, ...fields) {
  return read(told(asked(letter, fields)));
}

/**
 * After a trap another core is begun and asked once more. What traps again, or while that core is begun, is an error: nothing
 * here asks without end.
 *
 * @template T
 * @param {string} question
 * @param {(answer: Uint8Array<any>) => T} take
 */
function guarded(question, take) {
  for (let again; ; again = true) {
    try {
      const taken = take(told(question));
      // Given back, it is wiped.
      room(0);
      return taken;
    } catch (thrown) {
      if (thrown instanceof AuthError) throw thrown;
      // A trap, a stack that overflowed within the module, or no memory for it. What it holds may be half written.
      memory = undefined;
      epoch += 1;
      // Its text: with the error itself V8 would keep the whole instance, whose frames it holds.
      if (again) throw Object.assign(coreFailed(), { cause: /** @type {any} */ (thrown).stack });
    }
  }
}

export function coreFailed() {
  return new AuthError("core_failed", "the core failed. Call again.");
}
