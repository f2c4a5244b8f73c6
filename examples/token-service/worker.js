// The token service on Cloudflare Workers, with a Durable Object for each record.
import { env } from "cloudflare:workers";
import { createTokenService } from "cloud-run-auth/service";
import { durableObjectStore, RecordHolder } from "cloud-run-auth/stores/durable-object";
import policy from "./policy.toml";

export { RecordHolder };

const service = createTokenService({
  issuer: env.ISSUER,
  secrets: [env.AUTH_JIT_SECRET],
  store: durableObjectStore(() => env.RECORDS),
  policy,
  // A service account's key, or what else Application Default Credentials may be; for ID and access tokens of Google's.
  ...(env.CREDENTIAL && { credential: env.CREDENTIAL }),
});

export default { fetch: (request) => service.fetch(request) };
