// The core: started at first use, started anew after a trap. What has to outlive a restart is kept by the callers.
import { Core, __wbg_reset_state, initSync } from "./wasm/session.js";
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
/** @type {Core | undefined} */
let core;
/** @type {Promise<void> | undefined} */
let starting;
/** Grows with each restart: whoever holds a number of an older core's has to begin again. */
export let epoch = 0;
/** @type {Array<(core: Core) => void>} */
const afterRestart = [];

/** @param {Host} runtime */
export function useHost(runtime) {
  host ??= runtime;
}

/** @param {(core: Core) => void} restore What to hand to a fresh core */
export function onRestart(restore) {
  afterRestart.push(restore);
}

/**
 * Starts the core: at once where the runtime can, else the promise says when.
 *
 * @returns {Promise<void> | undefined}
 */
export function ready() {
  if (core) return;
  if (starting) return starting;
  const module = host.module();
  if (!(module instanceof Promise)) return start(module);
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
    return question(/** @type {Core} */ (core));
  } catch (thrown) {
    if (Array.isArray(thrown)) throw fromCore(thrown);
    if (!isTrap(thrown)) throw thrown;
    restart();
    try {
      return question(/** @type {Core} */ (core));
    } catch (again) {
      if (Array.isArray(again)) throw fromCore(again);
      if (!isTrap(again)) throw again;
      restart();
      throw new AuthError("core_failed", "the WebAssembly core failed twice on this call; other calls go on with a new one.", { cause: again });
    }
  }
}

/** @param {WebAssembly.Module | BufferSource} module */
function start(module) {
  compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module);
  initSync({ module: compiled });
  core = new Core(host.isolated ? FLIGHT_DEAD_AFTER : 0);
}

/** @type {WebAssembly.Module} */
let compiled;

function restart() {
  epoch += 1;
  __wbg_reset_state();
  start(compiled);
  for (const restore of afterRestart) restore(/** @type {Core} */ (core));
}

/** @param {unknown} thrown A trap, or a stack that overflowed within the module */
function isTrap(thrown) {
  return thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError;
}
