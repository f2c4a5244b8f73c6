// What can become of a request once it has come in whole, each by its name.
import { setTimeout as sleep } from "node:timers/promises";

/** Long enough for what was written to be read before the reset throws it away; in milliseconds. */
const READ = 30;

/**
 * @typedef {object} Place
 * @property {import("node:net").Socket} socket
 * @property {Record<string, any>} step
 * @property {() => Promise<import("./forward.mjs").Answer>} pass Has the emulator answer
 * @property {(answer: import("./forward.mjs").Answer) => void} send
 */

/** @type {Record<string, (place: Place) => unknown>} */
export const requestFaults = {
  reset: ({ socket }) => socket.resetAndDestroy(),
  close: ({ socket }) => socket.end(),
  hang: () => {},
  async "reset in headers"({ socket }) {
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: applicat");
    await sleep(READ);
    socket.resetAndDestroy();
  },
  /** The emulator has done what was asked, and half of what it says arrives. */
  async "torn body"({ socket, pass }) {
    const answer = await pass();
    socket.end(Buffer.concat([head(answer, `content-length: ${answer.body.length}`), half(answer.body)]));
  },
  async "reset in body"({ socket, pass }) {
    const answer = await pass();
    socket.write(Buffer.concat([head(answer, `content-length: ${answer.body.length}`), half(answer.body)]));
    await sleep(READ);
    socket.resetAndDestroy();
  },
  /** The last chunk, which says that there are no more, is missing. */
  async "cut chunks"({ socket, pass }) {
    const answer = await pass();
    const chunk = half(answer.body);
    socket.end(Buffer.concat([head(answer, "transfer-encoding: chunked"), Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk]));
  },
  garbage: ({ socket }) => socket.end("SSH-2.0-OpenSSH_9.9\r\n\0\x01\x02\xff\r\n"),
  /** So many `bytes` every so many milliseconds. */
  async drip({ socket, step, pass }) {
    const answer = await pass();
    const all = Buffer.concat([head(answer, `content-length: ${answer.body.length}`), answer.body]);
    for (let at = 0; at < all.length && !socket.destroyed; at += step.bytes) {
      socket.write(all.subarray(at, at + step.bytes));
      await sleep(step.every);
    }
    socket.end();
  },
  /** As the emulator says, but not before `ms` milliseconds. */
  async delay({ step, pass, send }) {
    await sleep(step.ms);
    send(await pass());
  },
  /** An answer of a server that cannot; `dated` seconds from now stand in Retry-After as a date. */
  status({ step, send }) {
    const now = Date.now();
    const headers = [
      ["date", new Date(now).toUTCString()],
      ["access-control-allow-origin", "*"],
      ["access-control-expose-headers", "*"],
      ...Object.entries(step.headers ?? {}),
    ];
    if (step.dated) headers.push(["retry-after", new Date(now + step.dated * 1000).toUTCString()]);
    send({ status: step.status, headers, body: Buffer.from(step.body ?? "") });
  },
};

/** The head of an answer, up to its body. */
function head({ status, headers }, length) {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([`HTTP/1.1 ${status} OK`, ...lines, length, "connection: close", "", ""].join("\r\n"));
}

const half = (body) => body.subarray(0, body.length >> 1);
