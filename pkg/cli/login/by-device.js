// The login of somebody whose browser is on another device (RFC 8628).
import { createLogin } from "../../runtime/login-node.js";
import { printable } from "../terminal.js";

/** @param {import("./index.js").Wish} wish */
export async function byDevice({ client, place, scopes }) {
  // No browser comes back to anywhere, but a login has such a place.
  const redirectUri = "http://127.0.0.1/";
  const login = createLogin({ client: client.text, redirectUri, scopes, store: place.store, records: place.user });
  const { url, code, complete } = await login.device();
  process.stderr.write(`Log in with a browser on any device, at:\n\n  ${printable(url)}\n\nand give it the code ${printable(code)}\n\n`);
  return (await complete()).user;
}
