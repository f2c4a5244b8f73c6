// The handlers in servers of Node's own kind: Express, through the adapter for fetch handlers, with its own routes around them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { createLogin } from "../../pkg/runtime/login-node.js";
import { memoryStore } from "../../pkg/stores/memory.js";
import { freePort } from "../stores/lib/port.mjs";

test("in Express a user logs in, is known, and logs out", async (t) => {
  const emulator = createEmulator();
  const google = await serve(emulator);
  t.after(() => google.close());
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const client = emulator.createOAuthClient({ redirectUris: [`${origin}/auth/callback`] });
  const login = createLogin({ client, redirectUri: `${origin}/auth/callback`, store: memoryStore(), endpoints: google.url });

  const app = express();
  app.get(
    "/auth/login",
    getRequestListener((request) => login.start(request)),
  );
  app.get(
    "/auth/callback",
    getRequestListener(async (request) => (await login.callback(request)).response),
  );
  app.post(
    "/auth/logout",
    getRequestListener((request) => login.logout(request, { returnTo: "/bye" })),
  );
  app.get(
    "/me",
    getRequestListener(async (request) => Response.json((await login.getUser(request))?.email ?? null)),
  );
  app.get("/plain", (_, response) => void response.send("Express's own"));
  const server = app.listen(port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());

  let cookies = {};
  const visit = async (url, init = {}) => {
    const headers = {
      cookie: Object.entries(cookies)
        .map((pair) => pair.join("="))
        .join("; "),
    };
    const answer = await fetch(new URL(url, origin), { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) cookies[name] = value;
      else delete cookies[name];
    }
    return answer;
  };
  const sent = await visit("/auth/login?return_to=/items%3Fpage%3D2");
  assert.equal(sent.status, 302);
  const back = await visit(await emulator.consent(sent.headers.get("location")));
  assert.deepEqual([back.status, back.headers.get("location")], [302, "/items?page=2"]);
  assert.equal(await (await visit("/me")).json(), "developer@example.com");
  assert.equal(await (await visit("/plain")).text(), "Express's own");
  const out = await visit("/auth/logout", { method: "POST" });
  assert.deepEqual([out.status, out.headers.get("location"), cookies], [303, "/bye", {}]);
  assert.equal(await (await visit("/me")).json(), null);
});
