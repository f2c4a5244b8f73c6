import { TLSSocket } from "node:tls";

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */

/**
 * A `Request` for what Node received, its body streamed, and a way to be rid of what nobody read of that. Undefined where there
 * can be no `Request`, such as for the method TRACE.
 *
 * @param {IncomingMessage} incoming
 * @param {AbortSignal} signal
 */
export function toRequest(incoming, signal) {
  const { method = "GET", url: target = "/" } = incoming;
  const { localAddress = "127.0.0.1", localPort } = incoming.socket;
  const host = incoming.headers.host ?? `${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
  try {
    const { stream, discard } = toStream(incoming);
    const origin = `${incoming.socket instanceof TLSSocket ? "https" : "http"}://${host}`;
    const request = new Request(target.startsWith("/") ? origin + target : new URL(target, origin), {
      method,
      headers: toHeaders(incoming.rawHeaders),
      body: method === "GET" || method === "HEAD" ? undefined : stream,
      signal,
      // The standard asks for it; older typings do not know it.
      .../** @type {object} */ ({ duplex: "half" }),
    });
    return { request, discard };
  } catch {
    return undefined;
  }
}

/** @param {string[]} raw names and values in turn */
function toHeaders(raw) {
  const headers = new Headers();
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i], raw[i + 1]);
  return headers;
}

/** @param {IncomingMessage} incoming */
function toStream(incoming) {
  let over = false;
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  let controller;
  const fail = () => {
    if (!over) controller.error(new TypeError("The request's body broke off."));
    over = true;
  };
  const discard = () => {
    fail();
    incoming.resume();
  };
  /** @type {ReadableStream<Uint8Array>} */
  const stream = new ReadableStream({
    start(started) {
      controller = started;
      incoming.pause();
      incoming.on("data", (chunk) => {
        if (over) return;
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
      });
      incoming.on("end", () => {
        if (!over) controller.close();
        over = true;
      });
      incoming.on("error", fail);
      incoming.on("close", fail);
    },
    pull() {
      incoming.resume();
    },
    cancel() {
      over = true;
      incoming.resume();
    },
  });
  return { stream, discard };
}

/**
 * The certificate that a client showed in a TLS connection, as DER.
 *
 * @param {IncomingMessage} incoming
 */
export function clientCertificateOf({ socket }) {
  return socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
}
