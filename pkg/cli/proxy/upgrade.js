// A WebSocket: its handshake with a token, and then two sockets that are one.
import { STATUS_CODES } from "node:http";
import { onwardOptions, refusalOf, requestTo } from "./forward.js";
import { back, hasBody } from "./headers.js";

/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {import("node:stream").Duplex} Duplex */

/** @param {Incoming} request */
export function isWebSocket({ headers }) {
  return /^websocket$/i.test(headers.upgrade ?? "");
}

/**
 * @param {Incoming} request
 * @param {Duplex} socket
 * @param {Buffer} head What came behind the request
 * @param {import("./server.js").Way} way
 */
export async function upgrade(request, socket, head, way) {
  socket.on("error", () => socket.destroy());
  /** @param {import("./guard.js").Refusal} refusal */
  const refuse = ({ status, code, message }) => {
    way.tell(request, status);
    const body = `${JSON.stringify({ error: { code, message } })}\n`;
    socket.end(
      `${headOf(status, undefined, ["content-type", "application/json", "content-length", String(Buffer.byteLength(body))])}${body}`,
    );
  };
  const refusal = way.refused(request);
  if (refusal) return refuse(refusal);
  const upgrades = isWebSocket(request);
  if (!upgrades && hasBody(request))
    return refuse({ status: 501, code: "upgrade_refused", message: "only WebSockets are upgraded to. Send the request without Upgrade." });
  let sent;
  try {
    sent = requestTo(way.target, await onwardOptions(request, way, upgrades ? "websocket" : undefined));
  } catch (thrown) {
    return refuse(refusalOf(thrown));
  }
  if (socket.destroyed) return void sent.on("error", () => {}).destroy();
  const leave = () => sent.destroy();
  socket.on("close", leave);
  let answered = false;
  sent.on("error", (thrown) => (answered ? socket.destroy() : refuse(refusalOf(thrown))));
  sent.on("upgrade", (answer, other, first) => {
    answered = true;
    way.tell(request, 101);
    socket.off("close", leave);
    /** @type {string[]} */
    const lines = [];
    for (let i = 0; i < answer.rawHeaders.length; i += 2) lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}\r\n`);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`, "latin1");
    if (first.length > 0) socket.write(first);
    if (head.length > 0) other.write(head);
    join(socket, other);
  });
  sent.on("response", (answer) => {
    answered = true;
    const status = answer.statusCode ?? 502;
    way.tell(request, status);
    if (status === 401) way.bearer.doubt();
    socket.write(headOf(status, answer.statusMessage, back(answer, way.target, `http://${request.headers.host}`)), "latin1");
    answer.on("error", () => socket.destroy()).pipe(socket);
  });
  sent.end();
}

/** The head of an answer behind which the connection ends. @param {number} status @param {string | undefined} words @param {string[]} headers */
function headOf(status, words, headers) {
  let text = `HTTP/1.1 ${status} ${words || STATUS_CODES[status] || ""}\r\nconnection: close\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}

/** Whatever becomes of one becomes of the other, once that has what it was sent. @param {Duplex} a @param {Duplex} b */
function join(a, b) {
  for (const [one, other] of /** @type {const} */ ([
    [a, b],
    [b, a],
  ])) {
    // prettier-ignore
    one.on("error", () => other.destroy());
    one.on("close", () => other.end(() => other.destroy()));
    one.pipe(other);
  }
}
