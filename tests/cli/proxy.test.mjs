// cloud-run-auth proxy: what goes through it, what does not, and what it leaves behind.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { openWorld } from "./world.mjs";

const { emulator, key, start, fails } = await openWorld();

/** A private service of one's own: what comes is shown to the emulator's, which knows whether the token is good for it. */
async function openService(handler) {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const gate = emulator.addService(`gate${server.address().port}`, { audiences: [url] });
  const authorize = async ({ headers }) => {
    const shown = Object.entries(headers).filter(([name]) => /authorization$/.test(name));
    const response = await fetch(gate.url, { headers: Object.fromEntries(shown) });
    return response.ok && (await response.json()).caller;
  };
  server.on("request", async (request, response) => {
    const caller = await authorize(request);
    if (!caller) return response.writeHead(403).end();
    await handler(request, response, caller);
  });
  const connections = () =>
    new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
  return { url, server, authorize, connections };
}

async function openProxy(target, ...args) {
  const proxy = start(["proxy", target, "--port", "0", ...args]);
  const [, url] = await proxy.printed(/^(http:\/\/\S+:\d+) \xe2\x86\x92 http/m);
  const port = Number(new URL(url).port);
  const end = async () => {
    proxy.child.kill("SIGINT");
    return proxy.ended;
  };
  return { ...proxy, url, port, end };
}

/** One request, byte by byte as it is meant. */
function ask(port, { body, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const asked = send({ port, host: "127.0.0.1", agent: false, ...options }, async (answer) => {
      let text = "";
      try {
        for await (const part of answer.setEncoding("utf8")) text += part;
      } catch (thrown) {
        return reject(thrown);
      }
      resolve({ status: answer.statusCode, headers: answer.headers, raw: answer.rawHeaders, text });
    });
    asked.on("error", reject).end(body);
  });
}

/** What a service of one's own tells of a request. */
const echo = async (request, response, caller) => {
  let length = 0;
  for await (const part of request) length += part.length;
  const raw = request.rawHeaders.filter((_, i) => !/^Bearer eyJ/.test(request.rawHeaders[i]));
  response.setHeader("Connection", "x-hop");
  response.setHeader("X-Hop", "1");
  response.setHeader("Set-Cookie", ["a=1", "b=2"]);
  response.end(JSON.stringify({ method: request.method, url: request.url, raw, headers: Object.keys(request.headers), length, caller }));
};

async function until(what, holds) {
  for (let tries = 1200; tries > 0; tries--) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`in vain: ${what}`);
}

test("requests reach the service with a token, as they came but for the hop's own headers", async () => {
  const service = await openService(echo);
  const proxy = await openProxy(service.url);
  assert.equal(proxy.output.stderr, `${proxy.url} \xe2\x86\x92 ${service.url}\n`);
  const answer = await ask(proxy.port, {
    ...{ method: "POST", path: "/a/../b%2f?x=1&y", body: "12345" },
    headers: {
      "X-Twice": ["1", "2"],
      Connection: "x-private",
      "X-Private": "1",
      TE: "trailers",
      "Proxy-Authorization": "Basic x",
      "X-Serverless-Authorization": "Bearer forged",
    },
  });
  const { method, url, raw, headers, length, caller } = JSON.parse(answer.text);
  assert.deepEqual([answer.status, method, url, length, caller], [200, "POST", "/a/../b%2f?x=1&y", 5, key.client_email]);
  assert.deepEqual(raw.slice(0, 2), ["host", new URL(service.url).host]);
  assert.deepEqual(raw.filter((_, i) => raw[i - 1] === "X-Twice"), ["1", "2"]); // prettier-ignore
  for (const name of ["x-private", "te", "proxy-authorization", "x-serverless-authorization"]) assert.ok(!headers.includes(name), name);
  assert.deepEqual([answer.headers["x-hop"], answer.headers["set-cookie"]], [undefined, ["a=1", "b=2"]]);
  const empty = JSON.parse((await ask(proxy.port, { method: "POST" })).text);
  assert.ok(empty.headers.includes("content-length") && !empty.headers.includes("transfer-encoding"));
  const got = JSON.parse((await ask(proxy.port, { path: "/" })).text);
  assert.ok(!got.headers.includes("content-length") && !got.headers.includes("transfer-encoding"));
  const chunked = JSON.parse((await ask(proxy.port, { method: "DELETE", body: "xyz", headers: { "transfer-encoding": "chunked" } })).text);
  assert.deepEqual([chunked.method, chunked.length], ["DELETE", 3]);
  const head = await ask(proxy.port, { method: "HEAD" });
  assert.deepEqual([head.status, head.text], [200, ""]);
  const { code, signal } = await proxy.end();
  assert.deepEqual([code, signal], [0, null]);
  service.server.close();
});

