// What confuses deputies: tokens that are somebody else's, for somebody else, or over; and requests that are not what they seem.
import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { customFetch } from "../../pkg/runtime/node.js";
import { claimsOf, EXCHANGE, idpFetch, idToken, ISSUER, openGoogle, policy, SECRET, stand, type } from "./stand.mjs";

const ORDERS = "https://orders.example";
const CLIENT = `worker:${SECRET}`;
const CREDENTIALS = { grant_type: "client_credentials", audience: ORDERS };
const exchange = (ask, token, form = {}) =>
  ask("POST", "/api/token", {
    form: { grant_type: EXCHANGE, subject_token: token, subject_token_type: type("id_token"), audience: ORDERS, ...form },
  });
const part = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

test("an empty policy grants nothing to anybody", async () => {
  const { ask } = await stand({ policy: "" });
  assert.equal((await exchange(ask, idToken())).status, 400);
  assert.equal((await ask("POST", "/api/token", { basic: CLIENT, form: CREDENTIALS })).status, 401);
  assert.equal((await ask("POST", "/api/auth/login", { json: { id_token: idToken() } })).status, 401);
  assert.equal((await ask("GET", "/api/user", { bearer: idToken() })).status, 401);
});

test("tokens for others, of others, and signed otherwise are nobody's, wherever they come", async () => {
  const { ask } = await stand();
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const good = idToken();
  const [head, body, signature] = good.split(".");
  const publicKey = other.publicKey.export({ format: "pem", type: "spki" });
  const hmac = (key) => {
    const input = `${part({ alg: "HS256", kid: "idp" })}.${body}`;
    return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
  };
  const now = Math.floor(Date.now() / 1000);
  for (const [what, token] of Object.entries({
    "another audience": idToken({ aud: "https://other.example" }),
    "another audience among several": idToken({ aud: ["https://other.example", `${ISSUER}/`] }),
    "another issuer": idToken({ iss: "https://evil.example" }),
    "an issuer that begins the same": idToken({ iss: "https://idp.example.evil.example" }),
    "an issuer that is the service": idToken({ iss: ISSUER }),
    "another key": idToken({}, other.privateKey),
    "no signature": `${part({ alg: "none", kid: "idp" })}.${body}.`,
    "none with a signature": `${part({ alg: "none", kid: "idp" })}.${body}.${signature}`,
    "HMAC with the public key": hmac(publicKey),
    over: idToken({ exp: now - 60, iat: now - 120 }),
    "not yet": idToken({ nbf: now + 600 }),
    "changed on the way": `${head}.${part({ ...claimsOf(good), sub: "bob" })}.${signature}`,
    "a megabyte of dots": ".".repeat(60_000),
    "no token": "ada",
  })) {
    const exchanged = await exchange(ask, token);
    assert.deepEqual([exchanged.status, exchanged.body.error, exchanged.body.access_token], [400, "invalid_request", undefined], what);
    assert.equal((await ask("POST", "/api/auth/login", { json: { id_token: token } })).status, 401, what);
    assert.equal((await ask("GET", "/api/user", { bearer: token })).status, 401, what);
  }
});

test("a JWT that the service made for a backend is no key to the service", async () => {
  const { ask } = await stand();
  const login = await ask("POST", "/api/auth/login", { json: { id_token: idToken() } });
  const { access_token, refresh_token } = login.body.data;
  const jwt = (await exchange(ask, access_token, { subject_token_type: type("access_token") })).body.access_token;
  const { sid } = claimsOf(jwt);
  assert.ok(sid, "it names its login");
  for (const kind of ["id_token", "jwt", "access_token"])
    assert.equal((await exchange(ask, jwt, { subject_token_type: type(kind) })).status, 400, kind);
  assert.equal((await ask("GET", "/api/user", { bearer: jwt })).status, 401);
  assert.equal((await ask("DELETE", "/api/auth/revoke", { bearer: jwt })).status, 401);
  assert.equal((await ask("POST", "/api/auth/login", { json: { id_token: jwt } })).status, 401);
  assert.equal((await ask("POST", "/api/auth/login", { json: { id_token: access_token } })).status, 401);
  // Nor does the login's name, which it holds, let anybody end or refresh the login.
  const [, home, id, number, mac] = refresh_token.split(".");
  assert.equal(`${home}.${id}`, sid);
  for (const forged of [
    `cra_rt.${sid}.0.${"A".repeat(43)}`,
    `cra_rt.${sid}.1.${mac}`,
    `cra_rt.${sid}.00.${mac}`,
    `cra_rt.${home}.other.${number}.${mac}`,
  ]) {
    assert.equal((await ask("POST", "/api/auth/refresh", { json: { refresh_token: forged } })).status, 400, forged);
    assert.equal((await ask("POST", "/api/auth/revoke", { form: { token: forged } })).status, 200);
  }
  assert.equal((await ask("GET", "/api/user", { bearer: access_token })).status, 200);
  assert.equal((await ask("POST", "/api/auth/refresh", { json: { refresh_token } })).status, 200);
});

