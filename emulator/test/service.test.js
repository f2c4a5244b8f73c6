import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyIdToken } from "../lib/id-token.js";
import { createState } from "../lib/state.js";
import { claimsOf, idToken, rawRequest, sign, start, strangerKey } from "../testing/harness.js";

const SERVERLESS = "x-serverless-authorization";
const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** @param {Response} response */
async function assert401(response, label) {
  assert.equal(response.status, 401, label);
  const expected = 'Bearer error="invalid_token" error_description="The access token could not be verified"';
  assert.equal(response.headers.get("www-authenticate"), expected, label);
  assert.match(response.headers.get("content-type"), /^text\/html/, label);
  assert.match(await response.text(), /<title>401 Unauthorized<\/title>/, label);
}

/** @param {Response} response */
async function assert403(response, label) {
  assert.equal(response.status, 403, label);
  assert.equal(response.headers.get("www-authenticate"), null, label);
  assert.match(response.headers.get("content-type"), /^text\/html/, label);
  assert.match(await response.text(), /<title>403 Forbidden<\/title>/, label);
}

test("a valid token reaches the service, without its signature", async (t) => {
  const world = await start(t);
  const { emulator, url, key, service } = world;
  assert.equal(service.url, `${url}/run/hello`);
  const token = await idToken(world);
  const response = await fetch(`${service.url}/a/b?x=1&x=2`, {
    method: "POST",
    body: "grüße",
    headers: { ...bearer(token), "content-type": "text/plain", "x-mine": "1" },
  });
  assert.equal(response.status, 200);
  const { headers, ...rest } = await response.json();
  assert.deepEqual(rest, {
    service: "hello",
    method: "POST",
    path: "/a/b",
    url: `${url}/run/hello/a/b?x=1&x=2`,
    query: "x=1&x=2",
    body: "grüße",
    bodyBytes: 7,
    caller: key.client_email,
    aud: `${url}/run/hello`,
  });
  assert.equal(headers.authorization, `Bearer ${token.slice(0, token.lastIndexOf("."))}.SIGNATURE_REMOVED_BY_GOOGLE`);
  assert.equal(headers["x-mine"], "1");

  const { service: logged } = emulator.log.at(-1);
  assert.equal(logged.caller, key.client_email);
  assert.equal(logged.aud, `${url}/run/hello`);
  assert.equal(logged.headers.authorization, "Bearer [redacted]");
  assert.equal(logged.headers["x-mine"], "1");
});

test("no token is 403, whatever else is in the header", async (t) => {
  const { service, emulator } = await start(t);
  await assert403(await fetch(service.url), "no header");
  assert.equal(emulator.log[0].outcome, "no token");
  await assert403(await fetch(service.url, { headers: { authorization: "Basic dTpw" } }), "Basic");
  await assert403(await fetch(service.url, { headers: { authorization: "Bearerx" } }), "not quite Bearer");
});

test("a token that does not verify is 401", async (t) => {
  const world = await start(t);
  const { service, key, url, emulator } = world;
  const token = await idToken(world);
  const [header, payload, signature] = token.split(".");
  const stranger = strangerKey();
  const parse = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
  const changed = Buffer.from(JSON.stringify({ ...parse(payload), email: "admin@p" })).toString("base64url");
  for (const [label, bad] of [
    ["nothing", ""],
    ["no JWT", "ya29.opaque"],
    ["cut off", token.slice(0, -20)],
    ["padded", `${token}==`],
    ["signature removed", `${header}.${payload}.SIGNATURE_REMOVED_BY_GOOGLE`],
    ["changed claims", `${header}.${changed}.${signature}`],
    ["another key under a known kid", sign(parse(header), parse(payload), stranger.privatePem)],
    ["the service account's own key", sign({ alg: "RS256", kid: key.private_key_id }, parse(payload), key.private_key)],
    ["alg none", `${sign({ ...parse(header), alg: "none" }, parse(payload), "")}x`],
    ["alg HS256", sign({ ...parse(header), alg: "HS256" }, parse(payload), stranger.publicPem)],
    ["no kid", sign({ alg: "RS256" }, parse(payload), stranger.privatePem)],
  ]) {
    await assert401(await fetch(service.url, { headers: bearer(bad) }), label);
  }
  assert.match(emulator.log.at(-1).outcome, /^the token is not a JWT/);
  assert.equal((await fetch(service.url, { headers: { authorization: `bearer  ${token}` } })).status, 200, "scheme in any case");

  for (const audience of [url, `${url}/run/hello/`, `${url}/run/other`, "https://hello.example"]) {
    await assert401(await fetch(service.url, { headers: bearer(await idToken(world, audience)) }), audience);
    assert.equal(emulator.log.at(-1).outcome, "wrong audience");
  }
});

