// The token service as those meet it who want what is not theirs. What hardening asks of it, line by line.
import assert from "node:assert/strict";
import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { after, test } from "node:test";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { customFetch } from "../../pkg/runtime/node.js";
import { claimsOf, EXCHANGE, IDP, idpFetch, idToken, ISSUER, policy, SEAL, SECRET, stand as plainStand, type } from "./stand.mjs";

const ORDERS = "https://orders.example";
const PUBSUB = "https://www.googleapis.com/auth/pubsub";
const BASIC = `worker:${encodeURIComponent(SECRET)}`;

const emulator = createEmulator();
const server = await serve(emulator);
after(() => server.close());
const credential = await emulator.createServiceAccountKey();
const google = { credential, endpoints: server.url };

/** Every service that was asked, every refusal, and every secret that was in use: none of these is in any of what those say. */
const stands = [];
const refusals = [];
const canaries = new Set([SECRET, encodeURIComponent(SECRET), SEAL, Buffer.from(BASIC).toString("base64")]);
const secretMembers = ["access_token", "refresh_token"];
const noticed = (text) => {
  if (typeof text === "string" && text.length > 20 && /^[\w-]+(\.[\w-]*){2,}$/.test(text)) canaries.add(text).add(text.split(".").at(-1));
};

async function stand(options = {}) {
  const made = await plainStand(options);
  const ask = async (method, path, how = {}) => {
    for (const value of [how.bearer, ...Object.values(how.form ?? {}), ...Object.values(how.json ?? {})]) noticed(value);
    const answer = await made.ask(method, path, how);
    const { body, status } = answer;
    if (status !== 200) refusals.push(JSON.stringify(body));
    for (const name of secretMembers) for (const part of [body, body?.data]) noticed(part?.[name]);
    return answer;
  };
  stands.push(made);
  return { ...made, ask };
}

const login = async (ask, json = { client_id: "worker", client_secret: SECRET }) =>
  (await ask("POST", "/api/auth/login", { json })).body.data;
const refresh = (ask, refresh_token) => ask("POST", "/api/auth/refresh", { json: { refresh_token } });
const exchange = (ask, subject_token, kind, more = { audience: ORDERS }) =>
  ask("POST", "/api/token", { form: { grant_type: EXCHANGE, subject_token, subject_token_type: type(kind), ...more } });
const byClient = (ask, more, how = { basic: BASIC }) =>
  ask("POST", "/api/token", { form: { grant_type: "client_credentials", ...more }, ...how });
const isActive = async (ask, token) => (await ask("POST", "/api/auth/introspect", { form: { token }, basic: BASIC })).body.active;
const user = async (ask, bearer) => (await ask("GET", "/api/user", { bearer })).status;

/** Everywhere a caller's token is taken. The statuses of what was answered, and never a token. */
async function triedEverywhere(ask, token, more = {}) {
  const answers = [
    ...["id_token", "jwt", "access_token"].map((kind) => exchange(ask, token, kind, { audience: ORDERS, ...more })),
    ask("POST", "/api/auth/login", { json: { id_token: token } }),
    ask("GET", "/api/user", { bearer: token }),
    ask("POST", "/api/echo", { bearer: token, json: {} }),
    ask("DELETE", "/api/auth/revoke", { bearer: token }),
    ask("POST", "/api/auth/introspect", { bearer: token, form: { token } }),
    refresh(ask, token),
  ];
  return (await Promise.all(answers)).map(({ status, body }) => {
    assert.ok(!body.access_token && !body.data?.access_token, JSON.stringify(body));
    return status;
  });
}
const REFUSED = [400, 400, 400, 401, 401, 401, 401, 401, 400];

test("whatever the policy does not grant is refused: with an empty one, everything", async () => {
  const { ask } = await stand({ policy: "" });
  assert.deepEqual(await triedEverywhere(ask, idToken()), REFUSED);
  assert.equal((await byClient(ask, { audience: ORDERS })).status, 401);
  assert.equal((await ask("POST", "/api/auth/login", { json: { client_id: "worker", client_secret: SECRET } })).status, 401);
  // Who is known, and granted nothing.
  const known = await stand({ policy: `[callers.ada]\nissuer = "${IDP}"\nclaims.sub = "ada"` });
  for (const more of [{ audience: ORDERS }, { audience: ISSUER }, { scope: PUBSUB }]) {
    const { status, body } = await exchange(known.ask, idToken(), "id_token", more);
    assert.deepEqual([status, body.error], [400, "invalid_target"]);
  }
  assert.deepEqual((await known.ask("GET", "/api/user", { bearer: idToken() })).body.data.grants, []);
});

