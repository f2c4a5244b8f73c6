// Stands between a client and the emulator, on a port of its own, and breaks what passes as a case tells it to: connections when
// they are accepted, requests when they have come. Everything else goes through, one request for each connection.
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { requestFaults } from "./faults.mjs";
import { forward } from "./forward.mjs";

/** What can become of a connection when it is accepted. */
const connectionFaults = { "reset at accept": true, blackhole: true };

/**
 * @typedef {object} Step What happens to the next connection or request that it is meant for
 * @property {string} fault A name of `faults.mjs`, or of `connectionFaults`
 * @property {number} [times] To how many of them; default 1
 */

/**
 * @typedef {object} Plan
 * @property {Step[]} [steps] In their order; a connection takes none that is for requests, nor the other way round
 * @property {Step} [rest] What happens once they are used up; default: nothing
 * @property {number} [lasts] For so many milliseconds; after them all passes, but for `then`
 * @property {Step} [then] What happens to requests after that; default: nothing
 * @property {boolean} [keepAlive] Whether connections stay for further requests
 * @property {boolean} [stale] Whether a connection that stayed is closed just as its next request comes
 * @property {boolean} [down] Whether nobody listens at the port
 */

/** @param {string} target the emulator's origin */
export async function startFaultProxy(target) {
  /** @type {Plan} */
  let plan = {};
  const requests = [];
  const sockets = new Set();
  /** Connections that go nowhere. They end with the outage: clients connect ahead of need, and would wait on such a one for ever. */
  const dead = new Set();
  /** How long the plan's steps hold, by this process's clock; and how many were taken. */
  let [until, failed] = [Infinity, 0];
  let timer;

  const http = createHttpServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    // Whatever becomes of it: that the client goes away in the middle is nobody's error.
    void answer(request, response).catch(() => request.socket.destroy());
  });
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => void (sockets.delete(socket), dead.delete(socket)));
    socket.on("error", () => {});
    socket.setNoDelay(true);
    const step = take(connectionFaults);
    if (step?.fault === "blackhole") dead.add(socket.pause());
    else if (step) socket.resetAndDestroy();
    else http.emit("connection", socket);
  });
  const port = await listen(listener, 0);

  async function answer(request, response) {
    const { socket, method, url } = request;
    const keepAlive = plan.keepAlive ?? false;
    const body = await read(request);
    const pass = () => forward(target, request, body);
    // The browser's own question is not what a case counts.
    if (method === "OPTIONS") return send(response, await pass(), keepAlive);
    const record = { method, path: url, bytes: body.length, at: performance.now(), fault: null };
    requests.push(record);
    if (plan.stale && socket.served) {
      record.fault = "stale";
      return socket.destroy();
    }
    socket.served = true;
    const step = take(requestFaults);
    if (!step) return send(response, await pass(), keepAlive);
    record.fault = step.fault;
    return requestFaults[step.fault]({ socket, step, pass, send: (answer) => send(response, answer, keepAlive) });
  }

  /** The next step, if it is one of these. */
  function take(faults) {
    const isOver = performance.now() >= until;
    const step = isOver ? plan.then : (plan.steps?.[0] ?? plan.rest);
    if (!step || !(step.fault in faults)) return undefined;
    if (isOver) return step;
    failed += 1;
    step.left = (step.left ?? step.times ?? 1) - 1;
    if (step.left === 0 && step !== plan.rest) plan.steps.shift();
    return step;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    /** @param {Plan} next */
    async follow(next) {
      if (next.down && listener.listening) await new Promise((resolve) => void (listener.close(resolve), cut(sockets)));
      if (!next.down && !listener.listening) await listen(listener, port);
      plan = next;
      until = performance.now() + (next.lasts ?? Infinity);
      cut(dead);
      clearTimeout(timer);
      if (next.lasts) timer = setTimeout(() => cut(dead), next.lasts);
    },
    seen: () => ({ requests, failed }),
    close() {
      clearTimeout(timer);
      listener.close();
      cut(sockets);
    },
  };
}

/** @param {import("./forward.mjs").Answer} answer */
function send(response, { status, headers, body }, keepAlive) {
  response.writeHead(status, [...headers, ["content-length", body.length], ["connection", keepAlive ? "keep-alive" : "close"]].flat());
  response.end(body);
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function cut(sockets) {
  for (const socket of sockets) socket.destroy();
}

function listen(listener, port) {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => resolve(listener.address().port));
  });
}
