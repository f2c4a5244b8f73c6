// The core: started at first use, started anew after a trap. What has to outlive a restart is kept by the callers.
import { __wbg_reset_state, call, check, initSync, start } from "./wasm/session.js";
import { AuthError, fromCore } from "./errors.js";

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

/** How long, on an isolated host, a flight may go without an answer before one follower takes it over. */
const FLIGHT_DEAD_AFTER = 2000;

/** @type {Host} */
export let host;
let started = false;
/** @type {Promise<void> | undefined} */
let starting;
/** Grows with each restart: whoever holds a number of an older core's has to begin again. */
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
  if (!started) await (starting ??= load().finally(() => (starting = undefined)));
}

async function load() {
  initSync({ module: await host.module() });
  begin();
  started = true;
}

/**
 * Whether a path may be joined as it is (0), once the runtime's parser agrees (1), or not at all (2).
 *
 * @param {string} path
 */
export function checkPath(path) {
  return guarded(check, path);
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

/** @param {string} text */
export const encode = (text) => new TextEncoder().encode(text);

/** @param {Uint8Array} bytes */
export const decode = (bytes) => new TextDecoder().decode(bytes);

/**
 * One synchronous call of the core, by the letter that `src/js` gives it; throws where the answer is an error.
 * Only the last field may hold a zero character.
 *
 * @param {string} letter
 * @param {...(string | number | boolean | undefined)} fields Numbers are cut to whole ones; what is none is 0
 * @returns {string[]}
 */
export function ask(letter, ...fields) {
  const answer = decode(askBytes(letter, ...fields)).split("\0");
  if (answer[0] === "!") throw fromCore(answer);
  return answer;
}

/**
 * As `ask`, of what answers with bytes.
 *
 * @param {string} letter
 * @param {...(string | number | boolean | undefined)} fields
 * @returns {Uint8Array<any>}
 */
export function askBytes(letter, ...fields) {
  const text = [letter, ...fields.map((field) => (typeof field === "string" ? field : Math.floor(Number(field)) || 0))].join("\0");
  return guarded(call, text);
}

/** Both clocks, as the core wants them. */
export function now() {
  return [Date.now(), performance.now()];
}

/**
 * After a trap the core is started anew and asked once more.
 *
 * @template T
 * @param {(text: Uint8Array) => T} question
 * @param {string} text
 */
function guarded(question, text) {
  const bytes = encode(text);
  for (let again = false; ; again = true) {
    try {
      return question(bytes);
    } catch (thrown) {
      if (!isTrap(thrown)) throw thrown;
      epoch += 1;
      __wbg_reset_state();
      begin();
      restore();
      if (again) throw Object.assign(coreFailed(), { cause: thrown });
    }
  }
}

export function coreFailed() {
  return new AuthError("core_failed", "the WebAssembly core failed each time that it was asked; other calls go on with a new one.");
}

function begin() {
  try {
    start(host.isolated ? FLIGHT_DEAD_AFTER : 0);
  } catch (thrown) {
    // There is no randomness here, or none yet: then refreshes are not spread.
    if (isTrap(thrown)) throw thrown;
  }
}

/** @param {unknown} thrown A trap, or a stack that overflowed within the module */
function isTrap(thrown) {
  return thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError;
}
