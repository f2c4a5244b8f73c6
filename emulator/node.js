import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isIP } from "node:net";
import { clientCertificateOf, toRequest } from "./lib/node-request.js";
import { sendResponse } from "./lib/node-response.js";

/** @typedef {import("./node.js").Servable} Servable */

/** How long a connection may be idle. After Node's five seconds it would close just as clients send on it again. In milliseconds. */
const IDLE = 600_000;

// Requests under way when the server closes get this long, then their connections are cut.
const GRACE = 500;

/** @type {typeof import("./node.js").serve} */
export async function serve(emulator, { port = 0, host = "127.0.0.1", exposeToNetwork = false, tls } = {}) {
  if (!exposeToNetwork && !isLoopback(host)) {
    throw new TypeError(`${host || "an empty host"} can be reached by other machines: give a loopback host, or exposeToNetwork: true`);
  }

  // Room for long raw targets and tokens, so that it is the emulator that answers and not the parser.
  const options = { maxHeaderSize: 64 << 10, keepAliveTimeout: IDLE };
  /** @type {import("node:http").RequestListener} */
  const listener = (request, response) => {
    // A connection that was busy when the server closed is idle after its answer.
    response.once("close", () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    void answer(emulator, request, response);
  };
  const server = tls ? createTlsServer({ ...options, ...tlsOptions(tls) }, listener) : createServer(options, listener);
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    // A backlog for a thousand clients at once; the default holds half of them.
    server.listen({ port, host, backlog: 4096 }, () => resolve(undefined));
  });

  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  const url = `${tls ? "https" : "http"}://${isIP(host) === 6 ? `[${host}]` : host}:${address.port}`;
  const fillsOrigin = emulator.origin === undefined;
  if (fillsOrigin) emulator.origin = url;

  const close = async () => {
    if (fillsOrigin && emulator.origin === url) emulator.origin = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    const timer = setTimeout(() => server.closeAllConnections(), GRACE);
    await closed;
    clearTimeout(timer);
  };
  return { url, port: address.port, close, [Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")]: close };
}

/** Requests that are answered now. Their signals follow ours only as long as someone holds them. @type {Set<Request>} */
const underWay = new Set();

/**
 * @param {Servable} emulator
 * @param {import("node:http").IncomingMessage} incoming
 * @param {import("node:http").ServerResponse} outgoing
 */
async function answer(emulator, incoming, outgoing) {
  const left = new AbortController();
  outgoing.once("close", () => left.abort(new DOMException("The client went away.", "AbortError")));

  const { request, discard } = toRequest(incoming, left.signal) ?? {};
  if (!request) {
    outgoing.writeHead(400, { "content-type": "text/plain", connection: "close" }).end("This request cannot be expressed as a Request.\n");
    return;
  }
  underWay.add(request);
  try {
    const response = await emulator.fetch(request, { rawTarget: incoming.url, clientCertificate: clientCertificateOf(incoming) });
    await sendResponse(response, outgoing);
    // What nobody read of the request stands in the way of the connection's next one.
    discard?.();
  } catch {
    // A fetch that rejects is a connection that breaks: the client is to see a reset, not an end.
    incoming.socket.resetAndDestroy();
  } finally {
    underWay.delete(request);
  }
}

/** @param {string} host */
function isLoopback(host) {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** @param {import("./node.js").TlsOptions} tls */
function tlsOptions({ key, cert, requestClientCertificate = false }) {
  // Whom to trust is for the emulator to say, by what was registered.
  return { key, cert, requestCert: requestClientCertificate, rejectUnauthorized: false };
}
