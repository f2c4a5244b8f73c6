import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { claimsOf, post, start } from "../testing/harness.js";

const DRIVE = "https://www.googleapis.com/auth/drive.file";
const BACK = "https://app.example/callback";

/** An application's client, and what its browsers are sent with but for what is overridden. */
async function application(t, options = {}) {
  const { emulator, url } = await start(t, {});
  const client = emulator.createOAuthClient({ redirectUris: [BACK], ...options });
  const { client_id, client_secret } = client.web ?? client.installed;
  const verifier = randomBytes(32).toString("base64url");
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  const link = (fields = {}) => {
    const usual = { client_id, redirect_uri: BACK, response_type: "code", scope: "openid email profile", state: "s+/=", nonce: "n" };
    const all = { ...usual, access_type: "offline", code_challenge, code_challenge_method: "S256", ...fields };
    const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== undefined));
    return `${url}/o/oauth2/v2/auth?${query}`;
  };
  const redeem = (code, fields = {}) => {
    const usual = { grant_type: "authorization_code", code, client_id, client_secret, redirect_uri: BACK, code_verifier: verifier };
    return post(`${url}/token`, { ...usual, ...fields });
  };
  const refresh = (refresh_token, fields = {}) =>
    post(`${url}/token`, { grant_type: "refresh_token", client_id, client_secret, refresh_token, ...fields });
  return { emulator, url, client, client_id, client_secret, link, redeem, refresh, verifier };
}

/** @param {string} location */
const answerOf = (location) => Object.fromEntries(new URL(location).searchParams);
const login = async ({ emulator, link, redeem }, fields, decision) =>
  (await redeem(answerOf(await emulator.consent(link(fields), decision)).code)).body;

