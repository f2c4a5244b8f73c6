import { OAuthError } from "./oauth-error.js";
import { readText } from "./read-text.js";

const MAX_FORM = 1 << 20;

/**
 * The parameters of a request, RFC 6749 section 3.2.
 *
 * @param {Request} request
 */
export async function readForm(request) {
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
