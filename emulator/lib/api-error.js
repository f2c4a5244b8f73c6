import { redactText } from "./redact.js";

/** @typedef {import("./call.js").Call} Call */

const STATUSES = { 400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND" };

/** An error of Google's APIs, AIP-193. */
export class ApiError extends Error {
  /**
   * @param {keyof typeof STATUSES} code
   * @param {string} message
   * @param {{ reason: string, domain?: string, metadata?: Record<string, string> }} [info]
   */
  constructor(code, message, info) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.info = info;
  }

  toResponse() {
    const { code, message, info } = this;
    const details = info && [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", domain: "googleapis.com", ...info }];
    const body = { error: { code, message, status: STATUSES[code], ...(details ? { details } : {}) } };
    const headers = code === 401 ? { "www-authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"' } : undefined;
    return apiJson(body, { status: code, headers });
  }
}

/**
 * JSON as Google's APIs send it.
 *
 * @param {unknown} value
 * @param {{ status?: number, headers?: Record<string, string> }} [init]
 */
export function apiJson(value, { status = 200, headers } = {}) {
  return new Response(JSON.stringify(value, null, 2) + "\n", {
    status,
    headers: { "content-type": "application/json; charset=UTF-8", "cache-control": "private", ...headers },
  });
}

/**
 * Answers with what the work makes, or with the API error that it throws.
 *
 * @param {Call} call
 * @param {() => Promise<Response>} work
 */
export async function apiAnswer(call, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    call.entry.outcome = `${STATUSES[error.code]}: ${redactText(error.message.slice(0, 500))}`;
    return error.toResponse();
  }
}
