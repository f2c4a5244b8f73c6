// What a caller is told who may not in (RFC 6750, section 3).
/** @typedef {import("../errors.js").AuthError & { retryAfter?: number }} Failure */

/** @type {Record<string, [status: number, error: string]>} */
const ANSWERS = {
  // @ts-expect-error: it is the prototype, and no code.
  __proto__: null,
  token_missing: [401, ""],
  token_invalid: [401, "invalid_token"],
  token_unsigned: [401, "invalid_token"],
  token_expired: [401, "invalid_token"],
  audience_mismatch: [401, "invalid_token"],
  caller_refused: [403, "insufficient_scope"],
  keys_unavailable: [503, "temporarily_unavailable"],
  timeout: [503, "temporarily_unavailable"],
};

/**
 * The answer to whoever sent what is not good; none where it is the service's own fault.
 *
 * @param {unknown} thrown
 * @returns {Response | undefined}
 */
export function refusal(thrown) {
  const { code, message, retryAfter } = /** @type {Failure} */ (thrown);
  if (!ANSWERS[code]) return undefined;
  const [status, error] = ANSWERS[code];
  const headers = new Headers({ "cache-control": "no-store" });
  // Section 3.1: who brought nothing is told of nothing but the scheme.
  const about = error && `, error="${error}", error_description="${message.replace(/[^ !#-[\]-~]/g, "'")}"`;
  if (status !== 503) headers.set("www-authenticate", `Bearer realm="service"${about}`);
  else headers.set("retry-after", String(Math.ceil((retryAfter ?? 1000) / 1000)));
  return Response.json({ error: error || "invalid_request", error_description: message, code }, { status, headers });
}