test("a token that is not for this service, not of that issuer, or not signed by its key is nobody's", async () => {
  const { ask } = await stand();
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: IDP, aud: ISSUER, sub: "ada", iat: now, exp: now + 600 };
  const [jwk] = (await (await idpFetch(`${IDP}/keys`)).json()).keys;
  const spki = createPublicKey({ key: jwk, format: "jwk" });
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const es256 = (header, key = other.privateKey) => {
    const input = `${part(header)}.${part(claims)}`;
    return `${input}.${sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  };
  const hs256 = (key) => {
    const input = `${part({ alg: "HS256", kid: "idp" })}.${part(claims)}`;
    return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
  };
  const good = idToken();
  const [header, payload, signature] = good.split(".");
  const bad = {
    "for another": idToken({ aud: ORDERS }),
    "for another, in a list": idToken({ aud: [ORDERS, "https://tokens.example.evil.example"] }),
    "for us with a slash": idToken({ aud: `${ISSUER}/` }),
    "for nobody": idToken({ aud: undefined }),
    "of another issuer": idToken({ iss: "https://evil.example" }),
    "of an issuer with a slash": idToken({ iss: `${IDP}/` }),
    "of no issuer": idToken({ iss: undefined }),
    "of us, by their key": idToken({ iss: ISSUER }),
    "alg none": `${part({ alg: "none" })}.${part(claims)}.`,
    "alg None": `${part({ alg: "None", kid: "idp" })}.${part(claims)}.`,
    "alg none with a signature": `${part({ alg: "none", kid: "idp" })}.${payload}.${signature}`,
    "HS256 with the public key as PEM": hs256(spki.export({ type: "spki", format: "pem" })),
    "HS256 with the public key as DER": hs256(spki.export({ type: "spki", format: "der" })),
    "HS256 with the public key as a JWK": hs256(JSON.stringify(jwk)),
    "HS256 with an empty key": hs256(""),
    "another's key": es256({ alg: "ES256", kid: "idp" }),
    "its own key in the header": es256({ alg: "ES256", kid: "idp", jwk: other.publicKey.export({ format: "jwk" }) }),
    "its own key at a URL": es256({ alg: "ES256", kid: "idp", jku: "https://evil.example/keys" }),
    "a key that there is not": es256({ alg: "ES256", kid: "../keys" }),
    "an RSA key as ES256": `${part({ alg: "ES256", kid: "idp" })}.${payload}.${sign("sha256", Buffer.from("x"), rsa.privateKey).toString("base64url")}`,
    "no signature": `${header}.${payload}.`,
    "a signature of zeros": `${header}.${payload}.${Buffer.alloc(64).toString("base64url")}`,
    "other claims": `${header}.${part({ ...claims, sub: "root" })}.${signature}`,
    "a fourth part": `${good}.${signature}`,
    over: idToken({ iat: now - 1000, exp: now - 100 }),
    "not yet": idToken({ iat: now + 500, exp: now + 900 }),
    "good for a month": idToken({ exp: now + 30 * 86_400 }),
    "without an end": idToken({ exp: undefined }),
    "an access token by its type": es256({ alg: "ES256", kid: "idp", typ: "at+jwt" }),
  };
  for (const [name, token] of Object.entries(bad)) {
    const statuses = await triedEverywhere(ask, token);
    assert.ok(
      statuses.every((status) => status === 400 || status === 401),
      `${name}: ${statuses}`,
    );
  }
  assert.equal((await exchange(ask, good, "id_token")).status, 200, "so that it is the token, and not the question");
});

test("what the service signed for a backend is nothing to the service: no subject, no bearer, no login", async () => {
  const itself = `[callers.self]\nissuer = "${ISSUER}"\nclaims.sub = "ada"\n[[grants]]\nto = ["ada", "self"]\njwt_for = ["${ISSUER}"]\n`;
  const { ask } = await stand({ policy: await policy(itself) });
  for (const audience of [ORDERS, ISSUER]) {
    const { body } = await exchange(ask, idToken(), "id_token", { audience });
    assert.equal(claimsOf(body.access_token).aud, audience);
    assert.deepEqual(await triedEverywhere(ask, body.access_token, { audience }), REFUSED, audience);
    assert.equal(await isActive(ask, body.access_token), true);
  }
  const { access_token } = await login(ask);
  assert.equal((await ask("POST", "/api/auth/login", { json: { id_token: access_token } })).status, 401, "an access token is no ID token");
  for (const kind of ["id_token", "jwt"]) assert.equal((await exchange(ask, access_token, kind)).status, 400, kind);
  const [header, , signature] = access_token.split(".");
  const forged = `${header}.${Buffer.from(JSON.stringify({ ...claimsOf(access_token), sid: "a.b" })).toString("base64url")}.${signature}`;
  assert.deepEqual(await triedEverywhere(ask, forged), REFUSED);
});

test("a login that has ended takes its tokens along, and no other login", async () => {
  const ends = {
    "DELETE by its access token": (ask, { access_token }) => ask("DELETE", "/api/auth/revoke", { bearer: access_token }),
    "POST of its access token": (ask, { access_token }) => ask("POST", "/api/auth/revoke", { form: { token: access_token } }),
    "POST of its refresh token": (ask, { refresh_token }) => ask("POST", "/api/auth/revoke", { form: { token: refresh_token } }),
  };
  for (const [name, end] of Object.entries(ends)) {
    const { ask } = await stand();
    const [mine, other] = [await login(ask), await login(ask)];
    const jwt = (await exchange(ask, mine.access_token, "access_token")).body.access_token;
    assert.deepEqual([await isActive(ask, jwt), await isActive(ask, mine.access_token)], [true, true]);
    assert.equal((await end(ask, mine)).status, 200, name);
    for (let times = 0; times < 2; times++) assert.deepEqual(await triedEverywhere(ask, mine.access_token), REFUSED, name);
    assert.equal((await refresh(ask, mine.refresh_token)).status, 400, name);
    for (const token of [jwt, mine.access_token, mine.refresh_token]) assert.equal(await isActive(ask, token), false, name);
    assert.deepEqual([await user(ask, other.access_token), (await refresh(ask, other.refresh_token)).status], [200, 200], name);
  }
});

test("a refresh token that comes again ends its login, also the newest token of it; and no other login", async () => {
  const { ask } = await stand();
  const [first, other] = [await login(ask), await login(ask)];
  const second = (await refresh(ask, first.refresh_token)).body.data;
  const third = (await refresh(ask, second.refresh_token)).body.data;
  const { status, body } = await refresh(ask, first.refresh_token);
  assert.deepEqual([status, body.meta.code], [400, "invalid_grant"]);
  assert.match(body.message, /used before/);
  for (const { refresh_token } of [first, second, third]) assert.equal((await refresh(ask, refresh_token)).status, 400);
  for (const { access_token } of [first, second, third]) assert.equal(await user(ask, access_token), 401);
  assert.deepEqual([await user(ask, other.access_token), (await refresh(ask, other.refresh_token)).status], [200, 200]);
});

test("of one refresh token that comes twenty times at once one gets the next, and then it is over for all", async () => {
  const { ask } = await stand();
  const { refresh_token } = await login(ask);
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(ask, refresh_token)));
  const won = answers.filter(({ status }) => status === 200);
  assert.ok(won.length <= 1 && answers.every(({ status }) => [200, 400, 503].includes(status)), answers.map(({ status }) => status).join());
  for (const { body } of won) {
    assert.equal((await refresh(ask, body.data.refresh_token)).status, 400);
    assert.equal(await user(ask, body.data.access_token), 401);
  }
});

test("made-up refresh tokens are refused, and end nothing", async () => {
  const { ask } = await stand();
  const [mine, other] = [await login(ask), await login(ask)];
  const next = (await refresh(ask, mine.refresh_token)).body.data;
  const [begin, home, id, number, mac] = next.refresh_token.split(".");
  const [, , otherId, , otherMac] = other.refresh_token.split(".");
  const oldMac = mine.refresh_token.split(".").at(-1);
  const flipped = (mac[0] === "A" ? "B" : "A") + mac.slice(1);
  const made = [
    [begin, home, id, number, flipped],
    [begin, home, id, number, mac.slice(0, -1)],
    [begin, home, id, number, `${mac}A`],
    [begin, home, id, number, mac.toLowerCase()],
    [begin, home, id, "0", mac],
    [begin, home, id, "2", mac],
    [begin, home, id, "2", oldMac],
    [begin, home, id, "01", mac],
    [begin, home, id, "+1", mac],
    [begin, home, id, "1e0", mac],
    [begin, home, id, "18446744073709551616", mac],
    [begin, home, id, "18446744073709551615", mac],
    [begin, home, otherId, number, mac],
    [begin, home, id, number, otherMac],
    [begin, home, otherId, "0", mac],
    [begin, "../keys", id, number, mac],
    [begin, `${home}/../denied`, id, number, mac],
    [begin, "A".repeat(65), id, number, mac],
    [begin, home, "", number, mac],
    [begin, home, id, number, mac, ""],
    ["CRA_RT", home, id, number, mac],
    [begin, home, id, number],
    [` ${begin}`, home, id, number, mac],
    [begin, home, id, number, `${mac} `],
    [begin, home, id, number, `${mac}\u0000`],
  ].map((parts) => parts.join("."));
  for (const token of [...made, "x", "cra_rt.", "cra_rt", "null", "cra_rt....", "😀"]) {
    assert.equal((await refresh(ask, token)).status, 400, token);
    const revoked = await ask("POST", "/api/auth/revoke", { form: { token } });
    assert.deepEqual([revoked.status, revoked.body], [200, {}], token);
    assert.equal(await isActive(ask, token), false, token);
  }
  assert.equal(await isActive(ask, next.refresh_token), true);
  assert.deepEqual([(await refresh(ask, next.refresh_token)).status, (await refresh(ask, other.refresh_token)).status], [200, 200]);
});

test("a backend that was sent a JWT can end that JWT, and neither end nor go on with its caller's login", async () => {
  const { ask } = await stand();
  const mine = await login(ask);
  const [jwt, sibling] = [
    (await exchange(ask, mine.access_token, "access_token")).body.access_token,
    (await exchange(ask, mine.access_token, "access_token")).body.access_token,
  ];
  const { sid } = claimsOf(jwt);
  assert.deepEqual(await triedEverywhere(ask, jwt), REFUSED);
  for (const token of [jwt, sid, `cra_rt.${sid}.0.${"A".repeat(43)}`]) {
    assert.equal((await ask("POST", "/api/auth/revoke", { form: { token } })).status, 200);
    assert.equal((await refresh(ask, token)).status, 400);
  }
  assert.equal(await isActive(ask, jwt), false, "what it was sent has ended");
  assert.equal(await isActive(ask, sibling), true);
  assert.equal(await user(ask, mine.access_token), 200);
  assert.equal((await refresh(ask, mine.refresh_token)).status, 200);
  // The same of one that was had without a login.
  const single = (await exchange(ask, idToken(), "id_token")).body.access_token;
  await ask("POST", "/api/auth/revoke", { form: { token: single } });
  assert.equal(await isActive(ask, single), false);
});

test("an ID token that Google made for somebody else is handed to nobody", async () => {
  const elsewhere = (aud) => idToken({ aud, iss: "https://accounts.google.com" });
  const swapped = (made) => async (url, init) => {
    const response = await idpFetch(url, init);
    return new URL(url).pathname.endsWith("/token") ? Response.json({ ...(await response.json()), id_token: made }) : response;
  };
  for (const made of [
    elsewhere("https://other.example"),
    elsewhere(["https://other.example"]),
    elsewhere("https://svc.example/"),
    elsewhere(undefined),
    "a.b.c",
    "opaque",
  ]) {
    const { ask } = await stand({ ...google, [customFetch]: swapped(made), retry: false });
    const { status, body, headers } = await byClient(ask, { audience: "https://svc.example", requested_token_type: type("id_token") });
    assert.deepEqual([status, body.access_token, headers.get("retry-after")], [503, undefined, "5"], made);
    const called = await stand({ credential: async () => made });
    assert.equal((await byClient(called.ask, { audience: "https://svc.example" })).status, 503, `${made}, by a function`);
  }
  const { ask } = await stand(google);
  const { status, body } = await byClient(ask, { audience: "https://svc.example" });
  assert.deepEqual([status, claimsOf(body.access_token).aud], [200, "https://svc.example"]);
});

const door = `\n[metadata]\ncaller = "worker"\nemail = "worker@p.iam.gserviceaccount.com"\nproject_id = "p"\n`;
const flavor = { "metadata-flavor": "Google" };
const account = "/computeMetadata/v1/instance/service-accounts/default";

test("no answer with a token in it may be kept by anybody, nor any refusal", async () => {
  const { ask } = await stand({ ...google, policy: await policy(door), metadata: "open" });
  const host = { ...flavor, host: "metadata.google.internal" };
  const first = await ask("POST", "/api/auth/login", { json: { client_id: "worker", client_secret: SECRET } });
  const next = await refresh(ask, first.body.data.refresh_token);
  const answers = [
    first,
    next,
    await byClient(ask, { audience: ORDERS }),
    await byClient(ask, { audience: "https://svc.example" }),
    await byClient(ask, { scope: PUBSUB }),
    await ask("GET", `${account}/identity?audience=https://svc.example`, { headers: host }),
    await ask("GET", `${account}/token`, { headers: host }),
    await ask("POST", "/api/auth/introspect", { form: { token: next.body.data.access_token }, basic: BASIC }),
    await ask("GET", "/api/user", { bearer: next.body.data.access_token }),
    await ask("POST", "/api/echo", { bearer: next.body.data.access_token, json: { a: 1 } }),
  ];
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  const refused = [
    await refresh(ask, "x"),
    await byClient(ask, { audience: "https://other.example" }),
    await exchange(ask, "x", "id_token"),
    await ask("GET", "/api/user"),
    await ask("GET", `${account}/token`, { headers: { host: "evil.example" } }),
    await ask("PUT", "/api/token"),
    await ask("GET", "/nowhere"),
  ];
  for (const { headers, status, body } of [...answers, ...refused]) {
    assert.equal(headers.get("cache-control"), "no-store", `${status} ${JSON.stringify(body).slice(0, 80)}`);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
  for (const { headers } of answers.slice(2, 5)) assert.equal(headers.get("pragma"), "no-cache");
});

