// The OAuth client that somebody logs in with, by its file.
import { readClient } from "../../user/options.js";
import { readText } from "../credential.js";
import { Failure } from "../failure.js";

/** The flag that names it. */
export const CLIENT = {
  client: { short: "c", value: "FILE", help: "the OAuth client, as Google's console gives it: best of a desktop app" },
};

/**
 * @typedef {object} Client
 * @property {string} text
 * @property {string} id
 * @property {string} secret
 * @property {string[] | undefined} redirectUris Where browsers may be sent back to; undefined: to any port of this machine
 */

/**
 * @param {string} path
 * @returns {Promise<Client>}
 */
export async function readClientFile(path) {
  const text = await readText(path, "client's file");
  try {
    const { client_id, client_secret } = readClient(text);
    const { web } = JSON.parse(text);
    const uris =
      web && (Array.isArray(web.redirect_uris) ? web.redirect_uris.filter((/** @type {unknown} */ uri) => typeof uri === "string") : []);
    return { text, id: client_id, secret: client_secret, redirectUris: uris };
  } catch {
    // What is in it is not to be shown.
    throw new Failure("invalid_client", `${path} is no OAuth client's file. Download it from Google's console, where the client is.`);
  }
}
