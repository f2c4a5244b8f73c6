import { json } from "./answers.js";
import { ask } from "./authorize.js";
import { tokensOf } from "./authorization-code.js";
import { requireClient } from "./client-auth.js";
import { devicePage, messagePage } from "./consent-page.js";
import { oauthAnswer } from "./oauth-answer.js";
import { OAuthError } from "./oauth-error.js";
import { randomHex } from "./random.js";
import { readForm } from "./read-form.js";
import { parseScopes } from "./scopes.js";

/** @typedef {import("./call.js").Call} Call */
/**
 * @typedef {object} Device one that waits for its user
 * @property {import("./authorize.js").Asked} asked
 * @property {number} expiresAt
 * @property {number} interval in milliseconds
 * @property {number} askedAt
 * @property {{ person?: import("./people.js").Person, scopes: string[] }} [decision]
 */

/**
 * `POST /device/code`, RFC 8628 section 3.1.
 *
 * @param {Call} call
 */
export function deviceCode(call) {
  const { state, request, origins } = call;
  /** @type {import("../index.js").TokenLog} */
  const log = (call.entry.token = { grant: null, issuer: null, kid: null, kind: null });
  return oauthAnswer(call, log, async () => {
    const form = await readForm(request);
    const application = state.clients.applicationOf(form.get("client_id"));
    if (!application) throw new OAuthError("invalid_client", "The OAuth client was not found.", 401);
    const scopes = parseScopes(form.get("scope"));
    if (!scopes) throw new OAuthError("invalid_scope", "Missing required parameter: scope");
    log.client = application.id;
    const deviceCode = `AH-1${randomHex(60)}`;
    const userCode = randomHex(16).replace(/./g, (digit) => "BCDFGHJKLMNPQRST"[parseInt(digit, 16)]);
    const shown = `${userCode.slice(0, 4)}-${userCode.slice(4, 8)}`;
    /** @type {Device} */
    const device = { asked: /** @type {any} */ (undefined), expiresAt: state.clock.now() + 1_800_000, interval: 5000, askedAt: -Infinity };
    device.asked = { application, scopes, offline: true, prompt: [], included: false, device: (decision) => (device.decision = decision) };
    state.devices.set(deviceCode, device);
    state.userCodes.set(shown, device);
    return json({
      device_code: deviceCode,
      user_code: shown,
      expires_in: 1800,
      interval: 5,
      // Google's name for it, and the standard's.
      verification_url: `${origins[0]}/device`,
      verification_uri: `${origins[0]}/device`,
    });
  });
}

/**
 * `GET /device`: where the code is typed in; then the page that everybody gets.
 *
 * @param {Call} call
 */
export function device({ state, query }) {
  const typed = new URLSearchParams(query).get("user_code");
  if (!typed) return devicePage("");
  const waiting = state.userCodes.get(typed.trim().toUpperCase());
  if (!waiting || waiting.expiresAt <= state.clock.now() || waiting.decision)
    return messagePage(400, "Not found", "There is no device that waits with this code.");
  return ask(state, waiting.asked);
}

/**
 * The grant of RFC 8628 section 3.4.
 *
 * @param {Call} call
 * @param {URLSearchParams} form
 * @param {import("../index.js").TokenLog} log
 */
export async function deviceGrant(call, form, log) {
  const { state } = call;
  log.kind = "access_token";
  const client = requireClient(call, form, log);
  const code = form.get("device_code") ?? "";
  const waiting = state.devices.get(code);
  if (!waiting || waiting.asked.application.id !== client) throw new OAuthError("invalid_grant", "Malformed device code.");
  const now = state.clock.now();
  if (waiting.expiresAt <= now) throw new OAuthError("expired_token", "The device code has ended.");
  const { decision, askedAt } = waiting;
  waiting.askedAt = now;
  if (!decision) {
    if (now - askedAt < waiting.interval) {
      // Section 3.5: five seconds more, from now on.
      waiting.interval += 5000;
      throw new OAuthError("slow_down", "Polling too often.", 403);
    }
    throw new OAuthError("authorization_pending", "Precondition Required", 428);
  }
  state.devices.delete(code);
  if (!decision.person) throw new OAuthError("access_denied", "Forbidden", 403);
  return tokensOf(state, { asked: waiting.asked, person: decision.person, scopes: decision.scopes, refreshes: true, used: [] }, log);
}
