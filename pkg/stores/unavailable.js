// What a store says that could not do what it was asked.
import { AuthError } from "../errors.js";

/**
 * Does it, or says that it could not be done; the client's own error is the cause, for its words may show what was written.
 *
 * @template T
 * @param {string} what As "read from Redis"
 * @param {() => T | Promise<T>} act
 * @returns {Promise<T>}
 */
export async function orUnavailable(what, act) {
  try {
    return await act();
  } catch (/** @type {any} */ thrown) {
    if (thrown instanceof AuthError) throw thrown;
    const why = thrown?.code ?? thrown?.name ?? "an unknown fault";
    throw Object.assign(new AuthError("store_unavailable", `the record could not be ${what} (${why}).`, true), { cause: thrown });
  }
}
