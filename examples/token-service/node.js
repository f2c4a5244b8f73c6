// The token service on Node, with Redis. Any number of these is one service.
import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { createTokenService } from "cloud-run-auth/service";
import { redisStore } from "cloud-run-auth/stores/redis";
import { createClient } from "redis";

const { AUTH_JIT_SECRET, ISSUER, PORT = "8000", REDIS_URL } = process.env;
const redis = createClient({ url: REDIS_URL, disableOfflineQueue: true });
redis.on("error", (error) => console.error(JSON.stringify({ severity: "ERROR", message: `Redis: ${error.code ?? error.message}` })));
await redis.connect();

const service = createTokenService({
  issuer: ISSUER,
  secrets: [AUTH_JIT_SECRET],
  store: redisStore(redis),
  policy: readFileSync(new URL("policy.toml", import.meta.url), "utf8"),
});
await service.ready();

const fetch = (request, { incoming }) => service.fetch(request, { peer: incoming.socket.remoteAddress });
const server = serve({ fetch, port: Number(PORT), hostname: "127.0.0.1" }, ({ port }) => console.log(`http://127.0.0.1:${port}`));
process.on("SIGTERM", () => server.close(() => redis.close()));