test("who asks too often is told when to come again, and nobody else is", async () => {
  const limited = (await policy()).replace("[callers.ada]", '[callers.ada]\nrate = "3/minute"');
  const { ask, log } = await stand({ policy: limited });
  const as = () => exchange(ask, idToken(), "id_token").then(({ status, headers }) => [status, Number(headers.get("retry-after"))]);
  for (let times = 0; times < 3; times++) assert.deepEqual(await as(), [200, 0]);
  for (let times = 0; times < 3; times++) {
    const [status, seconds] = await as();
    assert.equal(status, 429);
    assert.ok(seconds >= 1 && seconds <= 60, `${seconds} s`);
  }
  // By whichever way, and wherever he says that he is.
  for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"]) {
    const { status } = await ask("GET", "/api/user", { bearer: idToken(), headers: { [name]: "for=9.9.9.9" }, peer: "9.9.9.9" });
    assert.equal(status, 429, name);
  }
  assert.equal((await ask("POST", "/api/auth/login", { json: { id_token: idToken() } })).status, 429);
  assert.equal((await byClient(ask, { audience: ORDERS })).status, 200, "another caller");
  assert.equal(log.filter(({ event }) => event === "grant").length, 4);
  // Secrets of a client that are wrong; the service that knows the right one goes on with it.
  const guesses = await Promise.all(
    Array.from({ length: 15 }, (_, n) => byClient(ask, { audience: ORDERS }, { basic: `worker:wrong-${n}` })),
  );
  const statuses = guesses.map(({ status }) => status);
  assert.ok(statuses.includes(429) && statuses.every((status) => status === 401 || status === 429), statuses.join());
  assert.ok(guesses.filter(({ status }) => status === 429).every(({ headers }) => Number(headers.get("retry-after")) >= 1));
  assert.equal((await byClient(ask, { audience: ORDERS })).status, 200);
});

