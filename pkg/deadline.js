// How long one call may take until its headers are there: a timer of its own and the caller's signal, as one signal.
import { TimeoutError } from "./errors.js";

/**
 * Once the act is done, only the caller's own signal counts. What is thrown after an abort is the signal's reason: not every
 * runtime throws that itself.
 *
 * @template T
 * @param {number | false} ms
 * @param {AbortSignal | null | undefined} callers
 * @param {(signal: AbortSignal | undefined) => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function within(ms, callers, act) {
  if (ms === false && !callers) return act(undefined);
  // AbortSignal.timeout would cost ten times as much, and would cut off the body too.
  const controller = new AbortController();
  const timer = ms === false ? undefined : setTimeout(() => controller.abort(new TimeoutError(ms)), ms);
  const signal = callers ? AbortSignal.any([callers, controller.signal]) : controller.signal;
  try {
    return await act(signal);
  } catch (thrown) {
    throw signal.aborted ? signal.reason : thrown;
  } finally {
    clearTimeout(timer);
  }
}
