// Who is not let in: web pages of others, which can make a browser on this machine send requests to its ports.
import { isIP } from "node:net";

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/** @typedef {{ status: number, code: string, message: string }} Refusal */

/**
 * @param {{ listens: string, names: string[], origins: string[] }} given
 */
export function guard({ listens, names, origins }) {
  const known = [...LOCAL, ...names.map((name) => name.toLowerCase())];
  const everywhere = !LOCAL.includes(listens) && !LOCAL.includes(`[${listens}]`);

  /** @param {string} host With its port, as the header Host has it */
  function isOwn(host, port = 0) {
    const [, name = "", shown = "80"] = /^(\[[\da-f:.]+\]|[^:]+)(?::(\d+))?$/.exec(host.toLowerCase()) ?? [];
    if (port && Number(shown) !== port) return false;
    // A name can be made to lead anywhere (DNS rebinding), an address cannot.
    return known.includes(name) || (everywhere && isIP(name.replace(/^\[|\]$/g, "")) > 0);
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @returns {Refusal | undefined}
   */
  return function refused({ headers, method, url, socket }) {
    const hosts = headers.host ?? "";
    // RFC 9110, section 7.4.
    if (!isOwn(hosts, everywhere ? 0 : socket.localPort))
      return no(421, "host_refused", "this proxy is not known by the name in Host. Call it as localhost, or name it with --allow-host.");
    if (!url?.startsWith("/"))
      return no(400, "path_refused", "the request is for a URL and not for a path. This is no proxy for other servers.");
    const { origin } = headers;
    if (origin !== undefined) {
      const [, host = "", name = ""] = /^https?:\/\/((\[[\da-f:.]+\]|[^:/]+)(?::\d+)?)$/.exec(origin) ?? [];
      // Another machine's address is no better than its name.
      if (origins.includes(origin) || (host && (known.includes(name) || host === hosts))) return undefined;
      return no(
        403,
        "origin_refused",
        "the request comes from another site's page. If that may call the service, name its origin with --allow-origin.",
      );
    }
    // What a link leads to does nothing; what a page loads or posts may.
    const follows = headers["sec-fetch-mode"] === "navigate" && method === "GET";
    if (headers["sec-fetch-site"] === "cross-site" && !follows)
      return no(403, "origin_refused", "the request comes from another site's page, which does not say whose.");
    return undefined;
  };
}

/** @param {number} status @param {string} code @param {string} message @returns {Refusal} */
function no(status, code, message) {
  return { status, code, message };
}