test("each grant and each refusal has its line in the log: who, for whom, and which token, but never the token", async () => {
  const { ask, log } = await stand(google);
  const jwt = (await exchange(ask, idToken({ sub: "ada" }), "id_token", { audience: ORDERS, scope: "orders.read" })).body.access_token;
  await exchange(ask, idToken(), "id_token", { audience: "https://other.example" });
  await byClient(ask, { scope: PUBSUB });
  const { sub, jti } = claimsOf(jwt);
  const [granted, refused, access] = log;
  assert.deepEqual(
    [granted.event, granted.sub, granted.caller, granted.aud, granted.scope, granted.jti, granted.kind, granted.ttl],
    ["grant", `${IDP} ada`, sub, ORDERS, "orders.read", jti, "jwt", 300],
  );
  assert.ok(jti.length > 20 && granted.request_id && granted.time && granted.line > 0);
  assert.deepEqual(
    [refused.event, refused.severity, refused.aud, refused.reason],
    ["refusal", "WARNING", "https://other.example", "audience"],
  );
  assert.deepEqual([access.event, access.kind, access.scope, access.sub], ["grant", "access_token", PUBSUB, "client worker"]);
  const { access_token } = await login(ask);
  await ask("DELETE", "/api/auth/revoke", { bearer: access_token });
  assert.deepEqual(
    log.slice(3).map(({ event, sid }) => [event, sid]),
    ["login", "revoke"].map((event) => [event, claimsOf(access_token).sid]),
  );
});

