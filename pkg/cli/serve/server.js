// The service behind a socket of Node's.
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { listening } from "../port.js";

/** How long requests under way may go on after the end was asked for. */
const GRACE_MS = 10_000;
/** So much of a body that nobody reads is let go by; then the connection ends. */
const LARGEST_REST = 16 * 2 ** 20;

/**
 * @param {(request: Request, info: { peer: string }) => Promise<Response>} answer
 * @param {{ host: string, port: number }} at
 */
export async function listen(answer, { host, port }) {
  const server = createServer((incoming, outgoing) => {
    handled(answer, incoming, outgoing).catch(() => outgoing.destroy());
  });
  // Longer than those of the balancers in front of it, which would else send on a connection that is just being closed.
  server.keepAliveTimeout = 620_000;
  const address = await listening(server, port, host);
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  const ended = new Promise((resolve) => server.on("close", resolve));
  return {
    url: `http://${shown}:${address.port}`,
    port: address.port,
    ended,
    end() {
      server.close();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
    },
  };
}

/**
 * @param {(request: Request, info: { peer: string }) => Promise<Response>} answer
 * @param {import("node:http").IncomingMessage} incoming
 * @param {import("node:http").ServerResponse} outgoing
 */
async function handled(answer, incoming, outgoing) {
  const request = requestOf(incoming);
  const response = request ? await answer(request, { peer: incoming.socket.remoteAddress ?? "" }) : unfit(incoming.method ?? "");
  if (outgoing.destroyed) return;
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (!response.body) return void outgoing.end();
  await pipeline(Readable.fromWeb(/** @type {any} */ (response.body)), outgoing);
}

/** A request that fetch has no form for: of a method that it forbids, or not as HTTP has it. @param {string} method */
function unfit(method) {
  const forbidden = ["CONNECT", "TRACE", "TRACK"].includes(method);
  const message = forbidden ? `nothing here takes ${method}.` : "the request is not as HTTP has it.";
  const meta = { request_id: crypto.randomUUID(), code: forbidden ? "method_not_allowed" : "invalid_request" };
  const headers = { "cache-control": "no-store", ...(forbidden && { allow: "GET, HEAD, POST, DELETE" }) };
  return Response.json({ success: false, data: null, message, meta }, { status: forbidden ? 405 : 400, headers });
}

/** @param {import("node:http").IncomingMessage} incoming */
function requestOf(incoming) {
  const { method = "GET", url = "/", rawHeaders } = incoming;
  try {
    const headers = new Headers();
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.append(rawHeaders[i], rawHeaders[i + 1]);
    const hasBody = method !== "GET" && method !== "HEAD";
    // Whom the client thinks that it talks to is in the header; what the URL's host is nobody looks at. Some clients send the whole URL.
    const target = url.startsWith("/") ? `http://service.invalid${url}` : url;
    const body = hasBody ? bodyOf(incoming) : undefined;
    return new Request(target, /** @type {any} */ ({ method, headers, body, duplex: "half" }));
  } catch {
    return undefined;
  }
}

/**
 * A body as it comes. Of what nobody wants to read the rest is let go by, for clients that listen only once they have sent it all.
 *
 * @param {import("node:http").IncomingMessage} incoming
 */
function bodyOf(incoming) {
  return new ReadableStream({
    start(controller) {
      incoming.on("data", (chunk) => {
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
      });
      incoming.on("end", () => controller.close());
      incoming.on("error", (thrown) => controller.error(thrown));
      incoming.pause();
    },
    pull() {
      incoming.resume();
    },
    cancel() {
      let left = LARGEST_REST;
      incoming.removeAllListeners();
      incoming.on("error", () => {});
      incoming.on("data", (chunk) => {
        left -= chunk.length;
        if (left < 0) incoming.destroy();
      });
      incoming.resume();
    },
  });
}
