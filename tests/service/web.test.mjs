// People who log in to the service with a browser: who they are to it, and the tokens that they get by that.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../stores/lib/port.mjs";
import { folder, serveCommand } from "./command.mjs";
import { openGoogle, policy } from "./stand.mjs";

const { emulator, url: google } = await openGoogle();
const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const client = emulator.createOAuthClient({ redirectUris: [`${origin}/api/auth/web/callback`] });
emulator.addPerson({ email: "ada@example.com", name: "Ada" });
emulator.addPerson({ email: "eve@example.com", name: "Eve" });
const cwd = folder();
writeFileSync(join(cwd, "client.json"), JSON.stringify(client));
const people = `
[callers.people]
issuer = "https://accounts.google.com"
claims.email = "ada@example.com"

[[grants]]
to = ["people"]
jwt_for = ["https://wiki.example"]
`;
const service = await serveCommand({
  ...{ policy: (await policy()) + people, cwd, port },
  env: { AUTH_JIT_CLIENT_FILE: "client.json", CLOUD_RUN_AUTH_EMULATOR: google, AUTH_JIT_STORE_URL: "file:state" },
});

/** A browser, as far as it is needed: it keeps cookies, and follows nobody. */
function browser() {
  const jar = new Map();
  return async (path, { method = "GET", headers, json } = {}) => {
    const response = await fetch(new URL(path, origin), {
      method,
      redirect: "manual",
      headers: {
        cookie: [...jar].map((pair) => pair.join("=")).join("; "),
        ...(json && { "content-type": "application/json" }),
        ...headers,
      },
      body: json && JSON.stringify(json),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (value && !/max-age=0/i.test(cookie)) jar.set(name, value);
      else jar.delete(name);
    }
    const text = await response.text();
    return { status: response.status, location: response.headers.get("location"), body: text.startsWith("{") ? JSON.parse(text) : text };
  };
}

async function loggedIn(person) {
  const ask = browser();
  const begun = await ask("/api/auth/web/login?return_to=/api/docs");
  assert.equal(begun.status, 302);
  const back = await emulator.consent(begun.location, { account: person });
  const arrived = await ask(back);
  assert.deepEqual([arrived.status, arrived.location], [302, "/api/docs"], JSON.stringify(arrived.body));
  return ask;
}

test("whoever has logged in is who the policy says, and gets tokens by that", async () => {
  const ask = await loggedIn("ada@example.com");
  const { status, body } = await ask("/api/user");
  assert.deepEqual([status, body.data.callers], [200, ["people"]], JSON.stringify(body));
  const login = await ask("/api/auth/login", { method: "POST", json: { session: "browser" } });
  assert.equal(login.status, 200, JSON.stringify(login.body));
  const form = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: login.body.data.access_token,
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    audience: "https://wiki.example",
  };
  const jwt = await fetch(`${origin}/api/token`, { method: "POST", body: new URLSearchParams(form) });
  assert.equal(jwt.status, 200, await jwt.text());
  const left = await ask("/api/auth/web/logout", { method: "POST", headers: { origin } });
  assert.ok(left.status < 400, JSON.stringify(left.body));
  assert.equal((await ask("/api/user")).status, 401);
});

test("nobody else is let in by it: other people, other pages, no cookie, and not beside a token", async () => {
  const eve = await loggedIn("eve@example.com");
  const { status, body } = await eve("/api/user");
  assert.deepEqual([status, body.meta.code], [403, "forbidden"]);
  assert.equal((await eve("/api/auth/login", { method: "POST", json: { session: "browser" } })).status, 403);
  const ada = await loggedIn("ada@example.com");
  assert.equal((await ada("/api/user", { headers: { authorization: "Bearer none" } })).status, 401, "a token goes before");
  assert.equal((await ada("/api/echo", { method: "POST", json: {} })).status, 401, "a cookie counts at two paths alone");
  assert.ok((await ada("/api/auth/web/logout", { method: "POST", headers: { origin: "https://evil.example" } })).status >= 400);
  assert.equal((await browser()("/api/user")).status, 401);
  assert.equal((await browser()("/api/auth/login", { method: "POST", json: { session: "browser" } })).status, 401);
  assert.equal((await browser()("/api/auth/login", { method: "POST", json: { session: "other" } })).status, 400);
  const stray = await browser()("/api/auth/web/callback?code=x&state=y");
  assert.deepEqual([stray.status, stray.body.meta.code], [400, "login_invalid"]);
  assert.doesNotMatch(service.output.stdout, /eyJ|ya29/);
});

test("without a client there is no such login", async () => {
  const { url } = await serveCommand({ policy: await policy() });
  assert.equal((await fetch(`${url}/api/auth/web/login`, { redirect: "manual" })).status, 404);
});
