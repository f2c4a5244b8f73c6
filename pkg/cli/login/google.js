// Google's endpoints that a login without a browser of its own needs, or those of an emulator in their place.
import { Failure } from "../failure.js";

/** @type {Record<string, string>} */
const PLACES = {
  "/device/code": "https://oauth2.googleapis.com/device/code",
  "/token": "https://oauth2.googleapis.com/token",
  "/revoke": "https://oauth2.googleapis.com/revoke",
};
const TIMEOUT_MS = 30_000;

/**
 * Sends a form, with a secret in it: its redirects are not followed.
 *
 * @param {"/device/code" | "/token" | "/revoke"} path
 * @param {Record<string, string>} form
 * @returns {Promise<{ status: number, answer: Record<string, any> }>}
 */
export async function post(path, form) {
  const emulator = process.env.CLOUD_RUN_AUTH_EMULATOR;
  if (emulator && !/^http:\/\/(localhost|\[::1\]|127(\.\d+){3})(:\d+)?\/?$/.test(emulator))
    throw new Failure("invalid_option", "CLOUD_RUN_AUTH_EMULATOR is no origin on this machine, as http://127.0.0.1:8085.");
  const url = emulator ? new URL(path, emulator) : PLACES[path];
  try {
    const body = new URLSearchParams(form);
    const response = await fetch(url, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const answer = await response.json().catch(() => undefined);
    return { status: response.status, answer: typeof answer === "object" && answer !== null ? answer : {} };
  } catch (/** @type {any} */ thrown) {
    const why = thrown.cause?.code ?? thrown.name;
    throw Object.assign(unavailable(`could not be reached (${why})`), { cause: thrown });
  }
}

/** What went wrong, where it was none of what is expected. @param {{ status: number, answer: Record<string, any> }} said */
export function refused({ status, answer }) {
  if (status === 429 || status >= 500) return unavailable(`could not answer (HTTP ${status})`);
  // A word of the RFC's, and no text that could hold anything.
  const word = /^[\w-]{1,60}$/.test(answer.error) ? answer.error : `HTTP ${status}`;
  return new Failure("exchange_refused", `Google refused the client or what it asked for: ${word}.`);
}

/** @param {string} what */
function unavailable(what) {
  return new Failure("exchange_unavailable", `Google ${what}. Try again later.`);
}
