import { OAuthError } from "./oauth-error.js";
import { redactText } from "./redact.js";

/**
 * Answers with what the work makes, or with the error of RFC 6749 section 5.2 that it throws, and notes that down.
 *
 * @param {import("./call.js").Call} call
 * @param {{ error?: string, errorDescription?: string }} log
 * @param {() => Promise<Response>} work
 */
export async function oauthAnswer(call, log, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    log.error = error.code;
    // It may quote the request.
    log.errorDescription = redactText(error.description.slice(0, 500));
    call.entry.outcome = `${error.code}: ${log.errorDescription}`;
    return error.toResponse();
  }
}