test("a person consents, and the code gives tokens that say who he is", async (t) => {
  const app = await application(t);
  const { sub } = app.emulator.addPerson({ email: "ada@corp.example", givenName: "Ada", familyName: "L", hd: "corp.example" });
  const back = answerOf(await app.emulator.consent(app.link({ login_hint: "ada@corp.example" })));
  assert.deepEqual([back.state, back.iss, back.scope], ["s+/=", "https://accounts.google.com", "openid email profile"]);
  assert.match(back.code, /^4\/0/);
  const { status, body } = await app.redeem(back.code);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ["access_token", "expires_in", "refresh_token", "scope", "token_type", "id_token"]);
  const { iat, exp, at_hash, picture, ...claims } = claimsOf(body.id_token);
  assert.equal(exp, iat + 3600);
  assert.equal(at_hash, createHash("sha256").update(body.access_token).digest().subarray(0, 16).toString("base64url"));
  assert.match(picture, /^https:/);
  assert.deepEqual(claims, {
    ...{ aud: app.client_id, azp: app.client_id, email: "ada@corp.example", email_verified: true, iss: "https://accounts.google.com" },
    ...{ sub, name: "Ada L", given_name: "Ada", family_name: "L", hd: "corp.example", nonce: "n" },
  });
  const userinfo = await fetch(`${app.url}/v1/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } });
  const { sub: same, email, name } = await userinfo.json();
  assert.deepEqual([same, email, name], [sub, "ada@corp.example", "Ada L"]);
});

test("whatever is wrong with the client or the redirect URI goes to the person alone, the rest goes back", async (t) => {
  const { link, emulator } = await application(t);
  for (const [fields, error] of [
    [{ client_id: "other" }, /invalid_client/],
    [{ redirect_uri: `${BACK}/` }, /redirect_uri_mismatch/],
    [{ redirect_uri: "https://app.example.evil.example/callback" }, /redirect_uri_mismatch/],
    [{ redirect_uri: undefined }, /redirect_uri_mismatch/],
  ]) {
    const answer = await fetch(link(fields), { redirect: "manual" });
    assert.deepEqual([answer.status, answer.headers.get("location")], [400, null]);
    assert.match(await answer.text(), error);
  }
  assert.equal((await fetch(`${link()}&state=twice`, { redirect: "manual" })).status, 400);
  for (const [fields, error] of [
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ scope: undefined }, "invalid_scope"],
    [{ code_challenge: "short" }, "invalid_request"],
    [{ code_challenge_method: "S512" }, "invalid_request"],
    [{ prompt: "none consent" }, "invalid_request"],
    [{ prompt: "none" }, "interaction_required"],
  ]) {
    const back = answerOf(await emulator.consent(link(fields)));
    assert.deepEqual([back.error, back.state, back.code], [error, "s+/=", undefined], JSON.stringify(fields));
  }
  assert.equal(answerOf(await emulator.consent(link(), { deny: true })).error, "access_denied");
});

test("what the page shows is escaped, may not be framed, and is good for one decision", async (t) => {
  const { emulator, url } = await start(t, {});
  const { web } = emulator.createOAuthClient({ redirectUris: [BACK], name: `<script>alert("x")</script>` });
  const fields = { client_id: web.client_id, redirect_uri: BACK, response_type: "code", scope: `openid <b>${DRIVE}` };
  const answer = await fetch(`${url}/o/oauth2/v2/auth?${new URLSearchParams(fields)}`);
  const page = await answer.text();
  assert.ok(!page.includes("<script") && !page.includes("<b>"));
  assert.equal(answer.headers.get("x-frame-options"), "DENY");
  assert.match(answer.headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'none'/);
  const [, request] = /name="request" value="([0-9a-f]+)"/.exec(page);
  const send = () =>
    fetch(`${url}/o/oauth2/v2/auth`, {
      method: "POST",
      body: new URLSearchParams({ request, decision: "allow", account: "developer@example.com" }),
      redirect: "manual",
    });
  assert.equal((await send()).status, 302);
  assert.equal((await send()).status, 400);
});

test("scopes are granted one by one, and add up where that is asked for", async (t) => {
  const app = await application(t);
  const scope = `openid email ${DRIVE}`;
  assert.equal((await login(app, { scope }, { scopes: [] })).scope, "openid email");
  assert.equal((await login(app, { scope: `openid ${DRIVE}` })).scope, `openid ${DRIVE}`);
  assert.equal((await login(app, { scope: "openid", include_granted_scopes: "true" })).scope, `openid email ${DRIVE}`);
});

test("a refresh token comes with the first consent, or with one that was asked for", async (t) => {
  const app = await application(t);
  assert.ok((await login(app, {})).refresh_token);
  assert.equal((await login(app, {})).refresh_token, undefined);
  assert.ok((await login(app, { prompt: "consent" })).refresh_token);
  assert.equal((await login(app, { prompt: "consent", access_type: undefined })).refresh_token, undefined);
  const back = answerOf(await app.emulator.consent(app.link({ prompt: "none" })));
  assert.deepEqual([back.error, back.prompt], [undefined, "none"]);
});

test("a code is good for its client, its redirect URI and its verifier, once and for ten minutes", async (t) => {
  const app = await application(t);
  const code = async () => answerOf(await app.emulator.consent(app.link())).code;
  for (const [fields, status, error] of [
    [{ redirect_uri: "https://app.example/other" }, 400, "redirect_uri_mismatch"],
    [{ code_verifier: undefined }, 400, "invalid_grant"],
    [{ code_verifier: "x".repeat(43) }, 400, "invalid_grant"],
    [{ client_secret: "wrong" }, 401, "invalid_client"],
    [{ code: "4/0none" }, 400, "invalid_grant"],
  ]) {
    const fieldsOf = Object.fromEntries(
      Object.entries({ code_verifier: app.verifier, ...fields }).filter(([, value]) => value !== undefined),
    );
    const answer = await app.redeem(await code(), "code_verifier" in fields && !fields.code_verifier ? { code_verifier: "" } : fieldsOf);
    assert.deepEqual([answer.status, answer.body.error], [status, error], JSON.stringify(fields));
  }
  const late = await code();
  app.emulator.clock.offset += 601_000;
  assert.equal((await app.redeem(late)).body.error, "invalid_grant");
  const good = await code();
  const { body } = await app.redeem(good);
  assert.equal((await app.redeem(good)).body.error, "invalid_grant");
  // What came of it is good for nothing any more.
  const { status } = await fetch(`${app.url}/v1/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } });
  assert.equal(status, 401);
});

test("a verifier in plain text is held to its challenge, too; without a challenge none may come", async (t) => {
  const app = await application(t);
  const plain = { code_challenge: app.verifier, code_challenge_method: undefined };
  assert.ok((await login(app, plain)).access_token);
  const code = answerOf(await app.emulator.consent(app.link({ code_challenge: undefined, code_challenge_method: undefined }))).code;
  assert.equal((await app.redeem(code)).body.error, "invalid_grant");
});

test("refresh tokens stay, follow each other with a leeway, or end their family when an old one comes", async (t) => {
  for (const mode of ["fixed", "rotate", "leeway", "strict"]) {
    const app = await application(t, { refresh: mode });
    const { refresh_token: first } = await login(app, {});
    const second = (await app.refresh(first)).body.refresh_token;
    assert.equal(second === undefined, mode === "fixed", mode);
    const again = await app.refresh(first);
    assert.equal(again.status, mode === "fixed" || mode === "leeway" ? 200 : 400, `${mode}: the old one`);
    if (mode === "leeway") {
      const third = again.body.refresh_token;
      assert.equal((await app.refresh(second)).status, 400, "the one that was lost");
      assert.equal((await app.refresh(third)).status, 200);
      assert.equal((await app.refresh(first)).status, 400, "its successor was used");
    }
    if (mode === "rotate") assert.equal((await app.refresh(second)).status, 200);
    if (mode === "strict") assert.equal((await app.refresh(second)).status, 400, "the family");
  }
});