test("a client's own Authorization reaches the service, the token goes beside it; a redirect leads back to the proxy", async () => {
  const service = await openService(async (request, response, caller) => {
    if (request.url === "/base/login") return response.writeHead(302, { location: `${service.url}/base/in?x` }).end();
    response.end(
      JSON.stringify([request.url, request.headers.authorization, request.headers["x-serverless-authorization"].slice(0, 10), caller]),
    );
  });
  const proxy = await openProxy(`${service.url}/base/`, "--audience", service.url, "-v");
  const { text } = await ask(proxy.port, { path: "/x?secret", headers: { authorization: "Basic abc" } });
  assert.deepEqual(JSON.parse(text), ["/base/x?secret", "Basic abc", "Bearer eyJ", key.client_email]);
  const { status, headers } = await ask(proxy.port, { path: "/login", headers: { host: `localhost:${proxy.port}` } });
  assert.deepEqual([status, headers.location], [302, `http://localhost:${proxy.port}/in?x`]);
  for (const path of ["/../x", "/%2e%2e/x", "/a/..%2f..%2fx"]) {
    const { status, text } = await ask(proxy.port, { path });
    assert.deepEqual([status, JSON.parse(text).error.code], [400, "invalid_path"], path);
  }
  const { stderr } = await proxy.end();
  assert.match(stderr, /\nGET \/x 200\nGET \/login 302\n/);
  service.server.close();
});

test("both ways stream: parts arrive before the end", async () => {
  const service = await openService((request, response) => {
    response.write("begun;");
    request.pipe(response);
  });
  const proxy = await openProxy(service.url);
  const asked = send({ port: proxy.port, host: "127.0.0.1", method: "POST", path: "/", agent: false });
  asked.flushHeaders();
  const [answer] = await once(asked, "response");
  answer.setEncoding("utf8");
  const parts = answer[Symbol.asyncIterator]();
  assert.equal((await parts.next()).value, "begun;");
  for (const word of ["one", "two", "three"]) {
    asked.write(word);
    assert.equal((await parts.next()).value, word, "before anything more is sent");
  }
  asked.end();
  assert.equal((await parts.next()).done, true);
  await proxy.end();
  service.server.close();
});

test("a service may answer before it has read what is sent", async () => {
  const service = await openService((_, response) => response.writeHead(413).end("too large"));
  const proxy = await openProxy(service.url);
  const answer = await ask(proxy.port, { method: "PUT", body: Buffer.alloc(3_000_000) });
  assert.deepEqual([answer.status, answer.text], [413, "too large"]);
  assert.equal((await ask(proxy.port)).status, 413, "and the next one");
  await proxy.end();
  service.server.closeAllConnections();
  service.server.close();
});

