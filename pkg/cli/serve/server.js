// The service behind a socket of Node's.
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { listening } from "../port.js";

/** How long requests under way may go on after the end was asked for. */
const GRACE_MS = 10_000;
/** The service reads bodies of up to 64 KiB; of a larger one, enough for it to say so. */
const LARGEST_BODY = 65_537;
/** So much of what nobody reads is let go by; then the connection ends. */
const LARGEST_REST = 16 * 2 ** 20;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @typedef {import("../../service/direct.js").Came} Came */
/** @typedef {{ status: number, headers: [name: string, value: string][], body: string | import("node:stream").Readable }} Answered */
/** @typedef {(came: Omit<Came, "body" | "unreadable">, body: () => Promise<Pick<Came, "body" | "unreadable">>) => Promise<Answered>} Answer */

/**
 * @param {Answer} answer
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
 * @param {Answer} answer
 * @param {import("node:http").IncomingMessage} incoming
 * @param {import("node:http").ServerResponse} outgoing
 */
async function handled(answer, incoming, outgoing) {
  const { method = "GET", url = "/", rawHeaders, socket } = incoming;
  /** @type {[string, string][]} */
  const headers = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.push([rawHeaders[i].toLowerCase(), rawHeaders[i + 1]]);
  // Some clients send the whole URL. Whom one thinks that it talks to is in the header; what the URL's host is nobody looks at.
  const target = url.startsWith("/") ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, "") || "/";
  const {
    status,
    headers: told,
    body,
  } = await answer({ method, target, headers, peer: socket.remoteAddress ?? "" }, () => bodyOf(incoming));
  if (outgoing.destroyed) return;
  if (typeof body !== "string") {
    outgoing.writeHead(status, told.flat());
    return void (await pipeline(body, outgoing));
  }
  const length = method === "HEAD" ? [] : ["content-length", String(Buffer.byteLength(body))];
  outgoing.writeHead(status, [...told.flat(), ...length]).end(body);
}

/**
 * A body, as text. Of what nobody wants to read the rest is let go by, for clients that listen only once they have sent it all.
 *
 * @param {import("node:http").IncomingMessage} incoming
 * @returns {Promise<Pick<Came, "body" | "unreadable">>}
 */
function bodyOf(incoming) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const parts = [];
    let [length, rest] = [0, LARGEST_REST];
    const done = () => resolve(read(Buffer.concat(parts)));
    incoming.on("data", (part) => {
      length += part.length;
      if (length <= LARGEST_BODY) parts.push(part);
      else if (rest === LARGEST_REST) {
        parts.push(part.subarray(0, LARGEST_BODY - length + part.length));
        done();
      }
      if (length > LARGEST_BODY && (rest -= part.length) < 0) incoming.destroy();
    });
    incoming.on("end", done);
    incoming.on("error", reject);
  });
}

/** @param {Buffer} bytes */
function read(bytes) {
  try {
    return { body: decoder.decode(bytes), unreadable: false };
  } catch {
    // What was cut off may end within a character; it is too large, whatever it is.
    return bytes.length >= LARGEST_BODY ? { body: "x".repeat(LARGEST_BODY), unreadable: false } : { body: "", unreadable: true };
  }
}
