// The core: started at first use, started anew after a trap. What has to outlive a restart is kept by the callers.
import { __wbg_reset_state, call, check, initSync, start as begin } from "./wasm/session.js";
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
/** @type {WebAssembly.Module | undefined} */
let compiled;
/** @type {Promise<void> | undefined} */
let starting;
/** Grows with each restart: whoever holds a number of an older core's has to begin again. */
export let epoch = 0;
/** @type {Array<() => void>} */
const afterRestart = [];

/** @param {Host} runtime */
export function useHost(runtime) {
  host ??= runtime;
}

/** @param {() => void} restore Hands to a fresh core what it has to know */
export function onRestart(restore) {
  afterRestart.push(restore);
}

/**
 * Starts the core: at once where the runtime can, else the promise says when.
 *
 * @returns {Promise<void> | undefined}
 */
export function ready() {
  if (compiled) return;
  if (starting) return starting;
  const module = host.module();
  if (!(module instanceof Promise)) {
    start(module);
    return;
  }
  starting = module.then(start).finally(() => (starting = undefined));
  return starting;
}

/**
 * Whether a path may be joined as it is (0), once the runtime's parser agrees (1), or not at all (2).
 *
 * @param {string} path
 */
export function checkPath(path) {
  return guarded(() => check(path));
}

/** @param {Uint8Array} bytes */
export const decode = (bytes) => new TextDecoder().decode(bytes);

/**
 * One synchronous call of the core, by the letter that `src/js` gives it; throws where the answer is an error.
 * Only the last field may hold a zero character.
 *
 * @param {string} letter
 * @param {...(string | number | boolean)} fields
 * @returns {string[]}
 */
export function ask(letter, ...fields) {
  const text = [letter, ...fields.map((field) => (typeof field === "string" ? field : Math.floor(+field) || 0))].join("\0");
  const answer = decode(guarded(() => call(text))).split("\0");
  if (answer[0] === "!") throw fromCore(answer.slice(1));
  return answer;
}

/** Both clocks, as the core wants them. */
export function now() {
  return [Date.now(), performance.now()];
}

/**
 * After a trap the core is started anew and asked once more.
 *
 * @template T
 * @param {() => T} question
 * @returns {T}
 */
function guarded(question) {
  try {
    return question();
  } catch (thrown) {
    if (!isTrap(thrown)) throw thrown;
    restart();
    try {
      return question();
    } catch (again) {
      if (!isTrap(again)) throw again;
      restart();
      throw new AuthError("core_failed", "the WebAssembly core failed twice on this call; other calls go on with a new one.", again);
    }
  }
}

/** @param {WebAssembly.Module | BufferSource} module */
function start(module) {
  compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module);
  initSync({ module: compiled });
  try {
    begin(host.isolated ? FLIGHT_DEAD_AFTER : 0);
  } catch (thrown) {
    // There is no randomness here, or none yet: then refreshes are not spread.
    if (isTrap(thrown)) throw thrown;
  }
}

function restart() {
  epoch += 1;
  __wbg_reset_state();
  start(/** @type {WebAssembly.Module} */ (compiled));
  for (const restore of afterRestart) restore();
}

/** @param {unknown} thrown A trap, or a stack that overflowed within the module */
function isTrap(thrown) {
  return thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError;
}
