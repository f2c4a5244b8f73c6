// The token service of this package, as `serve` runs it, but for where keys and Google's tokens come from: there is no network here.
import { listen } from "../../pkg/cli/serve/server.js";
import { customFetch } from "../../pkg/runtime/node.js";
import { answers } from "../../pkg/service/direct.js";
import { createTokenService, hashSecret } from "../../pkg/runtime/service-node.js";
import { memoryStore } from "../../pkg/stores/memory.js";

const { ISSUER, SERVICE, AUDIENCE, SECRET, JWK, GOOGLES, PORT } = process.env;
const service = createTokenService({
  issuer: SERVICE,
  secrets: ["a-secret-that-seals-of-32-characters-or-more"],
  store: memoryStore(),
  log: false,
  credential: async () => GOOGLES,
  [customFetch]: async () => Response.json({ keys: [JSON.parse(JWK)] }, { headers: { "cache-control": "max-age=86400" } }),
  policy: `
[callers.worker]
client_id = "worker"
secret_hash = "${await hashSecret(SECRET)}"
rate = "1000000/second"

[callers.ada]
issuer = "${ISSUER}"
jwks_uri = "${ISSUER}/keys"
claims.sub = "ada"
rate = "1000000/second"

[[grants]]
to = ["worker"]
id_token_for = ["${AUDIENCE}"]
`,
});
await service.ready();
const answer = answers.get(service);
await listen((came, body) => answer(async () => ({ ...came, ...(await body()) }), ""), { host: "127.0.0.1", port: Number(PORT) });
process.send?.("ready");
