import { jwtBearer } from "./jwt-bearer.js";
import { OAuthError } from "./oauth-error.js";
import { readText } from "./read-text.js";
import { redactText } from "./redact.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("../index.js").TokenLog} TokenLog */

/** @type {Map<string, (call: Call, form: URLSearchParams, log: TokenLog) => Promise<Response>>} */
const grants = new Map([["urn:ietf:params:oauth:grant-type:jwt-bearer", jwtBearer]]);

const MAX_FORM = 1 << 20;

/**
 * `POST /token`, RFC 6749 section 3.2.
 *
 * @param {Call} call
 */
export async function token(call) {
  /** @type {TokenLog} */
  const log = (call.entry.token = { grant: null, issuer: null, kid: null, kind: null });
  try {
    const form = await readForm(call.request);
    const grant = form.get("grant_type") ?? "";
    const answer = grants.get(grant);
    // Google leaves the value out of its message only when there was none.
    if (!answer) throw new OAuthError("unsupported_grant_type", `Invalid grant_type: ${grant}`);
    log.grant = grant;
    return await answer(call, form, log);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    log.error = error.code;
    // It may quote the request.
    log.errorDescription = redactText(error.description.slice(0, 500));
    call.entry.outcome = `${error.code}: ${log.errorDescription}`;
    return error.toResponse();
  }
}

/** @param {Request} request */
async function readForm(request) {
  const type = (request.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
  const text = await readText(request, MAX_FORM);
  if (text === undefined) throw new OAuthError("invalid_request", "The request is too large.");
  // Google reads no parameters from a body of another type, and then misses the grant type.
  if (type !== "application/x-www-form-urlencoded") return new URLSearchParams();
  const form = new URLSearchParams(text);
  for (const name of form.keys()) {
    if (form.getAll(name).length > 1) {
      throw new OAuthError("invalid_request", `OAuth 2 parameters can only have a single value: ${name}`);
    }
  }
  return form;
}
