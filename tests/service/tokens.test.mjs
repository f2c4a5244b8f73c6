// What callers get, and how: exchanges, logins, refreshes, and what ends them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { customFetch } from "../../pkg/runtime/node.js";
import { memoryStore } from "../../pkg/stores/memory.js";
import { claimsOf, EXCHANGE, IDP, idpFetch, idToken, ISSUER, openGoogle, SEAL, SECRET, stand, type } from "./stand.mjs";

const google = await openGoogle();
const CLIENT = `worker:${SECRET}`;
const ORDERS = "https://orders.example";

/** An exchange of an ID token. */
const exchange = (ask, form, token = idToken()) =>
  ask("POST", "/api/token", { form: { grant_type: EXCHANGE, subject_token: token, subject_token_type: type("id_token"), ...form } });

test("an ID token is exchanged for a JWT that any library verifies by the service's document and keys", async () => {
  const { ask, log } = await stand();
  const { status, headers, body } = await exchange(ask, { audience: ORDERS, scope: "orders.read" });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([headers.get("cache-control"), headers.get("pragma")], ["no-store", "no-cache"]);
  assert.deepEqual(
    { ...body, access_token: "" },
    { access_token: "", issued_token_type: type("jwt"), token_type: "Bearer", expires_in: 300, scope: "orders.read" },
  );
  const { body: document } = await ask("GET", "/.well-known/openid-configuration");
  assert.equal(document.issuer, ISSUER);
  const { body: keys } = await ask("GET", new URL(document.jwks_uri).pathname);
  const { payload, protectedHeader } = await jwtVerify(body.access_token, createLocalJWKSet(keys), { issuer: ISSUER, audience: ORDERS });
  assert.deepEqual([payload.sub, payload.scope, payload.exp - payload.iat, protectedHeader.alg], ["ada", "orders.read", 300, "ES256"]);
  const [line] = log.filter(({ event }) => event === "grant");
  assert.deepEqual([line.caller, line.aud, line.sub, line.jti, line.ttl], ["ada", ORDERS, `${IDP} ada`, payload.jti, 300]);
});

test("a JWT ends with the token that it was had for, with the grant, and with what was asked for, whichever is first", async () => {
  const { ask } = await stand();
  const now = Math.floor(Date.now() / 1000);
  for (const [claims, form, longest] of [
    [{ exp: now + 3000 }, {}, 300],
    [{ exp: now + 100 }, {}, 100],
    [{ exp: now + 3000 }, { expires_in: "60" }, 60],
    [{ exp: now + 3000 }, { expires_in: "3600" }, 300],
    [{ exp: now + 30 }, { expires_in: "60" }, 30],
  ]) {
    const { body } = await exchange(ask, { audience: ORDERS, ...form }, idToken(claims));
    const { exp, iat } = claimsOf(body.access_token);
    assert.ok(
      exp - iat === body.expires_in && longest - body.expires_in >= 0 && longest - body.expires_in <= 5,
      `${longest}: ${body.expires_in}`,
    );
  }
});

test("Google's ID tokens and access tokens, by client credentials in the header and in the form", async () => {
  const { ask } = await stand(google.options);
  const audience = "https://svc.example";
  const grant_type = "client_credentials";
  const id = await ask("POST", "/api/token", { basic: CLIENT, form: { grant_type, audience } });
  assert.equal(id.status, 200, JSON.stringify(id.body));
  assert.deepEqual([claimsOf(id.body.access_token).aud, id.body.issued_token_type], [audience, type("id_token")]);
  assert.ok(id.body.expires_in > 3500 && id.body.expires_in <= 3600);
  const scope = "https://www.googleapis.com/auth/pubsub";
  const form = { grant_type, client_id: "worker", client_secret: SECRET, scope };
  const access = await ask("POST", "/api/token", { form });
  assert.deepEqual([access.status, access.body.scope, access.body.issued_token_type], [200, scope, type("access_token")]);
  assert.match(access.body.access_token, /^ya29\./);
  assert.ok(access.body.expires_in > 3500 && access.body.expires_in <= 3600, access.body.expires_in);
});

