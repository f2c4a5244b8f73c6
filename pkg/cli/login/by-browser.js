// The login of somebody who sits at this machine: a browser goes to Google, and comes back to a port of this machine (RFC 8252).
import { createServer } from "node:http";
import { createLogin } from "../../runtime/login-node.js";
import { explain, Failure } from "../failure.js";
import { listening } from "../port.js";
import { warn } from "../terminal.js";
import { openBrowser } from "./browser.js";
import { page } from "./page.js";

/** As long as the core takes a login for one. */
const PATIENCE_MS = 600_000;

/** @param {import("./index.js").Wish} wish */
export async function byBrowser({ client, place, scopes, opens = true, port = 0 }) {
  const registered = registeredUri(client, port);
  const server = createServer();
  // A user who waits for nothing else is not kept by a browser that holds its connection.
  server.keepAliveTimeout = 1;
  const address = await listening(server, registered ? Number(registered.port || 80) : port, "127.0.0.1");
  const redirectUri = registered?.href ?? `http://127.0.0.1:${address.port}/`;
  try {
    const login = createLogin({ client: client.text, redirectUri, scopes, store: place.store, records: place.user });
    const begun = await login.begin();
    const back = comesBack(server, redirectUri, login, begun.flow);
    back.catch(() => {});
    process.stderr.write(`Log in with a browser on this machine, at:\n\n  ${begun.url}\n\n`);
    if (opens && !(await openBrowser(begun.url))) warn("no browser could be opened. Open the URL in one.");
    return await back;
  } finally {
    server.close();
    server.closeIdleConnections();
  }
}

/**
 * Waits for the browser that comes back with what the login is waiting for. Others may come, too, from whatever runs on this machine.
 *
 * @param {import("node:http").Server} server
 * @param {string} redirectUri
 * @param {import("../../login.d.ts").Login} login
 * @param {string} flow
 * @returns {Promise<import("../../user.d.ts").User>}
 */
function comesBack(server, redirectUri, login, flow) {
  const { host, pathname } = new URL(redirectUri);
  // One after the other, because a login comes back but once.
  let turn = Promise.resolve();
  let over = false;
  return new Promise((resolve, reject) => {
    const late = new Failure("login_invalid", "nobody logged in within ten minutes. Begin the login again.");
    const timer = setTimeout(() => reject(late), PATIENCE_MS);
    server.on("request", async ({ method, url = "", headers }, response) => {
      // A name can be made to lead here (DNS rebinding).
      if (headers.host !== host) return page(response, 421, "This is not the page you are looking for.");
      const came = new URL(url, redirectUri);
      if (method !== "GET" || came.pathname !== pathname || came.origin !== new URL(redirectUri).origin)
        return page(response, 404, "There is nothing here.");
      turn = turn.then(async () => {
        if (over) return page(response, 400, "The login came back before.");
        try {
          const done = await login.complete(came, flow);
          if (!done.user) {
            flow = done.flow;
            return void response
              .writeHead(302, { location: done.url, "cache-control": "no-store", "referrer-policy": "no-referrer" })
              .end();
          }
          settle(response, () => resolve(done.user));
          page(response, 200, `You are logged in as ${done.user.email ?? done.user.id}. You may close this page.`);
        } catch (thrown) {
          const { code, message } = explain(thrown);
          if (code === "login_invalid") return page(response, 400, message);
          settle(response, () => reject(thrown));
          page(response, 400, "The login failed. The terminal says why; you may close this page.");
        }
      });
    });

    /** @param {import("node:http").ServerResponse} response @param {() => void} how */
    function settle(response, how) {
      over = true;
      clearTimeout(timer);
      response.on("close", how);
    }
  });
}

/**
 * Where a web client's browsers may come back to on this machine; none for a desktop app, whose may come to any port (RFC 8252, section 7.3).
 *
 * @param {import("./client.js").Client} client
 * @param {number} port 0: any
 */
function registeredUri({ redirectUris }, port) {
  if (!redirectUris) return undefined;
  const local = redirectUris
    .filter((uri) => URL.canParse(uri) && /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/[^?#]*)?$/.test(uri))
    .map((uri) => new URL(uri))
    .filter((uri) => port === 0 || Number(uri.port || 80) === port);
  if (local.length > 0) return local[0];
  const what = port ? `http://localhost:${port}/` : "http://localhost:8085/";
  throw new Failure(
    "invalid_client",
    `the client is a web application's, and has no redirect URI on this machine${port ? ` with port ${port}` : ""}. Use one of a desktop app, or register ${what} with it.`,
  );
}