test("what Google made for somebody else is not handed on, nor what is no token", async () => {
  const google = await openGoogle();
  const now = Math.floor(Date.now() / 1000);
  const forged = (claims) => `${part({ alg: "RS256" })}.${part({ exp: now + 3600, ...claims })}.${part("s")}`;
  for (const id_token of [forged({ aud: "https://other.example" }), forged({}), forged({ aud: "https://svc.example", exp: now - 1 })]) {
    const fetch = async (url, init) =>
      new URL(url).pathname === "/token" ? Response.json({ id_token, access_token: "x", expires_in: 3600 }) : idpFetch(url, init);
    const { ask } = await stand({ ...google.options, retry: false, [customFetch]: fetch });
    const { status, body } = await ask("POST", "/api/token", { basic: CLIENT, form: { ...CREDENTIALS, audience: "https://svc.example" } });
    assert.deepEqual([status, body.error, body.access_token], [503, "temporarily_unavailable", undefined], id_token);
  }
});

test("whoever asks too often is told when to come again, and others are not held up", async () => {
  const { ask } = await stand({ policy: (await policy()).replace('client_id = "worker"', 'client_id = "worker"\nrate = "3/minute"') });
  const statuses = [];
  for (let i = 0; i < 5; i++) statuses.push(await ask("POST", "/api/token", { basic: CLIENT, form: CREDENTIALS }));
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [200, 200, 200, 429, 429],
  );
  assert.equal(statuses[3].body.error, "temporarily_unavailable");
  assert.ok(Number(statuses[3].headers.get("retry-after")) >= 1 && Number(statuses[3].headers.get("retry-after")) <= 20);
  assert.equal((await exchange(ask, idToken())).status, 200);
  const wrong = [];
  for (let i = 0; i < 12; i++) wrong.push((await ask("POST", "/api/token", { basic: "worker:no", form: CREDENTIALS })).status);
  assert.equal(wrong[0], 401);
  assert.equal(wrong.at(-1), 429, "each guess costs the service a hash");
});

test("no answer with a token may be kept, and no log, metric or error shows one", async () => {
  const google = await openGoogle();
  const { ask, log } = await stand(google.options);
  const canaries = [SECRET, google.options.credential.private_key.slice(40, 90)];
  const kept = async (response) => {
    const { status, headers, body } = await response;
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(headers.get("cache-control"), "no-store");
    for (const text of JSON.stringify(body).match(/eyJ[\w.-]+|ya29[\w.-]+|cra_rt[\w.-]+/g) ?? []) canaries.push(text);
    return body;
  };
  const id = idToken();
  canaries.push(id);
  const login = await kept(ask("POST", "/api/auth/login", { json: { id_token: id } }));
  await kept(ask("POST", "/api/auth/refresh", { json: { refresh_token: login.data.refresh_token } }));
  await kept(exchange(ask, id));
  await kept(ask("POST", "/api/token", { basic: CLIENT, form: { ...CREDENTIALS, audience: "https://svc.example" } }));
  await kept(
    ask("POST", "/api/token", {
      basic: CLIENT,
      form: { grant_type: "client_credentials", scope: "https://www.googleapis.com/auth/pubsub" },
    }),
  );
  await kept(ask("POST", "/api/auth/introspect", { basic: CLIENT, form: { token: login.data.access_token } }));
  const bad = [
    await exchange(ask, `${id}x`),
    await ask("GET", "/api/user", { bearer: `${login.data.access_token}x` }),
    await ask("POST", "/api/auth/login", { json: { id_token: id, more: "x" } }),
    await ask("POST", "/api/auth/refresh", { json: { refresh_token: login.data.refresh_token } }),
  ].map(({ status, body }) => (assert.ok(status >= 400), JSON.stringify(body)));
  const { body: metrics } = await ask("GET", "/metrics");
  const said = [JSON.stringify(log), metrics, ...bad].join("\n");
  for (const canary of canaries) assert.ok(!said.includes(canary), `a secret is shown: ${canary.slice(0, 10)}…`);
  for (const { jti, sub, aud, event } of log.filter(({ event }) => event === "grant"))
    assert.ok(sub && event && jti !== undefined && aud !== undefined, "each grant has its line");
});

test("headers of proxies change nothing, and none opens what is closed", async () => {
  const { ask } = await stand();
  const headers = {
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    "x-real-ip": "127.0.0.1",
    forwarded: "for=127.0.0.1;host=evil.example",
    "x-health-check": "1",
    "x-original-url": "/api/health",
    "x-http-method-override": "GET",
    host: "evil.example",
  };
  assert.equal((await ask("GET", "/metrics", { headers, peer: "10.0.0.1" })).status, 403);
  assert.equal((await ask("GET", "/api/status", { headers, peer: "10.0.0.1" })).status, 403);
  assert.equal((await ask("GET", "/api/user", { headers })).status, 401);
  const { body } = await ask("GET", "/.well-known/openid-configuration", { headers });
  assert.ok(!JSON.stringify(body).includes("evil"));
  const off = await stand({ metrics: "off" });
  assert.equal((await off.ask("GET", "/metrics")).status, 403);
});

