// The login at another provider than Google, which other people wrote.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createLogin } from "../../pkg/runtime/login-node.js";
import { memoryStore } from "../../pkg/stores/memory.js";
import { node24 } from "../runtime/programs.mjs";

const BACK = "https://app.example/callback";
let server;
let metadata;
before(async () => {
  server = spawn(node24(), ["--no-warnings", fileURLToPath(new URL("provider.mjs", import.meta.url)), BACK], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const [issuer] = await once(
    createInterface(server.stdout).on("error", () => {}),
    "line",
  );
  metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
});
after(() => server.stdin.end());

const application = (more = {}) => {
  const store = memoryStore();
  const client = { client_id: "app", client_secret: "a-secret-of-thirty-two-characters" };
  const login = createLogin({
    client,
    provider: metadata,
    redirectUri: BACK,
    scopes: ["openid", "email", "profile", "offline_access"],
    store,
    ...more,
  });
  const record = async (id) => JSON.parse(new TextDecoder().decode((await store.read(`users/${id}`)).value));
  return { login, store, record };
};

/** A browser that goes through the provider's pages as that user, until it is sent back. */
function openBrowser(user) {
  const cookies = new Map();
  const send = async (url, init = {}) => {
    const headers = { ...init.headers, cookie: Array.from(cookies, (pair) => pair.join("=")).join("; ") };
    const answer = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...text] = line.split(";")[0].split("=");
      cookies.set(name, text.join("="));
    }
    return answer;
  };
  return async (url) => {
    for (let hops = 0; hops < 20; hops += 1) {
      if (url.startsWith(BACK)) return url;
      let answer = await send(url);
      if (answer.status === 200) {
        const page = await answer.text();
        const [, action] = /<form[^>]*action="([^"]+)"/.exec(page) ?? [];
        assert.ok(action, `a page with a form, saw ${page.slice(0, 200)}`);
        const form = new URLSearchParams(
          Array.from(page.matchAll(/<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g), ([, name, text]) => [name, text]),
        );
        if (/name="login"/.test(page)) Object.entries({ login: user, password: "any" }).forEach((pair) => form.set(...pair));
        answer = await send(new URL(action, url), { method: "POST", body: form });
      }
      const location = answer.headers.get("location");
      assert.ok(location, `a way on from ${url}, saw ${answer.status}`);
      url = new URL(location, url).href;
    }
    throw new Error("the provider's pages have no end");
  };
}

test("a user logs in, consents once more for a refresh token, is refreshed with rotation, has a profile, and is revoked", async () => {
  const { login, record } = application();
  const browse = openBrowser("ada");
  let { url, flow } = await login.begin({ returnTo: "/home" });
  let done = await login.complete(await browse(url), flow);
  // It gives a refresh token only with consent that was asked for (OpenID Connect Core 1.0, section 11).
  assert.equal(done.user, undefined);
  assert.equal(new URL(done.url).searchParams.get("prompt"), "consent");
  ({ url, flow } = done);
  done = await login.complete(await browse(url), flow);
  assert.deepEqual([done.user.id, done.user.claims.iss, done.returnTo], ["ada", metadata.issuer, "/home"]);
  const first = await record("ada");
  assert.equal(first.client_id, "app");

  const credential = login.getCredential("ada", { rotates: true });
  const ask = async () => (await credential({ scopes: ["openid"], signal: new AbortController().signal })).token;
  const before = await ask();
  assert.equal(before, first.token);
  await new Promise((resolve) => setTimeout(resolve, 8_500));
  const again = await Promise.all(Array.from({ length: 20 }, ask));
  assert.equal(new Set(again).size, 1);
  assert.notEqual(again[0], before);
  const second = await record("ada");
  assert.notEqual(second.refresh_token, first.refresh_token, "a new refresh token in place of the old one");
  const profile = await login.getProfile(credential);
  assert.deepEqual([profile.id, profile.email, profile.name], ["ada", "ada@idp.example", "Ada of elsewhere"]);

  await login.revoke("ada");
  const body = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: "app",
    client_secret: "a-secret-of-thirty-two-characters",
    refresh_token: second.refresh_token,
  });
  const refused = await fetch(metadata.token_endpoint, { method: "POST", body });
  assert.deepEqual([refused.status, (await refused.json()).error], [400, "invalid_grant"]);
  await assert.rejects(ask(), { code: "login_required" });
});

test("as fetch handlers, with its own words for a user who says no", async () => {
  const { login } = application({ scopes: ["openid"], offline: false });
  const started = await login.start(new Request("https://app.example/login?return_to=/x"));
  const cookie = started.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  const back = await openBrowser("eve")(started.headers.get("location"));
  assert.equal(new URL(back).searchParams.get("iss"), metadata.issuer);
  const { response, user } = await login.callback(new Request(back, { headers: { cookie } }));
  assert.deepEqual([user.id, response.headers.get("location")], ["eve", "/x"]);

  const { url, flow } = await login.begin({ prompt: "none" });
  const refused = await openBrowser("nobody")(url);
  await assert.rejects(login.complete(refused, flow), { code: "login_required" });
  await assert.rejects(login.complete(back, flow), { code: "login_invalid" });
});
