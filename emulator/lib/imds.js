import { json } from "./answers.js";
import { decode } from "./decode.js";

/** @typedef {import("./call.js").Call} Call */

const ROLES = "/latest/meta-data/iam/security-credentials";
const MAX_TTL = 21_600;
// AWS has new keys ready five minutes before the old ones end.
const WINDOW = 300_000;

/**
 * EC2's instance metadata service, version 2: a session token first, then what it opens.
 *
 * @param {Call} call
 */
export function imds(call) {
  const { state, request, path } = call;
  if (!state.imds.settings.enabled) return refuse(call, 404, "Not Found", "the instance metadata service is off");
  return path === "/latest/api/token" ? openSession(call) : readMetadata(call, request);
}

/** @param {Call} call */
function openSession(call) {
  const { state, request } = call;
  if (request.method !== "PUT") return refuse(call, 405, "Not Allowed", "the token is had with PUT");
  if (request.headers.has("x-forwarded-for")) return refuse(call, 403, "Forbidden", "a forwarded request");
  const ttl = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds") ?? "";
  if (!/^\d{1,5}$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > MAX_TTL)
    return refuse(call, 400, "Bad Request", "no lifetime, or a bad one");
  const token = state.imds.openSession(state.clock.now() + Number(ttl) * 1000);
  return text(token, { "x-aws-ec2-metadata-token-ttl-seconds": ttl });
}

/**
 * @param {Call} call
 * @param {Request} request
 */
function readMetadata(call, { method, headers }) {
  const { state, path } = call;
  const { settings, sessions } = state.imds;
  if (method !== "GET" && method !== "HEAD") return refuse(call, 405, "Not Allowed", "only GET");
  const token = headers.get("x-aws-ec2-metadata-token");
  // A token that came must be good, also where none is needed.
  if (token === null ? settings.requireSession : !((sessions.get(token) ?? 0) > state.clock.now())) {
    return refuse(call, 401, "Unauthorized", "no session token, or an old one");
  }
  if (path === "/latest/meta-data/placement/availability-zone") return text(settings.zone);
  if (path === "/latest/meta-data/placement/region") return text(settings.zone.replace(/[a-z]$/, ""));
  if (path === ROLES || path === `${ROLES}/`) return text(settings.role);
  if (decode(path) === `${ROLES}/${settings.role}`) return json(roleKey(state));
  return refuse(call, 404, "Not Found", "nothing of that name");
}

/** @param {import("./state.js").State} state */
function roleKey({ imds, awsKeys, clock }) {
  const now = clock.now();
  if (!imds.key || imds.key.expiresAt - WINDOW <= now) {
    const expiresAt = now + imds.settings.keyLifetime * 1000;
    imds.key = { ...awsKeys.create({ accountId: imds.settings.accountId, role: imds.settings.role }, expiresAt), expiresAt };
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = imds.key;
  return {
    Code: "Success",
    LastUpdated: seconds(expiresAt - imds.settings.keyLifetime * 1000),
    Type: "AWS-HMAC",
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: seconds(expiresAt),
  };
}

/** @param {number} time in milliseconds */
function seconds(time) {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/**
 * @param {string} body
 * @param {Record<string, string>} [headers]
 */
function text(body, headers) {
  return new Response(body, { headers: { "content-type": "text/plain", server: "EC2ws", ...headers } });
}

/**
 * @param {Call} call
 * @param {number} status
 * @param {string} title
 * @param {string} reason
 */
function refuse(call, status, title, reason) {
  call.entry.outcome = reason;
  const page = `<?xml version="1.0" encoding="iso-8859-1"?>\n<html><head><title>${status} - ${title}</title></head><body><h1>${status} - ${title}</h1></body></html>\n`;
  return new Response(page, { status, headers: { "content-type": "text/html", server: "EC2ws" } });
}
