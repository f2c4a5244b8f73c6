// The core: started at first use, started anew after a trap. What has to outlive a restart is kept by the callers.
import * as glue from "./wasm/session.js";
import { AuthError, fromCore } from "./errors.js";

/** @typedef {typeof glue} Core */

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
 * One synchronous call of the core. After a trap the core is started anew and asked once more.
 *
 * @template T
 * @param {(core: Core) => T} question
 * @returns {T}
 */
export function ask(question) {
  try {
    return question(glue);
  } catch (thrown) {
    if (!isTrap(thrown)) throw thrown;
    restart();
    try {
      return question(glue);
    } catch (again) {
      if (!isTrap(again)) throw again;
      restart();
      throw new AuthError("core_failed", "the WebAssembly core failed twice on this call; other calls go on with a new one.", again);
    }
  }
}

/**
 * The fields of an answer of the core's; throws where it is an error.
 *
 * @param {string} text
 */
export function answer(text) {
  const fields = text.split("\0");
  if (text.startsWith("1\0")) throw fromCore(fields.slice(1));
  return fields;
}

/** @param {WebAssembly.Module | BufferSource} module */
function start(module) {
  compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module);
  glue.initSync({ module: compiled });
  glue.start(host.isolated ? FLIGHT_DEAD_AFTER : 0);
}

function restart() {
  epoch += 1;
  glue.__wbg_reset_state();
  start(/** @type {WebAssembly.Module} */ (compiled));
  for (const restore of afterRestart) restore();
}

/** @param {unknown} thrown A trap, or a stack that overflowed within the module */
function isTrap(thrown) {
  return thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError;
}
