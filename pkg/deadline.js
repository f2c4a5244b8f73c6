// How long one call may take until its headers are there: a timer of its own and the caller's signal, as one signal. And how long
// it waits before it is sent again.
import { TimeoutError } from "./errors.js";

/**
 * Once the act is done, only the caller's own signal counts. What is thrown after an abort is the signal's reason: not every
 * runtime throws that itself, and not every fetch of a caller's heeds a signal.
 *
 * @template T
 * @param {number | false} ms
 * @param {AbortSignal | null | undefined} callers
 * @param {(signal: AbortSignal | undefined, ends: number) => Promise<T>} act Is told, too, when the time is over, by the monotonic clock
 * @returns {Promise<T>}
 */
export async function within(ms, callers, act) {
  // How long a call without a timeout counts as alive.
  const ends = performance.now() + (ms || 3_600_000);
  if (ms === false && !callers) return act(undefined, ends);
  // AbortSignal.timeout would cost ten times as much, and would cut off the body too.
  const controller = new AbortController();
  const signal = callers ? AbortSignal.any([callers, controller.signal]) : controller.signal;
  let timer;
  try {
    signal.throwIfAborted();
    return await new Promise((resolve, reject) => {
      if (ms !== false) timer = setTimeout(() => reject(controller.abort(new TimeoutError(ms))), ms);
      // A listener would cost every call as much as all the rest of it.
      (callers ? raced(act(signal, ends), signal) : act(signal, ends)).then(resolve, reject);
    });
  } catch (thrown) {
    throw signal.aborted ? signal.reason : thrown;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal Where it ends the wait, its own reason is what to throw
 * @returns {Promise<T>}
 */
export function raced(promise, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) reject();
    signal?.addEventListener("abort", reject);
    promise.then(resolve, reject).finally(() => signal?.removeEventListener("abort", reject));
  });
}

/**
 * @param {number} ms
 * @param {AbortSignal | undefined} signal As of `raced`
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  /** @type {any} */
  let timer;
  return raced(new Promise((resolve) => (timer = setTimeout(resolve, ms))), signal).finally(() => clearTimeout(timer));
}
