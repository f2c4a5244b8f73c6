// The token service, on every runtime: what it hands out, and what it keeps.
import { contains, equal, ok } from "../client/check.js";
import { claimsOf } from "../client/identities.js";
import { openIssuer } from "../client/issuer.js";

const ISSUER = "https://tokens.example";
const ORDERS = "https://orders.example";
const SECRET = "a client's secret of many letters";
const type = (name) => `urn:ietf:params:oauth:token-type:${name}`;

/** A service, and a way to ask it. */
async function opened(t, options = Object.create(null)) {
  const issuer = await openIssuer(t, Object.create(null));
  const policy = `
[callers.ada]
issuer = "${issuer.url}"
jwks_uri = "${issuer.url}/keys"
claims.sub = "ada"

[callers.worker]
client_id = "worker"
secret_hash = "${await t.hashSecret(SECRET)}"

[[grants]]
to = ["ada"]
jwt_for = ["${ORDERS}"]
scopes = ["orders.read"]
ttl = "5m"

[[grants]]
to = ["worker"]
id_token_for = ["https://svc.example"]
`;
  const service = t.createTokenService({
    issuer: ISSUER,
    policy,
    secrets: ["a-secret-that-seals-of-32-characters-or-more"],
    store: t.memoryStore(),
    log: false,
    [t.customFetch]: issuer.fetch,
    ...options,
  });
  const ask = async (method, path, given) => {
    const { form, json, bearer } = { __proto__: null, ...given };
    const headers = new Headers();
    if (json) headers.set("content-type", "application/json");
    if (bearer) headers.set("authorization", `Bearer ${bearer}`);
    const body = form ? new URLSearchParams(form) : json && JSON.stringify(json);
    const response = await service.fetch(new Request(`${ISSUER}${path}`, { method, headers, body }));
    return { status: response.status, body: await response.json() };
  };
  return { issuer, service, ask };
}

const cases = [
  {
    name: "an ID token becomes a JWT that a backend verifies by the service's keys",
    smoke: true,
    async run(t) {
      const { issuer, ask } = await opened(t);
      const subject_token = await issuer.sign(issuer.claims({ sub: "ada", aud: ISSUER }));
      const { status, body } = await ask("POST", "/api/token", {
        form: {
          grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
          ...{ subject_token, subject_token_type: type("id_token"), audience: ORDERS, scope: "orders.read" },
        },
      });
      equal([status, body.issued_token_type, body.scope, body.expires_in], [200, type("jwt"), "orders.read", 300], JSON.stringify(body));
      const keys = async () => Response.json((await ask("GET", "/.well-known/jwks.json")).body);
      const backend = t.createIdTokenVerifier({ audience: ORDERS, issuer: ISSUER, jwksUri: `${ISSUER}/keys`, [t.customFetch]: keys });
      const { id, claims } = await backend.verify(body.access_token);
      equal([id, claims.scope], ["ada", "orders.read"], "what the backend is told");
    },
  },
  {
    name: "a client gets Google's ID token, made by the sessions of the same package",
    async run(t) {
      const { key } = await t.open();
      const { ask } = await opened(t, { credential: key, endpoints: t.emulator.url, [t.customFetch]: undefined });
      const form = { grant_type: "client_credentials", client_id: "worker", client_secret: SECRET, audience: "https://svc.example" };
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask("POST", "/api/token", { form })));
      equal([...new Set(answers.map(({ status }) => status))], [200], JSON.stringify(answers[0].body));
      const { aud, email } = claimsOf(answers[0].body.access_token);
      equal([aud, email], ["https://svc.example", key.client_email], "for whom it is, and whose");
      equal((await ask("POST", "/api/token", { form: { ...form, client_secret: "wrong" } })).status, 401, "a wrong secret");
    },
  },
  {
    name: "a login, refreshed, and ended by a refresh token that comes again",
    async run(t) {
      const { issuer, ask } = await opened(t);
      const { body } = await ask("POST", "/api/auth/login", {
        json: { id_token: await issuer.sign(issuer.claims({ sub: "ada", aud: ISSUER })) },
      });
      const { access_token: bearer, refresh_token } = body.data;
      contains((await ask("GET", "/api/user", { bearer })).body.data.subject, "ada", "who it is");
      equal((await ask("POST", "/api/auth/refresh", { json: { refresh_token } })).status, 200, "the first time");
      equal((await ask("POST", "/api/auth/refresh", { json: { refresh_token } })).status, 400, "the second time");
      equal((await ask("GET", "/api/user", { bearer })).status, 401, "the login has ended");
    },
  },
  {
    name: "what is wrong with options and policies is said at once, with its place",
    async run(t) {
      const good = { issuer: ISSUER, policy: "", secrets: ["x".repeat(32)], store: t.memoryStore() };
      for (const [name, value] of Object.entries({
        ...{ issuer: "tokens", policy: 1, secrets: ["short"], store: {}, metrics: "all", metadata: true, log: 1, audiences: "x" },
        unknown: 1,
      }))
        await t.refused(async () => t.createTokenService({ ...good, [name]: value }), "invalid_option");
      const bad = t.createTokenService({ ...good, policy: "[callers.a]\nissuer = 1" });
      const thrown = await bad.ready().then(
        () => undefined,
        (failure) => failure,
      );
      equal([thrown?.code, thrown?.faults?.[0].line], ["invalid_policy", 2], "its place");
      ok(thrown.message.includes("2:10"), thrown.message);
    },
  },
];

export default { name: "service", cases };
