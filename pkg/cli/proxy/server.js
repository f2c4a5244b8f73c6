// The proxy's server: who comes, and how it ends.
import { Agent as HttpAgent, createServer } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { listening } from "../port.js";
import { printable } from "../terminal.js";
import { forward } from "./forward.js";
import { isWebSocket, upgrade } from "./upgrade.js";

/** How long requests under way may go on after the end was asked for. */
const GRACE_MS = 5_000;

/**
 * @typedef {object} Way Where requests go on to
 * @property {URL} target
 * @property {import("node:http").Agent} agent
 * @property {ReturnType<typeof import("./bearers.js").bearers>} bearer
 * @property {(request: import("node:http").IncomingMessage) => import("./guard.js").Refusal | undefined} refused
 * @property {(request: import("node:http").IncomingMessage, status: number | string) => void} tell
 */

/**
 * @param {Pick<Way, "target" | "bearer" | "refused"> & { host: string, port: number, tells: boolean }} options
 */
export async function listen({ target, bearer, refused, host, port, tells }) {
  const agent = new (target.protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true });
  /** @type {Way} */
  const way = {
    ...{ target, agent, bearer, refused },
    tell(request, status) {
      // Of a query nobody knows what it holds.
      const path = (request.url ?? "").split("?")[0];
      if (tells) process.stderr.write(`${printable(`${request.method} ${path} ${status}`)}\n`);
    },
  };
  // Not everything that wants another protocol is a WebSocket; later versions of Node ask, others tell `upgrade` of all.
  const options = /** @type {import("node:http").ServerOptions} */ ({ shouldUpgradeCallback: isWebSocket });
  const server = createServer(options, (request, response) => {
    forward(request, response, way).catch(() => response.destroy());
  });
  // A large body may take its time.
  server.requestTimeout = 0;
  /** Connections that are no longer HTTP. @type {Set<import("node:stream").Duplex>} */
  const upgraded = new Set();
  server.on("upgrade", (request, socket, head) => {
    upgraded.add(socket);
    socket.on("close", () => upgraded.delete(socket));
    upgrade(request, socket, head, way).catch(() => socket.destroy());
  });
  const address = await listening(server, port, host);
  const ended = new Promise((resolve) => server.on("close", resolve)).then(() => agent.destroy());
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}`,
    ended,
    end() {
      server.close();
      server.closeIdleConnections();
      for (const socket of upgraded) socket.destroy();
      setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
    },
  };
}
