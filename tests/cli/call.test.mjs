// cloud-run-auth call: what is sent, what is printed, and with which exit code it ends.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openWorld } from "./world.mjs";

const { emulator, url, folder, key, start, run, fails } = await openWorld();

/** Ends the body of the last slow answer. */
let finish;

/** What the services answer: `/PATH` chooses. The token's own text is left out. */
const handler = async (request, { email }) => {
  const path = new URL(request.url).pathname.split("/").slice(3).join("/");
  const { authorization, "x-serverless-authorization": other, ...headers } = Object.fromEntries(request.headers);
  switch (path) {
    case "bytes":
      return new Response(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    case "slow":
      return new Response(
        new ReadableStream({
          start(into) {
            into.enqueue(Buffer.from("begun"));
            finish = () => into.close();
          },
        }),
      );
    case "moved":
      return new Response(null, { status: 302, headers: { location: "https://elsewhere.example/x" } });
    case "here":
      return new Response(null, { status: 302, headers: { location: "./found" } });
    case "cookie":
      return new Response("", { headers: [["set-cookie", "a=canary-secret"], ["set-cookie", "b=2"]] }); // prettier-ignore
    case "missing":
      return new Response("not here", { status: 404 });
  }
  const body = Buffer.from(await request.arrayBuffer()).toString("latin1");
  const carriers = [authorization?.slice(0, 7), other?.slice(0, 7)];
  return Response.json({ path, query: new URL(request.url).search, method: request.method, headers, body, email, carriers });
};
const service = emulator.addService("orders", { audiences: [url], handler });
const at = (path) => `${service.url}/${path}`;

async function answered(args, how) {
  const { code, stdout, stderr } = await run(["call", ...args], how);
  assert.deepEqual([code, stderr], [0, ""], args.join(" "));
  return JSON.parse(Buffer.from(stdout, "latin1").toString());
}

test("a GET with a token for the URL's origin", async () => {
  const { path, query, method, headers, body, email, carriers } = await answered([at("list?page=2#top")]);
  assert.deepEqual([path, query, method, body], ["list", "?page=2", "GET", ""]);
  assert.deepEqual([email, carriers], [key.client_email, ["Bearer ", null]]);
  assert.match(headers["user-agent"], /^cloud-run-auth/);
});

test("another audience, or an access token by scopes", async () => {
  const own = emulator.addService("custom", { audiences: ["https://custom.example"], handler });
  assert.equal((await answered([own.url, "--audience", "https://custom.example"])).email, key.client_email);
  emulator.addBucket("cups");
  const listed = await run([
    "call",
    `${url}/storage/v1/b/cups/o`,
    "--scopes",
    "https://www.googleapis.com/auth/devstorage.read_write",
    "-f",
  ]);
  assert.deepEqual([listed.code, JSON.parse(listed.stdout).kind], [0, "storage#objects"]);
  await fails(["call", at(""), "--audience", "a", "--scopes", "b"], "usage", 2);
});

test("data, from the command line, files and standard input, as curl sends it", async () => {
  const file = join(folder, "data.txt");
  writeFileSync(file, "a\r\nb\0c\n");
  const form = "application/x-www-form-urlencoded";
  const sent = async (...args) => {
    const { method, headers, body } = await answered([at("x"), ...args], { input: "in\nput" });
    return [method, headers["content-type"], body];
  };
  assert.deepEqual(await sent("-d", "a=1"), ["POST", form, "a=1"]);
  assert.deepEqual(await sent("-d", "a=1", "--data", `@${file}`, "--data-raw", "@x", "-d", "-1"), ["POST", form, "a=1&abc&@x&-1"]);
  assert.deepEqual(await sent("--data-binary", `@${file}`, "-X", "PUT"), ["PUT", form, "a\r\nb\0c\n"]);
  assert.deepEqual(await sent("-d", "@-"), ["POST", form, "input"]);
  assert.deepEqual(await sent("--data-binary", "@-", "-H", "Content-Type: text/plain"), ["POST", "text/plain", "in\nput"]);
  assert.deepEqual(await sent("--json", '{"a":', "--json", "1}"), ["POST", "application/json", '{"a":1}']);
  assert.deepEqual(await sent("-XPATCH", "-d", "ä"), ["PATCH", form, Buffer.from("ä").toString("latin1")]);
  assert.deepEqual(await sent("-X", "DELETE"), ["DELETE", undefined, ""]);
  await fails(["call", at("x"), "--json", "{}", "-d", "a"], "usage", 2);
  await fails(["call", at("x"), "-X", "GET", "-d", "a"], "usage", 2);
  await fails(["call", at("x"), "-d", "@nowhere"], "unreadable", 1);
});

test("headers: own ones replace the usual, and Authorization is the caller's", async () => {
  const file = join(folder, "headers.txt");
  writeFileSync(file, "X-File: 1\nX-Two: a\n");
  const { headers, carriers, email } = await answered([
    ...[at("x"), "-H", "Accept: text/csv", "-H", "X-Two: b", "-H", "X-Empty;", "-H", `@${file}`],
    ...["-H", "Authorization: Basic canary-secret", "--json", "1", "-H", "User-Agent: mine"],
  ]);
  assert.deepEqual([headers.accept, headers["x-two"], headers["x-empty"], headers["x-file"]], ["text/csv", "b, a", "", "1"]);
  assert.deepEqual([carriers, email, headers["user-agent"]], [["Basic c", "Bearer "], key.client_email, "mine"]);
  for (const line of ["canary-secret", "A B: canary-secret", "X: canary-\nsecret", "X;canary-secret"])
    assert.doesNotMatch(await fails(["call", at("x"), "-H", line], "usage", 2), /canary/);
});

test("bodies byte by byte, to standard output and to a file", async () => {
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  assert.equal((await run(["call", at("bytes")])).stdout, bytes);
  const file = join(folder, "out.bin");
  assert.deepEqual(await run(["call", at("bytes"), "-o", file]), { code: 0, signal: null, stdout: "", stderr: "" });
  assert.equal(readFileSync(file, "latin1"), bytes);
  await fails(["call", at("bytes"), "-o", join(folder, "no/such/folder")], "unwritable", 1);
});

test("a body is printed while it comes, and --max-time ends what does not", async () => {
  const { ended, printed } = start(["call", at("slow")]);
  await printed(/^begun$/, "stdout");
  finish();
  assert.equal((await ended).code, 0);
  const { code, stderr } = await run(["call", at("slow"), "--max-time", "1.5"]);
  assert.equal(code, 28);
  assert.match(stderr, /^error: it took longer than --max-time allows\. \[timeout\]\n$/);
  emulator.addFault({ endpoint: "service", hang: true, times: 1 });
  await fails(["call", at("x"), "--max-time", "0.5"], "timeout", 28);
  await fails(["call", at("x"), "--max-time", "soon"], "usage", 2);
});

test("-i prints the answer's head, with all that it says", async () => {
  const { stdout } = await run(["call", at("cookie"), "-i"]);
  assert.match(stdout, /^HTTP\/1\.1 200 OK\r\n(.+\r\n)+\r\n$/);
  assert.match(stdout, /\r\nset-cookie: a=canary-secret\r\nset-cookie: b=2\r\n/);
});

test("-i says how long a body is, unless that is of its encoding: what is printed is decoded", async () => {
  const plain = createServer((_, response) => response.writeHead(200, { "content-length": "5" }).end("plain"));
  const packed = createServer((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("unpacked")));
  const printed = [];
  for (const server of [plain, packed]) {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    printed.push((await run(["call", "-i", `http://127.0.0.1:${server.address().port}/`])).stdout);
    server.close();
  }
  assert.match(printed[0], /\r\ncontent-length: 5\r\n[^]*\r\n\r\nplain$/);
  assert.match(printed[1], /\r\n\r\nunpacked$/);
  assert.doesNotMatch(printed[1], /content-encoding|content-length/);
});

test("-v tells what is sent and answered, and no token, cookie or key", async () => {
  const secret = "canary-secret";
  const { code, stderr } = await run(["call", at("cookie?q=1"), "-v", "-H", `X-Api-Key: ${secret}`, "-H", `Authorization: ${secret}`]);
  assert.equal(code, 0);
  const { pathname, host } = new URL(at("cookie"));
  assert.match(stderr, new RegExp(`^\\* POST ${url}/token: 200\\n> GET ${pathname}\\?q=1 HTTP/1\\.1\\n> host: ${host}\\n`));
  assert.match(stderr, /\n> authorization: \[redacted\]\n/);
  assert.match(stderr, /\n> x-serverless-authorization: Bearer \[redacted\]\n/);
  assert.match(stderr, /\n> x-api-key: \[redacted\]\n/);
  assert.match(stderr, /\n< HTTP\/1\.1 200 OK\n(< .+\n)+<\n$/);
  assert.doesNotMatch(stderr, /canary/);
});

test("--fail ends with 22 and without a body; without it a 404 is an answer", async () => {
  assert.deepEqual(await run(["call", at("missing")]), { code: 0, signal: null, stdout: "not here", stderr: "" });
  const file = join(folder, "never.txt");
  const stderr = await fails(["call", at("missing"), "-f", "-o", file], "http_status", 22);
  assert.match(stderr, /the service answered 404 Not Found\./);
  assert.ok(!existsSync(file));
  const closed = emulator.addService("closed", { audiences: [url], invokers: ["somebody@else.example"] });
  assert.match(await fails(["call", closed.url, "--fail"], "http_status", 22), /403 Forbidden\. .*roles\/run\.invoker/);
  const other = emulator.addService("other");
  assert.match(await fails(["call", other.url, "--fail"], "http_status", 22), /401 Unauthorized\. .*--audience/);
});

test("-s prints no error, -sS does", async () => {
  assert.deepEqual(await run(["call", at("missing"), "-sf"]), { code: 22, signal: null, stdout: "", stderr: "" });
  await fails(["call", at("missing"), "-fsS"], "http_status", 22);
});

test("redirects within the origin are followed, others printed, and -L is refused", async () => {
  assert.equal((await answered([at("here")])).path, "found");
  const { code, stdout } = await run(["call", at("moved"), "-i"]);
  assert.equal(code, 0);
  assert.match(stdout, /^HTTP\/1\.1 302 Found\r\n[^]*location: https:\/\/elsewhere\.example\/x\r\n/);
  assert.match(await fails(["call", at("x"), "-L"], "usage", 2), /must not leave the origin/);
});

test("what is no URL of a service, or a broken one", async () => {
  for (const bad of ["orders.a.run.app", "ftp://x/", "https://", "https://ada:canary@svc.example/"])
    assert.doesNotMatch(await fails(["call", bad], "usage", 2), /canary/);
  await fails(["call", "http://orders.a.run.app/"], "invalid_base_url", 2);
  await fails(["call", "-X", "TRACE", at("x")], "usage", 2);
  await fails(["call"], "usage", 2);
  const torn = createServer((_, response) => response.writeHead(200, { "content-length": "9" }).end("begu", () => response.destroy()));
  await new Promise((resolve) => torn.listen(0, "127.0.0.1", resolve));
  const { code, stderr } = await run(["call", `http://127.0.0.1:${torn.address().port}/`]);
  assert.equal(code, 1);
  assert.match(stderr, /did not answer to the end .*\[unreachable\]\n$/);
  await new Promise((resolve) => torn.close(resolve));
  await fails(["call", `http://127.0.0.1:${torn.address?.()?.port ?? 1}/`], "unreachable", 1);
});