test("what a proxy says in headers changes nothing", async () => {
  const { ask } = await stand({ policy: await policy(door), metadata: "loopback" });
  const lies = {
    ...{
      "x-forwarded-for": "127.0.0.1",
      forwarded: "for=127.0.0.1;host=localhost;proto=https",
      "x-real-ip": "127.0.0.1",
      "x-forwarded-host": "evil.example",
    },
    ...{ "x-forwarded-proto": "http", "x-forwarded-prefix": "/api/health", "x-original-url": "/api/health", "x-rewrite-url": "/metrics" },
    ...{
      "x-http-method-override": "GET",
      "x-client-ip": "127.0.0.1",
      "x-forwarded-user": "ada",
      "x-authenticated-user": "ada",
      host: "localhost",
    },
    ...{ "x-goog-authenticated-user-email": "accounts.google.com:ada@example.com", "x-goog-iap-jwt-assertion": idToken() },
  };
  for (const headers of [{}, lies]) {
    for (const path of ["/metrics", "/api/status"]) {
      assert.equal((await ask("GET", path, { headers, peer: "203.0.113.9" })).status, 403, path);
      assert.equal((await ask("GET", path, { headers, peer: "" })).status, 403, path);
      assert.equal((await ask("GET", path, { headers, peer: "127.0.0.1" })).status, 200, path);
    }
    assert.equal((await ask("GET", "/api/user", { headers })).status, 401);
    assert.equal((await ask("POST", "/api/user", { headers, json: {} })).status, 405);
    const { body } = await ask("GET", "/.well-known/openid-configuration", { headers });
    assert.deepEqual([body.issuer, body.token_endpoint], [ISSUER, `${ISSUER}/api/token`]);
    const { access_token } = (await exchange(ask, idToken(), "id_token")).body;
    assert.equal(claimsOf(access_token).iss, ISSUER);
    assert.equal((await ask("GET", `${account}/email`, { headers: { ...headers, ...flavor }, peer: "203.0.113.9" })).status, 403);
  }
});

test("nobody gets past by looking like a health check", async () => {
  const { ask, service } = await stand();
  const looks = [
    ["user-agent", "GoogleHC/1.0"],
    ["user-agent", "kube-probe/1.31"],
    ["user-agent", "ELB-HealthChecker/2.0"],
    ["x-health-check", "1"],
    ["x-forwarded-for", "35.191.0.1"],
    ["x-appengine-cron", "true"],
    ["x-cloudscheduler", "true"],
    ["x-goog-health-check", "true"],
    ["via", "1.1 google"],
    ["expect", "health"],
  ];
  for (const [name, value] of looks) {
    assert.equal((await ask("GET", "/api/user", { headers: { [name]: value } })).status, 401, value);
    assert.equal((await byClient(ask, { audience: ORDERS }, { headers: { [name]: value } })).status, 401, value);
  }
  for (const path of [
    "/api/health/../user",
    "/api/health/%2e%2e/user",
    "/api/user?/api/health",
    "/api/health/..%2fuser",
    "//api/user",
    "/api/user/",
    "/api//user",
    "/API/USER",
    "/api/user;/api/health",
    "/api/health%00/../user",
    "/api/%75ser",
  ]) {
    const response = await service.fetch(new Request(`${ISSUER}${path}`), { peer: "127.0.0.1" });
    assert.ok([401, 404].includes(response.status), `${path}: ${response.status}`);
  }
});

