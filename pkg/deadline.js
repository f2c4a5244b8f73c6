// How long one call may take until its headers are there: a timer of its own and the caller's signal, as one signal.
import { TimeoutError } from "./errors.js";

/**
 * @typedef {object} Limit
 * @property {AbortSignal | undefined} signal Aborts what is under way
 * @property {() => void} met The headers are there: from now on only the caller's own signal counts
 * @property {(thrown: unknown) => unknown} reason Why a call ended: not every runtime throws the signal's own reason
 */

/**
 * @param {number | false} ms
 * @param {AbortSignal | null} [callers]
 * @returns {Limit}
 */
export function deadline(ms, callers) {
  if (ms === false)
    return { signal: callers ?? undefined, met: () => {}, reason: (thrown) => (callers?.aborted ? callers.reason : thrown) };
  // AbortSignal.timeout would cost ten times as much, and would cut off the body too.
  const controller = new AbortController();
  const timer = setTimeout(expire, ms, controller, ms);
  const signal = callers ? AbortSignal.any([callers, controller.signal]) : controller.signal;
  return { signal, met: () => clearTimeout(timer), reason: (thrown) => (signal.aborted ? signal.reason : thrown) };
}

/**
 * @param {AbortController} controller
 * @param {number} ms
 */
function expire(controller, ms) {
  controller.abort(new TimeoutError(ms));
}
