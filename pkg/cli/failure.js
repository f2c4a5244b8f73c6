// What a command ends with when it does not do what it was asked.
import { AuthError } from "../errors.js";

/** The exit codes. Those of curl have the numbers that they have there. */
export const EXIT = { failed: 1, usage: 2, login: 3, http: 22, time: 28 };

/** Which exit code an error of the package comes to, where that is not `failed`. @type {Record<string, number>} */
const EXITS = {
  invalid_option: EXIT.usage,
  invalid_base_url: EXIT.usage,
  invalid_path: EXIT.usage,
  invalid_audience: EXIT.usage,
  invalid_scope: EXIT.usage,
  login_required: EXIT.login,
  scopes_missing: EXIT.login,
  timeout: EXIT.time,
};

/** What to do about it on the command line. @type {Record<string, string>} */
const HINTS = {
  credential_not_found: "Or give --credential FILE, or -u FILE.",
  login_required: "See cloud-run-auth login --help.",
};

/** What a command itself has to say. */
export class Failure extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {number} [exit]
   */
  constructor(code, message, exit = EXIT.failed) {
    super(message);
    this.code = code;
    this.exit = exit;
  }
}

/** @param {string} message */
export function usage(message) {
  return new Failure("usage", message, EXIT.usage);
}

/**
 * @param {any} thrown
 * @returns {{ code: string, message: string, exit: number }}
 */
export function explain(thrown) {
  if (thrown instanceof Failure) return { code: thrown.code, message: thrown.message, exit: thrown.exit };
  if (thrown instanceof AuthError) {
    // The function is the command's own, over a user's file: what that failed with says more.
    if (thrown.code === "credential_function_failed" && thrown.cause instanceof AuthError) return explain(thrown.cause);
    const { code } = thrown;
    return { code, message: `${thrown.message} ${HINTS[code] ?? ""}`.trimEnd(), exit: EXITS[code] ?? EXIT.failed };
  }
  if (thrown?.name === "TimeoutError") return { code: "timeout", message: "it took longer than --max-time allows.", exit: EXIT.time };
  const deepest = rootOf(thrown);
  const why = deepest?.code ?? deepest?.name ?? "an unknown fault";
  if (thrown?.name === "TypeError" && thrown.cause)
    return { code: "unreachable", message: `the service could not be reached, or did not answer to the end (${why}).`, exit: EXIT.failed };
  // The runtime's own complaints show what they are of, which may be a secret.
  const words = thrown instanceof TypeError ? `${why}. Report it, with what led to it` : (thrown?.message ?? why);
  return { code: "failed", message: `it failed: ${words}.`.replace(/\.\.$/, "."), exit: EXIT.failed };
}

/** @param {any} thrown @returns {any} */
function rootOf(thrown, depth = 9) {
  return thrown?.cause && depth ? rootOf(thrown.cause, depth - 1) : thrown;
}
