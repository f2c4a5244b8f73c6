// The login of somebody whose browser is on another device (RFC 8628).
import { setTimeout as pause } from "node:timers/promises";
import { AuthError } from "../../errors.js";
import { Failure } from "../failure.js";
import { printable } from "../terminal.js";
import { post, refused } from "./google.js";
import { keep } from "./record.js";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** @param {import("./index.js").Wish} wish */
export async function byDevice({ client, place, scopes }) {
  const asked = [...new Set(["openid", ...scopes])];
  const begun = await post("/device/code", { client_id: client.id, scope: asked.join(" ") });
  const { device_code, user_code, verification_uri, verification_url, expires_in, interval } = begun.answer;
  // Google has another name for it than section 3.2.
  const uri = verification_uri ?? verification_url;
  if (begun.status !== 200 || ![device_code, user_code, uri].every((text) => typeof text === "string")) throw refused(begun);
  process.stderr.write(
    `Log in with a browser on any device, at:\n\n  ${printable(uri)}\n\nand give it the code ${printable(user_code)}\n\n`,
  );
  const form = { grant_type: GRANT, device_code, client_id: client.id, client_secret: client.secret };
  const answer = await polled(form, Number(interval) || 5, Number(expires_in) || 1800);
  return keep(place, client, asked, answer);
}

/**
 * Asks until the user has decided.
 *
 * @param {Record<string, string>} form
 * @param {number} seconds Between two questions
 * @param {number} life
 * @returns {Promise<Record<string, any>>}
 */
async function polled(form, seconds, life) {
  const ends = performance.now() + life * 1000;
  while (performance.now() < ends) {
    await pause(seconds * 1000);
    const said = await post("/token", form).catch((thrown) => thrown);
    if (said instanceof Error) {
      // Section 3.5: whom the network fails asks less often.
      seconds *= 2;
      continue;
    }
    const { status, answer } = said;
    if (status === 200) return answer;
    if (answer.error === "slow_down") seconds += 5;
    else if (answer.error === "access_denied") throw new AuthError("login_cancelled", "the user said no.");
    else if (answer.error === "expired_token") break;
    else if (answer.error !== "authorization_pending") throw refused(said);
  }
  throw new Failure("login_invalid", "nobody logged in with the code before its time was over. Begin the login again.");
}
