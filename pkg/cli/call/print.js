// What came back, as it comes.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure } from "../failure.js";
import { statusLine } from "./trace.js";

/**
 * @param {Response} response
 * @param {import("../commands.js").Values} values
 */
export async function print(response, { include, output }) {
  const path = output === "-" ? undefined : output;
  const into = path === undefined ? process.stdout : await opened(path);
  if (include) into.write(Buffer.from(`${shownHead(response)}\r\n`, "latin1"));
  const body = response.body ? Readable.fromWeb(/** @type {any} */ (response.body)) : Readable.from([]);
  const shows = output === undefined && process.stdout.isTTY;
  await pipeline(body, shows ? textual : through, into, { end: path !== undefined });
}

/** The head of an answer as it came, but for what no longer holds: its body comes decoded. @param {Response} response */
function shownHead(response) {
  const decoded = response.headers.has("content-encoding");
  const lines = [statusLine(response)];
  for (const [name, value] of response.headers) if (!decoded || !/^content-(encoding|length)$/.test(name)) lines.push(`${name}: ${value}`);
  return lines.map((line) => `${line}\r\n`).join("");
}

/** @param {string} path */
async function opened(path) {
  const stream = createWriteStream(path);
  await once(stream, "open").catch((thrown) => {
    throw new Failure("unwritable", `${path} cannot be written (${thrown.code ?? thrown.message}).`);
  });
  return stream;
}

/** @param {AsyncIterable<Uint8Array>} parts */
async function* through(parts) {
  yield* parts;
}

/** @param {AsyncIterable<Uint8Array>} parts */
async function* textual(parts) {
  let first = true;
  for await (const part of parts) {
    if (first && part.includes(0))
      throw new Failure("binary", "the body is binary, which would garble the terminal. Write it to a file: -o FILE; or -o - to print it.");
    first = false;
    yield part;
  }
}
