// The URL of a service, as somebody typed it.
import { usage } from "./failure.js";

/**
 * @param {string} text
 * @returns {URL}
 */
export function readService(text) {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw usage("the URL is not absolute. Give it with its scheme, as https://orders-abc.a.run.app/orders.");
  const url = new URL(text);
  if (url.username || url.password) throw usage("the URL holds a name or a password. Give it without: the token says who calls.");
  url.hash = "";
  return url;
}
