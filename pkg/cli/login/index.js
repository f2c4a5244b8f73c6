// Logs a user in, by a browser of this machine or by another device.
import { byBrowser } from "./by-browser.js";
import { byDevice } from "./by-device.js";

/**
 * @typedef {object} Wish
 * @property {import("./client.js").Client} client
 * @property {import("../users.js").Place} place Where the user's token is kept
 * @property {string[]} scopes
 * @property {boolean} [device]
 * @property {boolean} [opens] Whether a browser is opened
 * @property {number} [port]
 */

/** What is asked for, where nothing else is said. */
export const USUAL_SCOPES = ["openid", "email", "profile"];

/**
 * @param {Wish} wish
 * @returns {Promise<{ id: string, email: string | undefined }>}
 */
export async function logIn(wish) {
  const user = await (wish.device ? byDevice(wish) : byBrowser(wish));
  process.stderr.write(`Logged in as ${user.email ?? user.id}. The token is kept in ${wish.place.shown}.\n`);
  return user;
}
