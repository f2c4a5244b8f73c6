/** @typedef {import("./index.d.ts").ServerSaid} ServerSaid */
/** @typedef {import("./index.d.ts").ErrorCode} ErrorCode */

export class AuthError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {unknown} [cause]
   * @param {boolean} [transient]
   * @param {number} [retryAfter]
   * @param {ServerSaid} [server]
   */
  constructor(code, message, cause, transient = false, retryAfter = undefined, server = undefined) {
    // A null prototype, here and below, keeps a polluted Object.prototype out.
    super(message, cause === undefined ? undefined : /** @type {ErrorOptions} */ ({ __proto__: null, cause }));
    this.code = code;
    this.transient = transient;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
    if (server !== undefined) this.server = server;
  }
}
AuthError.prototype.name = "AuthError";

export class TimeoutError extends AuthError {
  /** @param {number} ms */
  constructor(ms) {
    super("timeout", `the call had no answer within its timeout of ${ms} ms.`, undefined, true);
  }
}
TimeoutError.prototype.name = "TimeoutError";

/**
 * The core's error: code, message, transient, retry after, then what the server said.
 *
 * @param {string[]} fields
 * @param {unknown} [cause]
 */
export function fromCore([code, message, transient, retryAfter, status, error, description], cause) {
  const server = status ? { status: +status, error: error || undefined, description: description || undefined } : undefined;
  return new AuthError(/** @type {ErrorCode} */ (code), message, cause, transient === "1", retryAfter ? +retryAfter : undefined, server);
}