test("a hundred callers at once, one exchange with Google", async () => {
  const own = await openGoogle();
  const { ask } = await stand(own.options);
  const form = { grant_type: "client_credentials", audience: "https://svc.example" };
  const all = await Promise.all(Array.from({ length: 100 }, () => ask("POST", "/api/token", { basic: CLIENT, form })));
  assert.deepEqual([...new Set(all.map(({ status }) => status))], [200]);
  assert.equal(own.emulator.log.filter(({ url, path = url }) => String(path).includes("/token")).length, 1);
});

test("a login: its access token says who one is, its refresh token is good once, and one that comes again ends it", async () => {
  const { ask } = await stand();
  const { body } = await ask("POST", "/api/auth/login", { json: { id_token: idToken() } });
  const { access_token: access, refresh_token: first, expires_in, refresh_expires_in } = body.data;
  assert.deepEqual([expires_in, refresh_expires_in, claimsOf(access).aud], [600, 86_400, ISSUER]);
  const user = await ask("GET", "/api/user", { bearer: access });
  assert.deepEqual([user.body.success, user.body.data.callers, user.body.data.subject], [true, ["ada"], `${IDP} ada`]);
  const refreshed = await ask("POST", "/api/auth/refresh", { json: { refresh_token: first } });
  const { refresh_token: second } = refreshed.body.data;
  assert.notEqual(first, second);
  assert.equal((await ask("POST", "/api/auth/refresh", { json: { refresh_token: second } })).status, 200);
  const again = await ask("POST", "/api/auth/refresh", { json: { refresh_token: first } });
  assert.deepEqual([again.status, again.body.meta.code], [400, "invalid_grant"]);
  assert.match(again.body.message, /used before/);
  assert.equal((await ask("GET", "/api/user", { bearer: access })).status, 401, "the login has ended");
});

test("an access token is exchanged, and what comes of it ends with its login for whoever asks the service", async () => {
  const { ask } = await stand();
  const { body } = await ask("POST", "/api/auth/login", { json: { client_id: "worker", client_secret: SECRET } });
  const { access_token } = body.data;
  const jwt = await ask("POST", "/api/token", {
    form: { grant_type: EXCHANGE, subject_token: access_token, subject_token_type: type("access_token"), audience: ORDERS },
  });
  assert.equal(jwt.status, 200, JSON.stringify(jwt.body));
  const look = async () => (await ask("POST", "/api/auth/introspect", { basic: CLIENT, form: { token: jwt.body.access_token } })).body;
  const active = await look();
  assert.deepEqual([active.active, active.sub, active.aud, active.iss], [true, "worker", ORDERS, ISSUER]);
  const left = await ask("DELETE", "/api/auth/revoke", { bearer: access_token });
  assert.deepEqual([left.status, left.body.success, left.body.data], [200, true, null]);
  assert.deepEqual(await look(), { active: false });
  assert.equal((await ask("DELETE", "/api/auth/revoke", { bearer: access_token })).status, 401);
});

test("a JWT without a login is revoked by itself (RFC 7009), and so is a refresh token with its login", async () => {
  const { ask } = await stand();
  const { body } = await exchange(ask, { audience: ORDERS });
  const look = async (token) => (await ask("POST", "/api/auth/introspect", { basic: CLIENT, form: { token } })).body.active;
  assert.equal(await look(body.access_token), true);
  assert.deepEqual((await ask("POST", "/api/auth/revoke", { form: { token: body.access_token } })).body, {});
  assert.equal(await look(body.access_token), false);
  const login = await ask("POST", "/api/auth/login", { json: { id_token: idToken() } });
  const { refresh_token, access_token } = login.body.data;
  assert.equal(await look(refresh_token), true);
  assert.equal((await ask("POST", "/api/auth/revoke", { form: { token: refresh_token } })).status, 200);
  assert.deepEqual([await look(refresh_token), await look(access_token)], [false, false]);
  assert.deepEqual((await ask("POST", "/api/auth/revoke", { form: { token: "none of ours" } })).status, 200);
});

test("what the policy no longer says ends what was granted by it, without a restart", async () => {
  const { ask, service } = await stand();
  const { body } = await ask("POST", "/api/auth/login", { json: { id_token: idToken() } });
  const { access_token, refresh_token } = body.data;
  await assert.rejects(service.reload("[callers"), { code: "invalid_policy" });
  assert.equal((await ask("GET", "/api/user", { bearer: access_token })).status, 200, "a policy that does not hold changes nothing");
  await service.reload(`[callers.ada]\nissuer = "${IDP}"\nclaims.sub = "ada"\nclaims.team = "core"\n`);
  assert.equal((await ask("GET", "/api/user", { bearer: access_token })).status, 401);
  const refused = await ask("POST", "/api/auth/refresh", { json: { refresh_token } });
  assert.deepEqual([refused.status, refused.body.meta.code], [400, "invalid_grant"]);
});

