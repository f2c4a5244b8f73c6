// HTTP servers that redirect as the request's own query tells them, and remember every request that reached them.
// All of them share one memory: a credential that turns up at the wrong one is seen, wherever it came from.
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createSocketServer } from "node:net";
import { basename, join } from "node:path";
import { startFaultProxy } from "./fault-proxy.mjs";

/**
 * Two origins, and a port that nobody may connect to. Cases have it open further ports, with fault proxies.
 *
 * @param {object} config handed to every runner that asks at /_lab/config
 */
export async function startRecorder(config) {
  const records = [];
  const proxies = [];
  /** Connections that were no HTTP, or went where none belongs: TLS after a redirect from http to https, say. */
  let strays = 0;

  const home = createServer((request, response) => answer("home", request, response));
  const away = createServer((request, response) => answer("away", request, response));
  const trap = createSocketServer((socket) => {
    strays += 1;
    socket.destroy();
  });
  for (const server of [home, away]) server.on("clientError", (_, socket) => void ((strays += 1), socket.destroy()));

  const port = await listen(home, 0, "127.0.0.1");
  // The same port under another name and another address, where this machine has it.
  const second = createServer((request, response) => answer("home", request, response));
  await listen(second, port, "::1").catch(() => {});
  const awayPort = await listen(away, 0, "127.0.0.1");
  const trapPort = await listen(trap, 0, "127.0.0.1");
  const origins = {
    home: `http://127.0.0.1:${port}`,
    homeByName: `http://localhost:${port}`,
    homeDotted: `http://localhost.:${port}`,
    homeSecure: `https://127.0.0.1:${port}`,
    homeSub: `http://sub.localhost:${port}`,
    away: `http://127.0.0.1:${awayPort}`,
    trap: `https://127.0.0.1:${trapPort}`,
  };

  async function answer(server, request, response) {
    const url = new URL(request.url, origins.home);
    if (url.pathname === "/_lab/files" && request.method === "POST") {
      // The case that wrote it reads it before any other one begins.
      await writeFile(join(config.folder, basename(url.searchParams.get("name"))), JSON.parse(await read(request)), { mode: 0o755 });
      return send(response, 200, {});
    }
    if (url.pathname.startsWith("/_lab/proxies")) return send(response, 200, await atProxies(url, request));
    if (url.pathname === "/_lab/config") return send(response, 200, { ...config, ...origins });
    if (url.pathname === "/_lab/records") {
      const mark = url.searchParams.get("mark");
      return send(response, 200, { requests: records.filter((record) => record.url.includes(mark)), strays });
    }
    const { method, headers } = request;
    const record = { server, host: headers.host, method, url: request.url, headers, body: null };
    records.push(record);
    if (method === "OPTIONS") return send(response, 204);
    record.body = await read(request).catch(() => null);
    const [status, location] = redirection(url);
    if (status) return send(response, status, undefined, location === null ? {} : { location });
    return send(response, Number(url.searchParams.get("answer") ?? 200), { method, url: request.url, body: record.body });
  }

  /** Opens one, steers it, or says what passed through it. */
  async function atProxies({ pathname, searchParams }, request) {
    const [, , , id] = pathname.split("/");
    if (id === undefined) {
      const proxy = await startFaultProxy(searchParams.get("to") ?? config.emulator);
      return { id: proxies.push(proxy) - 1, url: proxy.url };
    }
    if (request.method === "POST") await proxies[id].follow(JSON.parse(await read(request)));
    return proxies[id].seen();
  }

  const servers = [home, second, away, trap];
  return {
    ...origins,
    async close() {
      for (const proxy of proxies) proxy.close();
      for (const server of servers) {
        server.close();
        server.closeAllConnections?.();
      }
    },
  };
}

/** `?status=302&location=…` redirects there, `/chain/3?status=302` to /chain/2 and so on until /chain/0 answers. */
function redirection(url) {
  const status = Number(url.searchParams.get("status") ?? 0);
  if (!status) return [0, null];
  const [, before, left] = /^(.*\/chain\/)(\d+)$/.exec(url.pathname) ?? [];
  if (left === undefined) return [status, url.searchParams.get("location")];
  return left === "0" ? [0, null] : [status, `${before}${left - 1}${url.search}`];
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, {
    "content-type": "application/json",
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    // A star would not cover Authorization.
    "access-control-allow-headers": response.req.headers["access-control-request-headers"] ?? "*",
    "access-control-expose-headers": "*",
    "access-control-max-age": "600",
    ...headers,
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function listen(server, port, host) {
  // A server that closes idle connections after seconds meets clients that are just about to use them.
  server.keepAliveTimeout = 600_000;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: 4096 }, () => resolve(server.address().port));
  });
}