test("the metadata door is for those who know whom they ask: Host, peer and the flavor, and nothing that was forwarded", async () => {
  const open = await stand({ ...google, policy: await policy(door), metadata: "open" });
  const near = await stand({ ...google, policy: await policy(door), metadata: "loopback" });
  const email = ({ ask }, headers, peer = "127.0.0.1") =>
    ask("GET", `${account}/email`, { headers: { ...flavor, ...headers }, peer }).then(({ status }) => status);
  const good = [
    "metadata.google.internal",
    "metadata.google.internal.",
    "metadata",
    "169.254.169.254",
    "169.254.169.254:80",
    "localhost:8080",
    "127.0.0.1:9",
    "[::1]",
    "[::1]:80",
    "metadata.google.internal:80",
  ];
  const bad = [
    ...[
      "evil.example",
      "evil.example:80",
      "localhost.evil.example",
      "metadata.google.internal.evil.example",
      "127.0.0.1.nip.io",
      "127-0-0-1.evil.example",
    ],
    ...[
      "[::1].evil.example",
      "[::1]evil.example",
      "[::1]:80.evil.example",
      "[::1",
      "::1",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[fd00:ec2::254]",
      "[0:0:0:0:0:0:0:1]",
    ],
    ...[
      "localhost.",
      "localhost:80.evil.example",
      "127.0.0.1:x",
      "127.1",
      "2130706433",
      "0x7f000001",
      "127.0.0.2",
      "0.0.0.0",
      "LOCALHOST.EVIL.EXAMPLE",
    ],
    ...[
      "user@localhost",
      "localhost/evil",
      "localhost, evil.example",
      "",
      " ",
      "tokens.example.evil.example",
      "metadata.google.internal..",
      ".localhost",
    ],
  ];
  for (const host of good) assert.deepEqual([await email(near, { host }), await email(open, { host }, "203.0.113.9")], [200, 200], host);
  for (const host of bad) assert.deepEqual([await email(near, { host }), await email(open, { host })], [403, 403], host);
  for (const host of ["METADATA.GOOGLE.INTERNAL", "Localhost"])
    assert.equal(await email(near, { host }), 403, `${host}: no client of Google's writes it so`);
  const host = { host: "localhost" };
  assert.equal(await email(open, { host: "tokens.example" }), 200, "its own name, where it is open");
  assert.equal(await email(near, { host: "tokens.example" }), 403);
  for (const peer of ["203.0.113.9", "", "10.0.0.1", "fe80::1", "::ffff:10.0.0.1"]) assert.equal(await email(near, host, peer), 403, peer);
  for (const peer of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) assert.equal(await email(near, host, peer), 200, peer);
  for (const value of ["google", "Google, Google", "", "Amazon"])
    assert.equal(await email(near, { ...host, "metadata-flavor": value }), 403, value);
  for (const name of ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-anything", "forwarded"])
    assert.equal(await email(near, { ...host, [name]: "" }), 403, name);
  assert.equal((await near.ask("POST", `${account}/token`, { headers: { ...flavor, ...host } })).status, 405);
  // Nothing that its caller is not granted; and without a door there is none.
  const asked = (path) => near.ask("GET", `${account}/${path}`, { headers: { ...flavor, ...host } });
  assert.equal((await asked("identity?audience=https://other.example")).status, 400);
  assert.equal((await asked("identity?audience=https://svc.example&audience=https://other.example")).status, 400);
  assert.equal((await asked("token?scopes=https://www.googleapis.com/auth/cloud-platform")).status, 400);
  assert.equal((await asked("identity?audience=https://svc.example%0d%0aX-Evil:1")).status, 400);
  for (const options of [{ policy: await policy(door) }, { metadata: "open" }]) assert.equal(await email(await stand(options), host), 404);
});

test("what comes twice, what is not known, and a secret in two places are refused, and none of it is chosen from", async () => {
  const { service, ask } = await stand();
  const send = async (body, headers = {}) => {
    const init = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", ...headers }, body };
    const response = await service.fetch(new Request(`${ISSUER}/api/token`, init), { peer: "127.0.0.1" });
    return [response.status, (await response.json()).error];
  };
  const basic = { authorization: `Basic ${Buffer.from(BASIC).toString("base64")}` };
  const base = "grant_type=client_credentials&audience=https://orders.example";
  assert.deepEqual(await send(base, basic), [200, undefined]);
  assert.deepEqual(await send(`${base}&client_id=worker`, basic), [200, undefined]);
  for (const more of [
    "audience=https://svc.example",
    "audience=https://orders.example",
    "grant_type=client_credentials",
    "scope=a&scope=b",
    "expires_in=5&expires_in=6",
    "%61udience=https://svc.example",
    "requested_token_type=a&requested_token_type=b",
  ])
    assert.deepEqual(await send(`${base}&${more}`, basic), [400, "invalid_request"], more);
  for (const more of [
    "resource=https://svc.example",
    "actor_token=x",
    "actor_token_type=x",
    "Audience=x",
    "audience[]=x",
    "__proto__=x",
    "constructor=x",
    "=x",
    "assertion=x",
    "audience%00=x",
  ])
    assert.deepEqual(await send(`${base}&${more}`, basic), [400, "invalid_request"], more);
  assert.deepEqual(await send(`${base}&client_id=worker&client_secret=${encodeURIComponent(SECRET)}`, basic), [400, "invalid_request"]);
  assert.deepEqual(await send(`${base}&client_id=other`, basic), [400, "invalid_request"]);
  assert.deepEqual(await send(`${base}&client_secret=${encodeURIComponent(SECRET)}`), [400, "invalid_request"]);
  assert.deepEqual(await send(`${base}&subject_token=${idToken()}`, basic), [400, "invalid_request"]);
  const exchanged = `grant_type=${EXCHANGE}&audience=https://orders.example&subject_token_type=${type("id_token")}&subject_token=`;
  assert.deepEqual(await send(exchanged + idToken()), [200, undefined]);
  assert.deepEqual(await send(exchanged + idToken(), basic), [400, "invalid_request"]);
  assert.deepEqual(await send(`${exchanged}${idToken()}&client_id=worker&client_secret=x`), [400, "invalid_request"]);
  assert.deepEqual(await send(`${exchanged}${idToken()}&subject_token=${idToken()}`), [400, "invalid_request"]);
  // A query is no form, and two headers are none.
  const query = new Request(`${ISSUER}/api/token?${base}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...basic },
  });
  assert.equal((await service.fetch(query)).status, 400);
  const twice = [
    ["authorization", basic.authorization],
    ["authorization", "Bearer x"],
    ["content-type", "application/x-www-form-urlencoded"],
  ];
  assert.equal((await service.fetch(new Request(`${ISSUER}/api/token`, { method: "POST", headers: twice, body: base }))).status, 401);
  for (const text of [
    '{"client_id":"worker","client_id":"worker","client_secret":"x"}',
    '{"client_id":"worker","client_secret":"x","id_token":"y"}',
    '{"client_id":["worker"],"client_secret":"x"}',
    '{"id_token":null}',
    "[]",
    "null",
    "1",
    "{",
    "",
  ]) {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: text };
    assert.equal((await service.fetch(new Request(`${ISSUER}/api/auth/login`, init))).status, 400, text);
  }
  for (const text of ["", "text/plain", "application/jsonx", "application/json, text/plain", "multipart/form-data; boundary=x"])
    assert.equal((await ask("POST", "/api/auth/login", { json: {}, headers: { "content-type": text } })).status, 415, text);
});

test("what is too large is refused before it costs anything: tokens over 16 KiB, bodies over 64 KiB, megabytes of dots", async () => {
  const { service, ask } = await stand();
  const [header, payload, signature] = idToken({ fill: "x".repeat(14_000) }).split(".");
  const whole = [header, payload, signature].join(".");
  assert.ok(whole.length > 16_384);
  assert.equal((await exchange(ask, whole, "id_token")).status, 400);
  assert.equal(await user(ask, whole), 401);
  const nearly = idToken({ fill: "x".repeat(11_000) });
  assert.ok(nearly.length < 16_384 && nearly.length > 14_000);
  assert.equal((await exchange(ask, nearly, "id_token")).status, 200);
  const at = async (path, body, content = "application/x-www-form-urlencoded", more = {}) => {
    const init = {
      method: "POST",
      body,
      duplex: "half",
      headers: { "content-type": content, authorization: `Basic ${Buffer.from(BASIC).toString("base64")}`, ...more },
    };
    const response = await service.fetch(new Request(`${ISSUER}${path}`, init), { peer: "127.0.0.1" });
    return response.status;
  };
  const json = (length) => JSON.stringify({ a: "x".repeat(length - 8) });
  assert.deepEqual(
    [await at("/api/echo", json(65_536), "application/json"), await at("/api/echo", json(65_537), "application/json")],
    [200, 413],
  );
  const wide = JSON.stringify({ a: "é".repeat(40_000) });
  assert.equal(await at("/api/echo", wide, "application/json"), 413, "bytes are counted, not letters");
  const dots = ".".repeat(4 << 20);
  assert.equal(await at("/api/token", `grant_type=${EXCHANGE}&subject_token=${dots}`), 413);
  assert.equal(await at("/api/auth/revoke", `token=${dots}`), 413);
  assert.equal(await at("/api/auth/refresh", JSON.stringify({ refresh_token: dots }), "application/json"), 413);
  assert.equal(await at("/api/auth/revoke", `token=${".".repeat(16_000)}`), 200);
  assert.equal(await user(ask, ".".repeat(1 << 20)), 401);
  assert.equal(await user(ask, `${header}.${"A".repeat(1 << 20)}.${signature}`), 401);
  assert.equal(await at("/api/echo", "[".repeat(60_000), "application/json"), 400, "nested without end");
  assert.equal(await at("/api/echo", `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, "application/json"), 400);
  // Of a body that goes on and on, no more is read than what shows that it is too large.
  let given = 0;
  const endless = new ReadableStream({ pull: (controller) => void controller.enqueue(new Uint8Array(((given += 1024), 1024)).fill(46)) });
  assert.equal(await at("/api/auth/revoke", endless), 413);
  assert.ok(given < 200_000, `${given} bytes`);
});