test("10 MB up and down", async () => {
  const size = 10_000_000;
  const service = await openService(async (request, response) => {
    let [length, sum] = [0, 0];
    for await (const part of request) {
      length += part.length;
      sum += part[0] + part.at(-1);
    }
    response.writeHead(200, { "content-length": size, "x-seen": `${length} ${sum > 0}` });
    response.end(Buffer.alloc(size, "d"));
  });
  const proxy = await openProxy(service.url);
  const body = Buffer.alloc(size, "u");
  for (const headers of [{ "content-length": size }, { "transfer-encoding": "chunked" }]) {
    const answer = await ask(proxy.port, { method: "PUT", body, headers });
    assert.deepEqual([answer.status, answer.headers["x-seen"], answer.headers["content-length"]], [200, `${size} true`, String(size)]);
    assert.equal(answer.text.length, size);
    assert.match(answer.text, /^d+$/);
  }
  await proxy.end();
  service.server.close();
});

test("WebSockets: the handshake carries the token, words come back, and the end is passed on", async () => {
  const service = await openService(echo);
  const sockets = new WebSocketServer({ noServer: true });
  service.server.on("upgrade", async (request, socket, head) => {
    const caller = request.url === "/closed" ? false : await service.authorize(request);
    if (!caller) return socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nx-why: no\r\n\r\nno");
    sockets.handleUpgrade(request, socket, head, (peer) => {
      peer.send(JSON.stringify([request.url, request.headers.origin, request.headers.host, caller]));
      peer.on("message", (data, binary) => (String(data) === "bye" ? peer.close(4000, "bye") : peer.send(data, { binary })));
    });
  });
  const proxy = await openProxy(service.url);
  const origin = `http://127.0.0.1:${proxy.port}`;
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port}/chat?room=1`, { origin });
  const [hello] = await once(client, "message");
  assert.deepEqual(JSON.parse(hello), ["/chat?room=1", origin, new URL(service.url).host, key.client_email]);
  for (const word of ["a", "ä".repeat(70_000)]) {
    client.send(word);
    assert.equal(String((await once(client, "message"))[0]), word);
  }
  client.send("bye");
  const [code, reason] = await once(client, "close");
  assert.deepEqual([code, String(reason)], [4000, "bye"]);

  const leaving = new WebSocket(`ws://127.0.0.1:${proxy.port}/`);
  await once(leaving, "message");
  leaving.terminate();
  await until(
    "no socket of a WebSocket is left at the service",
    async () => sockets.clients.size === 0 && (await service.connections()) === 0,
  );

  const refused = new WebSocket(`ws://127.0.0.1:${proxy.port}/closed`);
  const [, answer] = await once(refused, "unexpected-response");
  assert.deepEqual([answer.statusCode, answer.headers["x-why"]], [403, "no"]);
  refused.on("error", () => {}).terminate();
  const stranger = new WebSocket(`ws://127.0.0.1:${proxy.port}/`, { origin: "https://evil.example" });
  const [, no] = await once(stranger, "unexpected-response");
  assert.equal(no.statusCode, 403);
  stranger.on("error", () => {}).terminate();

  const left = new WebSocket(`ws://127.0.0.1:${proxy.port}/`);
  await once(left, "message");
  const gone = once(left, "close");
  assert.equal((await proxy.end()).code, 0, "a WebSocket does not keep it from ending");
  await gone;
  service.server.close();
});

test("what comes in one piece with either side's handshake is not lost", async () => {
  const service = await openService(echo);
  service.server.on("upgrade", (_, socket, head) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\nfirst;");
    if (head.length > 0) socket.write(head);
    socket.on("data", (data) => socket.write(data));
  });
  const proxy = await openProxy(service.url);
  const client = connect(proxy.port, "127.0.0.1").setEncoding("latin1");
  const lines = ["GET / HTTP/1.1", `Host: 127.0.0.1:${proxy.port}`, "Connection: Upgrade", "Upgrade: websocket", "", "early;"];
  client.write(lines.join("\r\n"));
  let text = "";
  for await (const part of client) if ((text += part).endsWith("early;")) break;
  assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*\r\n\r\nfirst;early;$/);
  await proxy.end();
  service.server.close();
});

