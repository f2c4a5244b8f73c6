/** @typedef {import("./index.d.ts").ServerSaid} ServerSaid */
/** @typedef {import("./index.d.ts").ErrorCode} ErrorCode */

export class AuthError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {boolean} [transient]
   */
  constructor(code, message, transient = false) {
    super(message);
    this.code = code;
    this.transient = transient;
  }
}
AuthError.prototype.name = "AuthError";

export class TimeoutError extends AuthError {
  /** @param {number} ms */
  constructor(ms) {
    super("timeout", `there was no answer within ${ms} ms.`, true);
  }
}
TimeoutError.prototype.name = "TimeoutError";

/**
 * The core's error: the field `!`, code, message, transient, retry after, then what the server said.
 *
 * @param {string[]} fields
 */
export function fromCore([, code, message, transient, retryAfter, status, error, description]) {
  /** @type {AuthError & { retryAfter?: number, server?: ServerSaid }} */
  const failure = new AuthError(/** @type {ErrorCode} */ (code), message, transient === "1");
  if (retryAfter) failure.retryAfter = +retryAfter;
  if (status) failure.server = { status: +status, error: error || undefined, description: description || undefined };
  return failure;
}