test("what is not understood, comes twice or is too much is refused before anybody is looked at", async () => {
  const { ask, service } = await stand();
  const raw = async (body, headers = {}) => {
    const request = new Request(`${ISSUER}/api/token`, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Basic ${Buffer.from(CLIENT).toString("base64")}`,
        ...headers,
      },
      body,
    });
    const response = await service.fetch(request);
    return [response.status, await response.json()];
  };
  const good = new URLSearchParams(CREDENTIALS).toString();
  assert.equal((await raw(good))[0], 200);
  for (const [body, status, error, headers] of [
    [`${good}&audience=https://other.example`, 400, "invalid_request"],
    [`${good}&resource=https://other.example`, 400, "invalid_request"],
    [`${good}&actor_token=x`, 400, "invalid_request"],
    [`${good}&client_id=worker&client_secret=${encodeURIComponent(SECRET)}`, 400, "invalid_request"],
    [`${good}&client_id=other`, 400, "invalid_request"],
    [`${good}&subject_token=x`, 400, "invalid_request"],
    [`${good}&expires_in=0`, 400, "invalid_request"],
    [`${good}&expires_in=-1`, 400, "invalid_request"],
    [`${good}&expires_in=1e3`, 400, "invalid_request"],
    [`${good}&requested_token_type=saml`, 400, "invalid_request"],
    [`${good}&scope=${encodeURIComponent("a\nb")}`, 400, "invalid_scope"],
    [good.replace("orders", "orders%0d%0aset-cookie"), 400, "invalid_target"],
    [good.replace("orders", "örders"), 400, "invalid_target"],
    [good.replace("client_credentials", "password"), 400, "unsupported_grant_type"],
    ["", 400, "invalid_request"],
    ["audience=x", 400, "invalid_request"],
    [`${good}&x=${"x".repeat(70_000)}`, 413, "invalid_request"],
    [JSON.stringify(CREDENTIALS), 415, "invalid_request", { "content-type": "application/json" }],
    [good, 415, "invalid_request", { "content-type": "text/plain" }],
    [good, 401, "invalid_client", { authorization: "Basic !" }],
    [good, 401, "invalid_client", { authorization: `Bearer ${idToken()}` }],
    [good, 401, "invalid_client", { authorization: `Basic ${Buffer.from("worker:wrong").toString("base64")}` }],
    [good, 401, "invalid_client", { authorization: `Basic ${Buffer.from("nobody:wrong").toString("base64")}` }],
  ]) {
    const [found, answer] = await raw(body, headers);
    assert.deepEqual([found, answer.error], [status, error], `${body.slice(0, 120)} ${JSON.stringify(answer)}`);
    assert.ok(answer.error_description);
  }
  const [status, answer] = await raw(new Uint8Array([0xff, 0xfe, 0x61]));
  assert.deepEqual([status, answer.meta.code], [400, "invalid_request"]);
  const json = async (text) => {
    const { body } = await ask("POST", "/api/auth/login", { json: { id_token: idToken() } });
    const headers = { "content-type": "application/json", authorization: `Bearer ${body.data.access_token}` };
    const response = await service.fetch(new Request(`${ISSUER}/api/echo`, { method: "POST", headers, body: text }));
    return [response.status, await response.json()];
  };
  const [echoed, { data }] = await json('{"__proto__":{"polluted":1},"constructor":1}');
  assert.deepEqual([echoed, Object.keys(data.echo).sort(), {}.polluted], [200, ["__proto__", "constructor"], undefined]);
  for (const text of ["", "[]", "1", "{", `${"[".repeat(100_000)}`, `{"a":${"[".repeat(30_000)}}`, '{"a":1}x']) {
    const [found, { success, meta }] = await json(text);
    assert.deepEqual([found >= 400 && found < 500, success], [true, false], `${text.slice(0, 20)} ${meta.code}`);
  }
});

test("client secrets with any characters, as RFC 6749 has them in the header", async () => {
  const { hashSecret } = await import("../../pkg/runtime/service-node.js");
  const secret = "a secret: with % & = + colon ünd more";
  const { ask } = await stand({ policy: (await policy()).replace(/secret_hash = "[^"]*"/, `secret_hash = "${await hashSecret(secret)}"`) });
  const encoded = (text) => new URLSearchParams({ x: text }).toString().slice(2);
  const { status } = await ask("POST", "/api/token", { basic: `${encoded("worker")}:${encoded(secret)}`, form: CREDENTIALS });
  assert.equal(status, 200);
  assert.equal((await ask("POST", "/api/token", { form: { ...CREDENTIALS, client_id: "worker", client_secret: secret } })).status, 200);
  assert.equal((await ask("POST", "/api/auth/login", { json: { client_id: "worker", client_secret: secret } })).status, 200);
});