test("a request that would be upgraded to anything else is one without it", async () => {
  const service = await openService(echo);
  const proxy = await openProxy(service.url);
  const headers = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABk" };
  const { status, text } = await ask(proxy.port, { path: "/x", headers });
  assert.equal(status, 200);
  const { url, headers: seen } = JSON.parse(text);
  assert.deepEqual([url, seen.includes("upgrade"), seen.includes("http2-settings")], ["/x", false, false]);
  await proxy.end();
  service.server.close();
});

test("a client that goes away mid-way leaves no socket behind, up or down", async () => {
  let begun;
  const service = await openService((request, response) => {
    begun();
    if (request.url === "/down") response.write("first");
    request.on("error", () => {}).resume();
  });
  const proxy = await openProxy(service.url);
  for (const [path, method] of [
    ["/down", "GET"],
    ["/up", "POST"],
    ["/silent", "GET"],
  ]) {
    // prettier-ignore
    const came = new Promise((resolve) => (begun = resolve));
    const asked = send({ port: proxy.port, host: "127.0.0.1", path, method, agent: false });
    asked.on("error", () => {});
    if (method === "POST") asked.write("half of it");
    else asked.end();
    if (path === "/down") await once(asked, "response");
    await came;
    assert.ok((await service.connections()) > 0);
    asked.destroy();
    await until(`no socket is left at the service after ${path}`, async () => (await service.connections()) === 0);
  }
  await proxy.end();
  service.server.close();
});

