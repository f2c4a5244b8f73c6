import { htmlError } from "./answers.js";
import { echo, mirror } from "./handlers.js";
import { verifyIdToken } from "./id-token.js";
import { redactHeaders, redactText } from "./redact.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./services.js").ServiceRecord} ServiceRecord */

// A user's ID token names the client it was made for. Cloud Run takes it from gcloud's own clients, whatever the service.
const GCLOUD_CLIENTS = [
  "32555940559.apps.googleusercontent.com",
  "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com",
];

/**
 * A private Cloud Run service at `/run/{name}` and below.
 *
 * @param {Call} call
 */
export async function service(call) {
  const { state, request, path, entry, origins } = call;
  const name = path.split("/", 3)[2];
  const record = state.services.find(name);
  if (!record) return refuse(call, 404, "Page not found", "The requested URL was not found on this server.", "no such service");

  const credential = readCredential(request.headers);
  if (!credential) return forbidden(call, "no token");
  const audiences = [...origins.map((origin) => `${origin}/run/${name}`), ...record.audiences];
  const verdict = await verifyIdToken(state, credential.token, audiences, GCLOUD_CLIENTS);
  if ("refused" in verdict) return unauthorized(call, verdict.refused);

  const { claims } = verdict;
  if (entry.service) Object.assign(entry.service, { caller: claims.email, aud: claims.aud });
  if (record.invokers !== "any" && !record.invokers.has(claims.email)) return forbidden(call, "the caller is not among the invokers");

  const headers = new Headers(request.headers);
  headers.set(credential.header, `Bearer ${withoutSignature(credential.token)}`);
  return handle(call, record, new Request(request, { headers }), claims);
}

/**
 * What the log says of a request to a service, filled in before anything can go wrong with it.
 *
 * @param {import("./call.js").Incoming} incoming
 * @returns {import("../index.js").ServiceLog}
 */
export function describeService({ path, request }) {
  return { name: path.split("/", 3)[2], caller: null, aud: null, headers: redactHeaders(request.headers) };
}

/**
 * The one header that is checked. Where both are there, Authorization is the service's own business.
 *
 * @param {Headers} headers
 */
function readCredential(headers) {
  const header = headers.has("x-serverless-authorization") ? "x-serverless-authorization" : "authorization";
  const match = /^bearer(?: +(.*))?$/i.exec(headers.get(header) ?? "");
  return match ? { header, token: match[1] ?? "" } : undefined;
}

/** @param {string} token */
function withoutSignature(token) {
  return token.slice(0, token.lastIndexOf(".") + 1) + "SIGNATURE_REMOVED_BY_GOOGLE";
}

/**
 * @param {Call} call
 * @param {ServiceRecord} record
 * @param {Request} request as it reaches the service
 * @param {import("../index.js").Claims} caller
 */
async function handle(call, { name, handler }, request, caller) {
  try {
    if (handler === "echo") return await echo(call, name, request, caller);
    if (handler === "mirror") return mirror(request);
    const response = await handler(request, caller);
    // Throws here, not later, where a handler returns something else.
    return new Response(response.body, response);
  } catch (error) {
    // A service that fails must not look like a network that fails.
    if (request.signal?.aborted) throw error;
    call.entry.outcome = `the handler failed: ${redactText(error instanceof Error ? error.message : String(error))}`;
    return htmlError(500, "Server Error", "The service's handler failed.");
  }
}

/**
 * @param {Call} call
 * @param {string} reason
 */
function unauthorized(call, reason) {
  const text = `Your client does not have permission to the requested URL ${call.path}.`;
  return refuse(call, 401, "Unauthorized", text, reason, {
    // Without a comma between the two, as Cloud Run sends it.
    "www-authenticate": 'Bearer error="invalid_token" error_description="The access token could not be verified"',
  });
}

/**
 * @param {Call} call
 * @param {string} reason
 */
function forbidden(call, reason) {
  return refuse(call, 403, "Forbidden", `Your client does not have permission to get URL ${call.path} from this server.`, reason);
}

/**
 * @param {Call} call
 * @param {number} status
 * @param {string} title
 * @param {string} text
 * @param {string} reason
 * @param {Record<string, string>} [headers]
 */
function refuse(call, status, title, text, reason, headers) {
  call.entry.outcome = reason;
  return htmlError(status, title, text, headers);
}