test("of more than a hundred refresh tokens the oldest goes", async (t) => {
  const app = await application(t);
  const tokens = [];
  for (let at = 0; at < 101; at += 1) tokens.push((await login(app, { prompt: "consent" })).refresh_token);
  assert.equal((await app.refresh(tokens[0])).body.error, "invalid_grant");
  assert.equal((await app.refresh(tokens[1])).status, 200);
});

test("revoking any token ends all that was granted", async (t) => {
  const app = await application(t);
  const first = await login(app, {});
  const second = await login(app, { prompt: "consent" });
  const revoke = (token) => post(`${app.url}/revoke`, { token });
  assert.deepEqual([(await revoke("nothing")).status, (await revoke("nothing")).body.error], [400, "invalid_token"]);
  assert.equal((await revoke(first.access_token)).status, 200);
  assert.equal((await app.refresh(second.refresh_token)).body.error, "invalid_grant");
  assert.equal((await revoke(second.refresh_token)).status, 400);
  const { status } = await fetch(`${app.url}/v1/userinfo`, { headers: { authorization: `Bearer ${second.access_token}` } });
  assert.equal(status, 401);
  assert.ok((await login(app, {})).refresh_token, "the next consent is the first one");
});

test("a token says what it is good for", async (t) => {
  const app = await application(t);
  const { access_token, id_token } = await login(app, {});
  const info = (fields) => post(`${app.url}/tokeninfo`, fields);
  const { body } = await info({ access_token });
  assert.deepEqual([body.aud, body.scope], [app.client_id, "openid email profile"]);
  assert.ok(Number(body.expires_in) > 3500);
  assert.equal((await info({ id_token })).body.aud, app.client_id);
  assert.equal((await info({ id_token: `${id_token}x` })).status, 400);
  assert.equal((await info({ access_token: "x" })).body.error, "invalid_token");
});

test("a device waits until its user has typed in its code and consented", async (t) => {
  const app = await application(t, { type: "installed" });
  const begin = async () => (await post(`${app.url}/device/code`, { client_id: app.client_id, scope: "openid email" })).body;
  const { client_id, client_secret } = app;
  const poll = (device_code) =>
    post(`${app.url}/token`, { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code, client_id, client_secret });
  const { device_code, user_code, verification_url, interval } = await begin();
  assert.match(user_code, /^[A-Z]{4}-[A-Z]{4}$/);
  assert.deepEqual([verification_url, interval], [`${app.url}/device`, 5]);
  assert.match(await (await fetch(verification_url)).text(), /Type in the code/);
  const first = await poll(device_code);
  assert.deepEqual([first.status, first.body.error], [428, "authorization_pending"]);
  assert.equal((await poll(device_code)).body.error, "slow_down");
  app.emulator.clock.offset += 11_000;
  assert.equal((await poll(device_code)).body.error, "authorization_pending");
  await app.emulator.consentDevice(user_code.toLowerCase());
  const { body } = await poll(device_code);
  assert.deepEqual([body.scope, typeof body.refresh_token, typeof body.id_token], ["openid email", "string", "string"]);
  assert.equal((await poll(device_code)).body.error, "invalid_grant");
  const denied = await begin();
  await app.emulator.consentDevice(denied.user_code, { deny: true });
  assert.equal((await poll(denied.device_code)).body.error, "access_denied");
  const late = await begin();
  app.emulator.clock.offset += 1_801_000;
  assert.equal((await poll(late.device_code)).body.error, "expired_token");
  await assert.rejects(app.emulator.consentDevice(late.user_code), /no device that waits/);
});

test("an installed app is sent back to any port of its machine, and nowhere else", async (t) => {
  const app = await application(t, { type: "installed", redirectUris: [] });
  assert.deepEqual(app.client.installed.redirect_uris, ["http://localhost"]);
  for (const redirect_uri of ["http://127.0.0.1:51234/x", "http://localhost:1", "http://[::1]:8080/"])
    assert.match(await app.emulator.consent(app.link({ redirect_uri })), /code=/);
  for (const redirect_uri of [
    "https://127.0.0.1:1/",
    "http://127.0.0.1.evil.example/",
    "http://app.example/",
    "http://localhost@evil.example/",
  ])
    await assert.rejects(app.emulator.consent(app.link({ redirect_uri })), /redirect URI/, redirect_uri);
});

test("clients, people and consents, from outside", async (t) => {
  const { url } = await start(t);
  const steer = async (path, body) => (await fetch(`${url}/_emulator/${path}`, { method: "POST", body: JSON.stringify(body) })).json();
  const { web } = await steer("oauth-clients", { redirectUris: [BACK] });
  await steer("people", { email: "eve@corp.example" });
  const fields = { client_id: web.client_id, redirect_uri: BACK, response_type: "code", scope: "openid", login_hint: "eve@corp.example" };
  const { location } = await steer("consent", { url: `${url}/o/oauth2/v2/auth?${new URLSearchParams(fields)}` });
  assert.match(location, /^https:\/\/app\.example\/callback\?.*code=/);
});
