// A token service behind node:http, on this machine alone: what tests that bring their own client ask.
import { createServer } from "node:http";
import { Readable } from "node:stream";

/**
 * Serves it, and gives its URL; `make` is told that first, for the service has to know it.
 *
 * @param {(url: string) => { fetch(request: Request, info: { peer: string }): Promise<Response> } | Promise<{ fetch(request: Request, info: { peer: string }): Promise<Response> }>} make
 * @param {number} [port]
 */
export async function serveService(make, port = 0) {
  /** @type {any} */
  let service;
  const server = createServer(async (came, answer) => {
    const response = await service.fetch(requestOf(came), { peer: came.socket.remoteAddress ?? "" });
    answer.writeHead(response.status, [...response.headers].flat());
    answer.end(Buffer.from(await response.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(undefined)));
  const { port: taken } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${taken}`;
  service = await make(url);
  return { url, close: () => (server.closeAllConnections(), server.close()) };
}

/** @param {import("node:http").IncomingMessage} came */
function requestOf(came) {
  const { method = "GET", url = "/", headersDistinct } = came;
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct)) for (const value of values ?? []) headers.append(name, value);
  // A path that begins with two slashes would be read as a host.
  const target = new URL(`http://${came.socket.localAddress}:${came.socket.localPort}${url.startsWith("/") ? url : "/"}`);
  const read = method !== "GET" && method !== "HEAD";
  const init = read ? { method: "POST", body: Readable.toWeb(came), duplex: "half" } : { method };
  const request = new Request(target, { headers, .../** @type {any} */ (init) });
  // Methods that Request does not take, and TRACE, get to the service all the same.
  return Object.defineProperty(request, "method", { value: method });
}