test("a body that is no text, or never comes to its end, is an error of that request alone", async () => {
  const { service, ask, log } = await stand({ answerWithin: 300 });
  const post = (path, body, content) => {
    const init = { method: "POST", body, duplex: "half", headers: { "content-type": content } };
    return service.fetch(new Request(`${ISSUER}${path}`, init), { peer: "127.0.0.1" });
  };
  const broken = new Uint8Array([0x74, 0x6f, 0xc3, 0x28, 0xff, 0xfe]);
  const oauth = await post("/api/token", broken, "application/x-www-form-urlencoded");
  assert.deepEqual([oauth.status, (await oauth.json()).error], [400, "invalid_request"]);
  const own = await post("/api/auth/login", broken, "application/json");
  const { success, meta } = await own.json();
  assert.deepEqual([own.status, success, meta.code], [400, false, "invalid_request"]);
  // Escaped, it is a text with a letter for what is wrong, and so nobody's.
  const escaped = await post("/api/token", "grant_type=%ff%fe&audience=%c3%28", "application/x-www-form-urlencoded");
  assert.deepEqual([escaped.status, (await escaped.json()).error], [400, "unsupported_grant_type"]);
  const torn = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
  assert.equal((await post("/api/auth/login", torn, "application/json")).status, 400);
  const never = new ReadableStream({ pull: () => new Promise(() => {}) });
  assert.equal((await post("/api/auth/login", never, "application/json")).status, 503);
  assert.equal(log.at(-1).severity, "ERROR");
  assert.equal((await ask("GET", "/api/health")).status, 200);
});

