// As little as a token service can be, with Hono and jose: a secret compared, a token out of a map, a caller's token verified.
import { timingSafeEqual } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createLocalJWKSet, jwtVerify } from "jose";

const { ISSUER, SERVICE, AUDIENCE, SECRET, JWK, GOOGLES, PORT } = process.env;
const keys = createLocalJWKSet({ keys: [JSON.parse(JWK)] });
const secret = Buffer.from(SECRET);
const kept = new Map([[AUDIENCE, { token: GOOGLES, ends: Date.now() + 3_600_000 }]]);
const app = new Hono();
app.post("/api/token", async (c) => {
  const form = await c.req.parseBody();
  const given = Buffer.from(String(form.client_secret));
  if (form.client_id !== "worker" || given.length !== secret.length || !timingSafeEqual(given, secret))
    return c.json({ error: "invalid_client" }, 401);
  const token = kept.get(form.audience);
  if (!token) return c.json({ error: "invalid_target" }, 400);
  return c.json({ access_token: token.token, token_type: "Bearer", expires_in: Math.floor((token.ends - Date.now()) / 1000) });
});
app.get("/api/user", async (c) => {
  try {
    const { payload } = await jwtVerify(c.req.header("authorization")?.slice(7) ?? "", keys, {
      issuer: ISSUER,
      audience: SERVICE,
      algorithms: ["RS256"],
    });
    return c.json({ subject: payload.sub });
  } catch {
    return c.json({ error: "invalid_token" }, 401);
  }
});
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) }, () => process.send?.("ready"));