test("two instances that share a store are one service; without the secret the store says nothing", async () => {
  const store = memoryStore();
  const [one, other] = [await stand({ store }), await stand({ store })];
  const { body } = await one.ask("POST", "/api/auth/login", { json: { id_token: idToken() } });
  assert.equal((await other.ask("GET", "/api/user", { bearer: body.data.access_token })).status, 200);
  const keys = await Promise.all([one, other].map(({ ask }) => ask("GET", "/.well-known/jwks.json")));
  assert.deepEqual(keys[0].body, keys[1].body);
  await other.ask("DELETE", "/api/auth/revoke", { bearer: body.data.access_token });
  assert.equal((await one.ask("GET", "/api/user", { bearer: body.data.access_token })).status, 401);
  const text = new TextDecoder().decode((await store.read("service/keys")).value);
  assert.ok(JSON.parse(text).sealed && !text.includes('"d"'));
  const stranger = await stand({ store, secrets: [SEAL.replace("a", "b")] });
  assert.equal((await stranger.ask("GET", "/api/ready")).status, 503);
  const after = await stand({ store, secrets: [SEAL.replace("a", "b"), SEAL] });
  assert.equal((await after.ask("GET", "/api/ready")).status, 200);
});

test("fifty instances that begin at once agree on one key", async () => {
  const store = memoryStore();
  const all = await Promise.all(Array.from({ length: 50 }, () => stand({ store })));
  const sets = await Promise.all(all.map(({ ask }) => ask("GET", "/.well-known/jwks.json")));
  assert.equal(new Set(sets.map(({ body }) => JSON.stringify(body))).size, 1);
  assert.equal(sets[0].body.keys.length, 1);
});

test("a store that fails is told, and nothing that cannot be known is taken for good", async () => {
  const inner = memoryStore();
  let fails = false;
  const store = {
    read: (key) => (fails ? Promise.reject(new Error("the disk is gone")) : inner.read(key)),
    write: (...all) => (fails ? Promise.reject(new Error("the disk is gone")) : inner.write(...all)),
  };
  const { ask } = await stand({ store });
  const { body } = await ask("POST", "/api/auth/login", { json: { id_token: idToken() } });
  fails = true;
  const user = await ask("GET", "/api/user", { bearer: body.data.access_token });
  assert.deepEqual([user.status, user.body.meta.code, user.headers.get("retry-after")], [503, "unavailable", "5"]);
  assert.match(user.body.message, /the disk is gone/);
  assert.equal((await exchange(ask, { audience: ORDERS })).status, 200, "what needs no store goes on");
  fails = false;
  assert.equal((await ask("GET", "/api/user", { bearer: body.data.access_token })).status, 200);
});

test("a refresh whose answer from the store was lost is written once, and its token is good", async () => {
  const inner = memoryStore();
  let lose = false;
  const store = {
    read: inner.read,
    async write(...all) {
      const written = await inner.write(...all);
      if (!lose) return written;
      lose = false;
      throw new Error("the answer was lost");
    },
  };
  const { ask } = await stand({ store });
  const { body } = await ask("POST", "/api/auth/login", { json: { id_token: idToken() } });
  lose = true;
  const refreshed = await ask("POST", "/api/auth/refresh", { json: { refresh_token: body.data.refresh_token } });
  assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
  assert.equal((await ask("POST", "/api/auth/refresh", { json: { refresh_token: refreshed.body.data.refresh_token } })).status, 200);
});

test("an issuer whose keys cannot be had is told as that, and asked again", async () => {
  let down = true;
  const { ask } = await stand({ [customFetch]: (...all) => (down ? Promise.reject(new TypeError("refused")) : idpFetch(...all)) });
  const { status, body, headers } = await exchange(ask, { audience: ORDERS });
  assert.deepEqual([status, body.error, headers.get("retry-after")], [503, "temporarily_unavailable", "5"]);
  down = false;
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.equal((await exchange(ask, { audience: ORDERS })).status, 200);
});