test("no name in JSON reaches a prototype", async () => {
  const { service, ask } = await stand();
  const bearer = { authorization: `Bearer ${idToken()}`, "content-type": "application/json" };
  const hostile = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1,"hasOwnProperty":null}';
  const echoed = await (await service.fetch(new Request(`${ISSUER}/api/echo`, { method: "POST", headers: bearer, body: hostile }))).text();
  assert.deepEqual(JSON.parse(echoed).data.echo, JSON.parse(hostile));
  for (const name of ["__proto__", "constructor", "toString", "valueOf"]) {
    assert.equal((await ask("POST", "/api/auth/login", { json: JSON.parse(`{"${name}":{"id_token":"x"}}`) })).status, 400, name);
    assert.equal((await byClient(ask, { audience: name }, { basic: `${name}:${SECRET}` })).status, 401, name);
    assert.equal((await exchange(ask, idToken(), "id_token", { audience: name })).status, 400, name);
    assert.equal((await exchange(ask, idToken({ sub: name, [name]: "core" }), "id_token")).status, 403, name);
    assert.equal((await ask("GET", `/api/${name}`)).status, 404, name);
  }
  assert.equal({}.polluted, undefined);
  // And where another library has spoilt the prototype, nobody is let in by that.
  const spoilt = {
    peer: "127.0.0.1",
    remoteAddr: { hostname: "127.0.0.1" },
    issuer: "https://evil.example",
    audience: "https://svc.example",
    bearer: "x",
  };
  Object.assign(Object.prototype, spoilt);
  try {
    for (const path of ["/metrics", "/api/status"])
      assert.equal((await service.fetch(new Request(`${ISSUER}${path}`), { peer: "203.0.113.9" })).status, 403, path);
    const wanted = { method: "POST", headers: bearer, body: "{}" };
    assert.equal((await service.fetch(new Request(`${ISSUER}/api/echo`, wanted), { peer: "203.0.113.9" })).status, 200);
    const { issuer } = await (await service.fetch(new Request(`${ISSUER}/.well-known/openid-configuration`))).json();
    assert.equal(issuer, ISSUER);
  } finally {
    for (const name in spoilt) delete (/** @type {any} */ (Object.prototype)[name]);
  }
});

test("nothing that somebody asks for gets into a header or onto a line of its own", async () => {
  const { ask, log } = await stand(google);
  const line = "\r\nSet-Cookie: a=b\r\n\r\n{}";
  for (const odd of [line, "\n", "\u0000", "\u007f", " ", "é", "\u2028", "😀"]) {
    const audience = `https://svc.example${odd}`;
    const wanted = await byClient(ask, { audience });
    assert.deepEqual([wanted.status, wanted.body.error], [400, "invalid_target"], JSON.stringify(odd));
    const scope = await byClient(ask, { scope: `${PUBSUB}${odd === " " ? '"' : odd}` });
    assert.deepEqual([scope.status, scope.body.error], [400, "invalid_scope"], JSON.stringify(odd));
    const client = await byClient(ask, { audience: ORDERS, client_id: `worker${odd}`, client_secret: SECRET }, {});
    assert.equal(client.status, 401, JSON.stringify(odd));
    const parameter = await byClient(ask, { [`x${odd}`]: "1" });
    assert.equal(parameter.status, 400);
    for (const { headers, body } of [wanted, scope, client, parameter]) {
      assert.equal(headers.get("set-cookie"), null);
      for (const [, value] of headers) assert.match(value, /^[\x20-\x7e]*$/);
      assert.ok(!JSON.stringify(body).includes("\\r\\n"), JSON.stringify(body));
    }
  }
  const headers = { traceparent: '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01","severity":"' };
  await ask("POST", "/api/auth/login", { json: { client_id: "worker", client_secret: SECRET }, headers });
  assert.equal(log.at(-1).event, "login");
  for (const each of log) assert.ok(!JSON.stringify(each).includes("\n"));
});

test("of all the secrets and tokens above, none is in a log, a metric or a refusal", async () => {
  const told = [...refusals];
  for (const { log, ask } of stands) told.push(...log.map((line) => JSON.stringify(line)), (await ask("GET", "/metrics")).body);
  assert.ok(
    stands.length > 20 && told.length > 500 && canaries.size > 100,
    `${stands.length} services, ${told.length} texts, ${canaries.size} secrets`,
  );
  const all = told.join("\n");
  assert.deepEqual(
    [...canaries].filter((secret) => secret.length > 12 && all.includes(secret)),
    [],
  );
  // It would be found.
  assert.ok(all.includes("client worker") && `${all} ${SECRET}`.includes([...canaries][0]));
});
