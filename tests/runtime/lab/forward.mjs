// Sends a request on as it came, and reads the answer to it whole.
import { request as httpRequest } from "node:http";

/** @typedef {{ status: number, headers: [name: string, value: string][], body: Buffer }} Answer */

/** What is said of one connection only, and how long the body is: the proxy has another connection, and the whole body. */
const ofTheConnection = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);

/**
 * @param {string} target an origin
 * @param {import("node:http").IncomingMessage} incoming
 * @param {Buffer} body what came with it
 * @returns {Promise<Answer>}
 */
export function forward(target, { method, url, rawHeaders }, body) {
  const headers = pairs(rawHeaders).filter(([name]) => !ofTheConnection.has(name.toLowerCase()));
  if (body.length > 0) headers.push(["content-length", String(body.length)]);
  const { hostname, port } = new URL(target);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, method, path: url, headers: headers.flat(), setHost: false, agent: false });
    outgoing.on("error", reject);
    outgoing.on("response", async (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const answered = pairs(response.rawHeaders).filter(([name]) => !ofTheConnection.has(name.toLowerCase()));
        resolve({ status: response.statusCode, headers: answered, body: Buffer.concat(chunks) });
      });
    });
    outgoing.end(body);
  });
}

/** Names and values by turns, as pairs. */
function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[at * 2], raw[at * 2 + 1]]);
}
