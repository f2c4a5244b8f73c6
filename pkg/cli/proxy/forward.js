// One request and its answer, both as they come.
import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { pipeline } from "node:stream";
import { explain } from "../failure.js";
import { back, hasBody, onward } from "./headers.js";
import { pathAt } from "./path.js";

/** @typedef {import("./server.js").Way} Way */
/** @typedef {import("node:http").IncomingMessage} Incoming */

/**
 * @param {Incoming} request
 * @param {import("node:http").ServerResponse} response
 * @param {Way} way
 */
export async function forward(request, response, way) {
  response.on("finish", () => way.tell(request, response.statusCode));
  const refusal = way.refused(request);
  if (refusal) return refuse(response, refusal);
  const own = `http://${request.headers.host}`;
  /** @type {import("node:http").RequestOptions} */
  let options;
  try {
    options = await onwardOptions(request, way);
  } catch (thrown) {
    return refuse(response, refusalOf(thrown));
  }
  // Whoever asked may have gone meanwhile.
  if (response.destroyed) return;
  send();

  function send(again = false) {
    const sent = requestTo(way.target, options);
    const leave = () => void (response.writableFinished || sent.destroy());
    response.on("close", leave);
    sent.on("error", (thrown) => {
      response.off("close", leave);
      // The service let go of a connection that was about to be used again: it has seen nothing of the request.
      if (!again && sent.reusedSocket && isRepeatable(request) && !response.headersSent && !response.destroyed) return send(true);
      // Or else the answer is there, whole or torn: the service need not have read to the end.
      if (!response.headersSent) refuse(response, refusalOf(thrown));
    });
    // What it has not read the client may still be sending.
    sent.on("close", () => request.unpipe(sent).resume());
    sent.on("response", (answer) => {
      if (answer.statusCode === 401) way.bearer.doubt();
      try {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, back(answer, way.target, own));
      } catch (thrown) {
        // What Node reads it need not write; but it has kept the words by now.
        answer.destroy();
        response.statusMessage = "";
        return refuse(response, refusalOf(thrown));
      }
      // An event stream has nothing to say at first.
      response.flushHeaders();
      // A body that is torn is torn for the client, too.
      pipeline(answer, response, () => {});
    });
    // One without a body may have been read to its end before.
    if (!hasBody(request)) return sent.end();
    // The service may answer before there is any of it.
    sent.flushHeaders();
    request.pipe(sent);
  }
}

/**
 * @param {Incoming} request
 * @param {Way} way
 * @param {string} [upgrade]
 * @returns {Promise<import("node:http").RequestOptions>}
 */
export async function onwardOptions(request, { target, agent, bearer }, upgrade) {
  const path = await pathAt(target, request.url ?? "/");
  const headers = onward(request, target, await bearer.headers(request.headers.authorization !== undefined), upgrade);
  return { method: request.method, path, headers: /** @type {any} */ (headers), agent: upgrade ? false : agent };
}

/**
 * @param {URL} target
 * @param {import("node:http").RequestOptions} options
 */
export function requestTo({ protocol, hostname, port }, options) {
  // The URL's own form of an IPv6 address has brackets.
  const place = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port: port || undefined };
  return (protocol === "https:" ? overHttps : overHttp)({ ...place, ...options });
}

/** What went wrong on the way, as what the client is told. @param {any} thrown @returns {import("./guard.js").Refusal} */
export function refusalOf(thrown) {
  if (thrown?.syscall || /^(E[A-Z]+|HPE_|ERR_)/.test(thrown?.code ?? ""))
    return { status: 502, code: "unreachable", message: `the service could not be reached (${thrown.code}).` };
  const { code, message } = explain(thrown);
  return { status: code === "invalid_path" ? 400 : 502, code, message };
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {import("./guard.js").Refusal} refusal
 */
function refuse(response, { status, code, message }) {
  if (response.destroyed) return;
  // The request's body, if any, is not read.
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", connection: "close" });
  response.end(`${JSON.stringify({ error: { code, message } })}\n`);
}

/** Whether it does twice what it does once, and has no body that would be gone. @param {Incoming} request */
function isRepeatable(request) {
  return !hasBody(request) && ["GET", "HEAD", "OPTIONS"].includes(request.method ?? "");
}