test("a token expires by the emulator's clock", async (t) => {
  const world = await start(t, { idTokenLifetime: 100 });
  const { service, emulator } = world;
  const headers = bearer(await idToken(world));
  emulator.clock.offset = 98_000;
  assert.equal((await fetch(service.url, { headers })).status, 200);
  emulator.clock.offset = 101_000;
  await assert401(await fetch(service.url, { headers }), "expired");
  assert.equal(emulator.log.at(-1).outcome, "the token has expired");
});

test("issuer and email are checked too", async () => {
  const state = createState({});
  const { kid, privateKey } = await state.signingKeys.current();
  const pem = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(await crypto.subtle.exportKey("pkcs8", privateKey)).toString("base64")}\n-----END PRIVATE KEY-----`;
  const exp = Math.floor(Date.now() / 1000) + 60;
  const good = { iss: "https://accounts.google.com", aud: "a", exp, email: "a@b", email_verified: true };
  const judge = (claims) => verifyIdToken(state, sign({ alg: "RS256", kid }, { ...good, ...claims }, pem), ["a"]);
  assert.ok("claims" in (await judge({})));
  for (const [claims, refused] of [
    [{ iss: "https://evil.example" }, "wrong issuer"],
    [{ iss: undefined }, "wrong issuer"],
    [{ exp: String(exp) }, "the token has expired"],
    [{ exp: undefined }, "the token has expired"],
    [{ aud: ["a"] }, "wrong audience"],
    [{ aud: undefined }, "wrong audience"],
    [{ email: undefined }, "no verified email"],
    [{ email_verified: "true" }, "no verified email"],
  ]) {
    assert.deepEqual(await judge(claims), { refused }, JSON.stringify(claims));
  }
});

test("custom audiences and invokers", async (t) => {
  const world = await start(t);
  const { emulator, key, url } = world;
  const options = { audiences: ["https://api.example"], invokers: [key.client_email] };
  const api = emulator.addService("api", options);
  for (const audience of [api.url, "https://api.example"]) {
    assert.equal((await fetch(api.url, { headers: bearer(await idToken(world, audience)) })).status, 200, audience);
  }
  const stranger = await emulator.createServiceAccountKey({ email: "stranger@p.iam.gserviceaccount.com" });
  const token = await idToken({ url, key: stranger }, "https://api.example");
  await assert403(await fetch(api.url, { headers: bearer(token) }), "not an invoker");
  const { outcome, service } = emulator.log.at(-1);
  assert.equal(outcome, "the caller is not among the invokers");
  assert.equal(service.caller, stranger.client_email);
  await assert401(await fetch(api.url, { headers: bearer(await idToken({ url, key: stranger }, url)) }), "the audience comes first");
});

test("with both headers only X-Serverless-Authorization counts, and Authorization passes as it is", async (t) => {
  const world = await start(t);
  const { emulator } = world;
  const seen = [];
  const app = emulator.addService("app", {
    handler: (request, caller) => {
      seen.push(Object.fromEntries(request.headers), caller.email);
      return new Response("ok");
    },
  });
  const token = await idToken(world, app.url);
  const unsigned = `${token.slice(0, token.lastIndexOf("."))}.SIGNATURE_REMOVED_BY_GOOGLE`;

  await fetch(app.url, { headers: { [SERVERLESS]: `Bearer ${token}`, authorization: "Bearer of.my.own" } });
  assert.equal(seen[0][SERVERLESS], `Bearer ${unsigned}`);
  assert.equal(seen[0].authorization, "Bearer of.my.own");

  await fetch(app.url, { headers: { [SERVERLESS]: `Bearer ${token}`, authorization: `Bearer ${token}` } });
  assert.equal(seen[2].authorization, `Bearer ${token}`);
  assert.equal(seen[2][SERVERLESS], `Bearer ${unsigned}`);

  await fetch(app.url, { headers: { [SERVERLESS]: `Bearer ${token}` } });
  assert.equal(seen[4].authorization, undefined);
  assert.equal(seen.length, 6);

  await assert401(
    await fetch(app.url, { headers: { [SERVERLESS]: "Bearer x.y.z", ...bearer(token) } }),
    "a good one does not save a bad one",
  );
  await assert403(await fetch(app.url, { headers: { [SERVERLESS]: "Basic dTpw", ...bearer(token) } }), "no token where one is looked for");
  assert.equal(seen.length, 6);
});

test("paths and queries arrive exactly as sent", async (t) => {
  const world = await start(t);
  const headers = bearer(await idToken(world));
  for (const tail of ["", "/", "//x", "/a/../b", "/%2e%2e/x", "/a%2Fb", "/a\\b", "/%zz", "/x?", "/x??a=b?c", "/ü".replace("ü", "%C3%BC")]) {
    const { status, body } = await rawRequest(world.url, { path: `/run/hello${tail}`, headers });
    assert.equal(status, 200, tail);
    const { path, query, url } = JSON.parse(body);
    assert.equal(query === "" && !tail.endsWith("?") ? path : `${path}?${query}`, tail);
    assert.equal(url, `${world.url}/run/hello${tail}`);
  }
  const absolute = await rawRequest(world.url, { path: `${world.url}/run/hello/by/proxy?q`, headers });
  assert.equal(JSON.parse(absolute.body).path, "/by/proxy");
  assert.equal((await rawRequest(world.url, { path: "/run/../run/hello", headers })).status, 404);
  assert.equal((await rawRequest(world.url, { path: "//run/hello", headers })).status, 404);
});

test("bodies stream both ways", async (t) => {
  const world = await start(t);
  const service = world.emulator.addService("mirror", { handler: "mirror" });
  const headers = { ...bearer(await idToken(world, service.url)), "content-type": "text/x-steps" };
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const pending = fetch(service.url, { method: "POST", body: readable, duplex: "half", headers });
  await writer.write(Buffer.from("one"));
  const response = await pending;
  assert.equal(response.headers.get("content-type"), "text/x-steps");
  const reader = response.body.getReader();
  assert.equal(Buffer.from((await reader.read()).value).toString(), "one");
  // The answer's first piece is here while the request is still open.
  await writer.write(Buffer.from("two"));
  assert.equal(Buffer.from((await reader.read()).value).toString(), "two");
  await writer.close();
  assert.equal((await reader.read()).done, true);
});

test("handlers: own answers, redirects, failures", async (t) => {
  const world = await start(t);
  const { emulator } = world;
  const answers = [
    () =>
      new Response("x", {
        status: 418,
        headers: [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      }),
    () => Response.redirect("https://else.example/", 307),
    () => new Response(null, { status: 204 }),
    () => {
      throw new Error("oops");
    },
    () => undefined,
  ];
  const service = emulator.addService("own", { handler: () => answers.shift()() });
  const headers = bearer(await idToken(world, service.url));
  const ask = () => fetch(service.url, { headers, redirect: "manual" });

  const teapot = await ask();
  assert.equal(teapot.status, 418);
  assert.deepEqual(teapot.headers.getSetCookie(), ["a=1", "b=2"]);
  const redirect = await ask();
  assert.equal(redirect.status, 307);
  assert.equal(redirect.headers.get("location"), "https://else.example/");
  assert.equal((await ask()).status, 204);
  assert.equal((await ask()).status, 500);
  assert.equal(emulator.log.at(-1).outcome, "the handler failed: oops");
  assert.equal((await ask()).status, 500);
});

test("names, unknown and removed services", async (t) => {
  const world = await start(t);
  const { emulator, url, service } = world;
  for (const name of ["", "Hello", "a/b", "-a", "a-", "a".repeat(50), "a.b"]) {
    assert.throws(() => emulator.addService(name), TypeError, name);
  }
  assert.throws(() => emulator.addService("x", { invokers: "all" }), TypeError);
  assert.throws(() => emulator.addService("x", { audiences: "https://x" }), TypeError);
  assert.throws(() => emulator.addService("x", { handler: "cat" }), TypeError);

  const headers = bearer(await idToken(world));
  assert.equal((await fetch(`${url}/run/nothing`, { headers })).status, 404);
  assert.equal((await fetch(`${url}/run/hellox`, { headers })).status, 404);
  assert.equal((await fetch(service.url, { headers })).status, 200);
  service.remove();
  assert.equal((await fetch(service.url, { headers })).status, 404);
  assert.equal((await fetch(`${url}/elsewhere`)).status, 404);
  assert.equal(emulator.log.at(-1).endpoint, "none");
  assert.equal(claimsOf(headers.authorization).aud, service.url);
});
