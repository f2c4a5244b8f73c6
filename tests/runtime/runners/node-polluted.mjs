// Node with an Object.prototype on which a careless library (or an attacker through it) has left every name that we read.
// What Node's own fetch trips over (method, body, signal, keepAlive, a timeout of 1) is not among them.
import * as lib from "../client/library.js";
import { runHere } from "../client/local.js";
import { nodeRuntime } from "./node-runtime.mjs";

const planted = {
  ...{ audience: "https://evil.example", universeDomain: "evil.example", quotaProject: "evil", userAgent: "evil/1" },
  ...{ credential: '{"type":"evil"}', timeout: 60_000, retry: 7, authorizationHeader: "cookie" },
  ...{ joinUrl: () => "https://evil.example/", allowedHosts: ["evil.example"], endpoints: "http://127.0.0.1:9" },
  ...{ waitUntil: () => {}, insecure: true, allowInsecureRequests: true, customFetch: () => new Response("evil") },
  ...{ json: { evil: 1 }, searchParams: { evil: "1" }, headers: { "x-evil": "1" }, forceRefresh: true, scopes: ["evil"] },
  ...{ code: "evil", transient: "evil", retryAfter: 9, server: { status: 999 }, token: "evil", expiresAt: 1 },
  ...{ attempts: 1, delay: 1, maxDelay: 1, methods: ["POST"], statuses: [200] },
  ...{ subject: "evil", emulator: "http://127.0.0.1:9", fetch: () => new Response("evil") },
};
for (const [name, value] of Object.entries(planted)) {
  Object.defineProperty(Object.prototype, name, { value, writable: true, configurable: true, enumerable: false });
}

const smokeOnly = "only the smoke cases run with a polluted Object.prototype";
await runHere(lib, nodeRuntime({ smokeOnly }), JSON.parse(process.argv[2]));
