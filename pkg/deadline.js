// How long one call may take until its headers are there: a timer of its own and the caller's signal, as one signal.
import { TimeoutError } from "./errors.js";

/**
 * @typedef {object} Limit
 * @property {AbortSignal | undefined} signal Aborts what is under way
 * @property {(thrown?: unknown) => unknown} met From now on only the caller's own signal counts: the headers are there, or
 * something was thrown. Says what to throw then: not every runtime throws the signal's own reason
 */

/**
 * @param {number | false} ms
 * @param {AbortSignal | null} [callers]
 * @returns {Limit}
 */
export function deadline(ms, callers) {
  let signal = callers ?? undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  if (ms !== false) {
    // AbortSignal.timeout would cost ten times as much, and would cut off the body too.
    const controller = new AbortController();
    timer = setTimeout(() => controller.abort(new TimeoutError(ms)), ms);
    signal = callers ? AbortSignal.any([callers, controller.signal]) : controller.signal;
  }
  const met = (/** @type {unknown} */ thrown) => {
    clearTimeout(timer);
    return thrown && signal?.aborted ? signal.reason : thrown;
  };
  return { signal, met };
}