test("who calls it by another name, or from another site's page, is refused, and the service sees nothing of it", async () => {
  let seen = 0;
  const service = await openService((_, response) => void seen++ || response.end("in"));
  const proxy = await openProxy(service.url, "--allow-origin", "https://app.example");
  const { port } = proxy;
  const tried = async (headers, options = {}) => {
    const { status, text } = await ask(port, { headers: { host: `127.0.0.1:${port}`, ...headers }, ...options });
    return status === 200 ? 200 : [status, JSON.parse(text).error.code];
  };
  for (const host of [
    "evil.example",
    `evil.example:${port}`,
    "127.0.0.1",
    `127.0.0.1:${port + 1}`,
    `127.0.0.1.evil.example:${port}`,
    `localhost.:${port}`,
    `192.168.0.7:${port}`,
  ])
    assert.deepEqual(await tried({ host }), [421, "host_refused"], host);
  for (const origin of [
    "https://evil.example",
    "null",
    `http://127.0.0.1.evil.example:${port}`,
    "http://localhost.evil.example",
    "file://",
  ])
    assert.deepEqual(await tried({ origin }), [403, "origin_refused"], origin);
  assert.deepEqual(await tried({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), [403, "origin_refused"]);
  assert.deepEqual(await tried({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, { method: "POST" }), [
    403,
    "origin_refused",
  ]);
  assert.deepEqual(await tried({}, { path: "http://evil.example/" }), [400, "path_refused"]);
  assert.equal(seen, 0);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
    assert.equal(await tried({ host }), 200, host);
  for (const origin of [`http://127.0.0.1:${port}`, "http://localhost:5173", "https://app.example"])
    assert.equal(await tried({ origin }), 200, origin);
  assert.equal(await tried({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }), 200);
  await proxy.end();
  const everywhere = await openProxy(service.url, "--host", "0.0.0.0", "--allow-host", "build.internal");
  const asked = async (host) => (await ask(everywhere.port, { headers: { host } })).status;
  const from = async (origin) => (await ask(everywhere.port, { headers: { host: "192.168.0.7:80", origin } })).status;
  assert.deepEqual(
    [await from("http://192.168.0.7:80"), await from("http://192.168.0.7:81"), await from("http://10.6.6.6")],
    [200, 403, 403],
  );
  assert.deepEqual([await asked("192.168.0.7:80"), await asked("build.internal:9"), await asked("evil.example")], [200, 200, 421]);
  await everywhere.end();
  service.server.close();
});

test("502 where there is no token, no service, or a broken one; the proxy goes on", async () => {
  let how = (_, response) => response.end("good");
  const service = await openService((request, response) => how(request, response));
  const proxy = await openProxy(service.url);
  how = (request) => request.socket.destroy();
  const broken = await ask(proxy.port, { method: "POST", body: "x" });
  assert.deepEqual([broken.status, JSON.parse(broken.text).error.code], [502, "unreachable"]);
  how = (request, response) => response.writeHead(200, { "content-length": "9" }).write("begu", () => request.socket.destroy());
  await assert.rejects(ask(proxy.port), "a torn answer is torn");
  how = (request) => request.socket.end("HTTP/1.1 200 a\u0001b\r\ncontent-length: 0\r\n\r\n");
  assert.equal((await ask(proxy.port)).status, 502, "an answer that cannot be written again");
  how = (_, response) => response.end("good");
  assert.equal((await ask(proxy.port)).text, "good");
  await proxy.end();
  service.server.close();
  service.server.closeAllConnections();
  const dead = await openProxy(service.url);
  const { status, headers, text } = await ask(dead.port);
  assert.deepEqual([status, headers["content-type"], JSON.parse(text).error.code], [502, "application/json", "unreachable"]);
  await dead.end();

  const lost = start(["proxy", service.url, "--port", "0", "-u", "nobody.json"]);
  const [, port] = await lost.printed(/^http:\S+:(\d+) /m);
  await lost.printed(/warning: there is no token yet: .*log/i);
  const none = await ask(Number(port), { method: "POST", body: "x" });
  assert.deepEqual([none.status, JSON.parse(none.text).error.code], [502, "login_required"]);
  lost.child.kill("SIGTERM");
  assert.equal((await lost.ended).code, 0);
});

test("a token that the service no longer takes is replaced", async () => {
  const service = await openService((_, response) => response.end());
  const tokens = new Set();
  let takes = false;
  service.server.removeAllListeners("request");
  service.server.on("request", ({ headers }, response) => {
    tokens.add(headers.authorization);
    response.writeHead(takes ? 200 : 401).end();
  });
  const proxy = await openProxy(service.url);
  assert.equal((await ask(proxy.port)).status, 401);
  takes = true;
  assert.equal((await ask(proxy.port)).status, 200);
  assert.equal(emulator.log.filter(({ token }) => token?.audience === service.url).length, 2, "exchanges");
  await proxy.end();
  service.server.close();
});

test("Ctrl-C lets what is under way end, and takes nothing new", async () => {
  let finish;
  const service = await openService((_, response) => {
    response.write("begun ");
    finish = () => response.end("done");
  });
  const proxy = await openProxy(service.url);
  const answer = ask(proxy.port);
  await until("the request is there", () => finish);
  proxy.child.kill("SIGINT");
  await until("nobody new is taken", () => new Promise((resolve) => connect(proxy.port, "127.0.0.1").on("error", () => resolve(true)).on("connect", function () { this.destroy(); resolve(false); }))); // prettier-ignore
  finish();
  assert.equal((await answer).text, "begun done");
  assert.equal((await proxy.ended).code, 0);
  service.server.close();
});

test("mistakes", async () => {
  const taken = createServer();
  await new Promise((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const target = "https://orders-abc.a.run.app";
  assert.match(await fails(["proxy", target, "--port", String(taken.address().port)], "port", 1), /is taken\. Choose another with --port/);
  taken.close();
  await fails(["proxy", target, "--port", "x"], "usage", 2);
  await fails(["proxy", target, "--port", "65536"], "usage", 2);
  await fails(["proxy", `${target}/?x=1`], "usage", 2);
  await fails(["proxy", "http://orders.example/"], "invalid_base_url", 2);
  await fails(["proxy"], "usage", 2);
});
