import { fromBase64 } from "./bytes.js";
import { OAuthError } from "./oauth-error.js";

/** @typedef {import("./call.js").Call} Call */

/**
 * The OAuth client that a request comes from, RFC 6749 section 2.3.1, or undefined where it names none. Throws where it names one
 * and fails to prove it.
 *
 * @param {Call} call
 * @param {URLSearchParams} form
 */
export function authenticateClient({ request, state }, form) {
  const header = request.headers.get("authorization");
  const named = header === null ? inForm(form) : inHeader(header);
  if (!named) return undefined;
  const secrets = state.clients.secretsOf(named.id);
  if (!secrets) throw invalidClient("The OAuth client was not found.");
  if (!secrets.has(named.secret)) throw invalidClient("The provided client secret is invalid.");
  return named.id;
}

/**
 * The same where none is no answer, and noted down.
 *
 * @param {Call} call
 * @param {URLSearchParams} form
 * @param {import("../index.js").TokenLog} log
 */
export function requireClient(call, form, log) {
  const client = authenticateClient(call, form);
  if (client === undefined) throw new OAuthError("invalid_request", "Could not determine client ID from request.");
  log.client = client;
  return client;
}

/** @param {URLSearchParams} form */
function inForm(form) {
  const id = form.get("client_id");
  return id ? { id, secret: form.get("client_secret") ?? "" } : undefined;
}

/** @param {string} header */
function inHeader(header) {
  // RFC 7617 section 2: standard base64 of id, colon and secret; the id holds no colon.
  const bytes = fromBase64(/^basic +(\S+)$/i.exec(header)?.[1]);
  const text = bytes && new TextDecoder().decode(bytes);
  const colon = text?.indexOf(":") ?? -1;
  if (!text || colon < 0) throw invalidClient("The Authorization header is not Basic with base64 of client id, colon and secret.");
  return { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** @param {string} description */
export function invalidClient(description) {
  // RFC 6749 section 5.2: 401 for clients that do not authenticate.
  return new OAuthError("invalid_client", description, 401);
}
