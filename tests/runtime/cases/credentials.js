// Every type of credential file, as far as it is supported: who is seen to call, and what was asked for on the way.
import { contains, equal } from "../client/check.js";
import { account, claimsOf, CLOUD_PLATFORM, STORAGE, subjectToken, workload } from "../client/identities.js";

/** Who calls, as a private service and as one of Google's APIs see it. */
async function callers(t, credential, email) {
  const service = await t.emulator.addService({ name: t.unique("s"), invokers: [email] });
  const options = { credential, endpoints: t.emulator.url };
  const called = await t.createSession(service.url, options).get("/x");
  const api = await t.createSession(`${t.emulator.url}/storage/v1`, { ...options, scopes: [STORAGE] }).get("/b/x");
  return [called.status === 200 ? (await called.json()).caller : called.status, (await api.json()).caller];
}

const sources = {
  "a service account": async (t) => {
    const key = await t.account();
    return { source: key, caller: key.client_email };
  },
  "a user": async (t) => {
    const email = `${t.unique("u")}@example.com`;
    return { source: await t.emulator.make("users", { email }), caller: email };
  },
};

const cases = [
  {
    name: "a service account at Google's APIs, by scopes",
    async run(t) {
      const key = await t.account();
      equal(await callers(t, key, key.client_email), [key.client_email, key.client_email], "callers");
      const asked = (await t.emulator.log("token")).map(({ token }) => token.scope ?? token.audience);
      equal(asked.at(-1), STORAGE, "scope");
    },
  },
  {
    name: "a service account's tokens are signed by itself where that is asked for, and only there",
    async run(t) {
      const credential = await t.account();
      const open = (selfSigned) =>
        t.createSession(t.emulator.url, { credential, endpoints: t.emulator.url, scopes: [STORAGE], selfSigned });
      contains(await open(false).getAccessToken(), "ya29", "an access token of the endpoint's");
      contains(await open(true).getAccessToken(), "eyJ", "a token of its own");
    },
  },
  {
    name: "a file without a type is held to the type and the universe that were asked for",
    async run(t) {
      const { type: _, ...credential } = await t.account();
      const open = (more) => t.createSession(t.emulator.url, { endpoints: t.emulator.url, credential, ...more });
      contains(await open().getIdToken(), "eyJ", "token");
      for (const session of [
        open({ credentialType: "authorized_user" }),
        open({ credential: { ...credential, universe_domain: "u.example" } }),
      ])
        await t.refused(() => session.getIdToken(), "unsupported_credential");
      equal(await t.exchanges(), 1, "exchanges");
    },
  },
  {
    name: "no field of a file gets more into a request than its value",
    async run(t) {
      const key = await t.account();
      const { email, named } = await account(t, key.client_email);
      const lifetime = '600s","scope":["https://www.googleapis.com/auth/cloud-platform"],"x":"';
      const open = (more) =>
        t.createSession(t.emulator.url, {
          endpoints: t.emulator.url,
          credential: { type: "impersonated_service_account", source_credentials: key, ...named, ...more },
        });
      for (const more of [
        { service_account_impersonation: { token_lifetime_seconds: lifetime } },
        {
          service_account_impersonation_url: `${named.service_account_impersonation_url.replace(":generate", ":signJwt?x=/serviceAccounts/a:generate")}`,
        },
        { service_account_impersonation_url: named.service_account_impersonation_url.replace(email, `${email}/x`) },
      ])
        await t.refused(() => open(more).getAccessToken(), "invalid_credential");
      await t.nothingSent();
    },
  },
  {
    name: "scopes: each once and in order; not beside an audience, and no empty ones",
    async run(t) {
      const key = await t.account();
      const open = (scopes, more) =>
        t.createSession(`${t.emulator.url}/storage/v1`, { credential: key, endpoints: t.emulator.url, scopes, ...more });
      const session = open([STORAGE, CLOUD_PLATFORM, STORAGE]);
      equal((await session.get("/b/x")).status, 200, "status");
      equal((await t.emulator.log("token")).at(-1).token.scope, `${CLOUD_PLATFORM} ${STORAGE}`, "scope");
      await open([CLOUD_PLATFORM, STORAGE]).get("/b/x");
      equal(await t.exchanges(), 1, "exchanges");
      contains((await session.authorizationHeaders()).authorization, "Bearer ", "header");
      equal(claimsOf(await session.getIdToken({ audience: "a" })).aud, "a", "ID token beside it");
      for (const scopes of [[], "a", [""], [7], ["a\r\nb"], ["ä"]]) t.refusedAtOnce(() => open(scopes), "invalid_scope");
      t.refusedAtOnce(() => open([STORAGE], { audience: "a" }), "invalid_option");
    },
  },
  {
    name: "an authorized_user: access tokens for scopes, ID tokens for its client",
    async run(t) {
      const email = `${t.unique("u")}@example.com`;
      const file = await t.emulator.make("users", { email });
      equal(await callers(t, file, email), [email, email], "callers");
      const token = await t.createSession(t.emulator.url, { credential: file, endpoints: t.emulator.url }).getIdToken();
      equal([claimsOf(token).aud, claimsOf(token).email], [file.client_id, email], "claims");
    },
  },
  {
    name: "an authorized_user whose refresh token is replaced with each use",
    async run(t) {
      const file = await t.emulator.make("users", { email: `${t.unique("u")}@example.com`, rotate: true });
      const session = t.createSession(t.emulator.url, { credential: file, endpoints: t.emulator.url });
      const first = await session.getAccessToken();
      const second = await session.getAccessToken({ forceRefresh: true });
      const third = await session.getAccessToken({ forceRefresh: true });
      equal(new Set([first, second, third]).size, 3, "tokens");
    },
  },
  {
    name: "an authorized_user who took the consent back, or has to sign in again",
    async run(t) {
      for (const state of ["revoked", "reauth"]) {
        const email = `${t.unique("u")}@example.com`;
        const file = await t.emulator.make("users", { email });
        await t.emulator.make("user-state", { user: email, state });
        const session = t.createSession(t.emulator.url, { credential: file, endpoints: t.emulator.url });
        const error = await t.refused(() => session.getAccessToken(), "exchange_refused", {
          secrets: [file.refresh_token, file.client_secret],
        });
        equal(error.server.error, "invalid_grant", "server.error");
      }
    },
  },
  {
    name: "a new refresh token outlives the core's memory, other sessions, and a store that takes its time",
    async run(t) {
      const credential = await t.emulator.make("users", { email: `${t.unique("u")}@example.com`, rotate: true });
      const open = (more) => t.createSession(t.emulator.url, { credential, endpoints: t.emulator.url, ...more });
      const session = open();
      await session.getAccessToken();
      // More credentials than the core keeps.
      for (let count = 0; count < 1001; count += 1) {
        const other = t.createSession("https://svc.example", { credential: async () => "opaque" });
        await other.getIdToken();
      }
      const [first, second] = [await open().getAccessToken({ forceRefresh: true }), await session.getAccessToken({ forceRefresh: true })];
      equal(new Set([first, second]).size, 2, "tokens");
      const told = [];
      const crowd = open({ onRefreshToken: (token) => void told.push(token) });
      await Promise.all(Array.from({ length: 20 }, () => crowd.getAccessToken({ forceRefresh: true })));
      equal(told.length, new Set(told).size, "times that each was told");
      let stored;
      const slow = open({ onRefreshToken: () => new Promise((resolve) => (stored = resolve)) });
      const [kept, free] = [slow.getAccessToken({ forceRefresh: true }), open().getAccessToken({ forceRefresh: true })];
      contains(await free, "ya29", "the token of whoever stores nothing");
      stored();
      contains(await kept, "ya29", "the token of whoever stores");
    },
  },
  {
    name: "an answer whose refresh token is null replaces none",
    async run(t) {
      const credential = await t.emulator.make("users", { email: `${t.unique("u")}@example.com` });
      const bodies = [];
      const fetch = async (url, init) => {
        bodies.push(new URLSearchParams(init.body).get("refresh_token"));
        return Response.json({ access_token: `a${bodies.length}`, expires_in: 3600, refresh_token: null });
      };
      const told = [];
      const session = t.createSession("https://svc.example", {
        credential,
        [t.customFetch]: fetch,
        onRefreshToken: (token) => told.push(token),
      });
      await session.getAccessToken();
      await session.getAccessToken({ forceRefresh: true });
      equal([bodies, told], [[credential.refresh_token, credential.refresh_token], []], "refresh tokens");
    },
  },
  {
    name: "an external_account_authorized_user, whose client is shown in a header",
    async run(t) {
      const file = await t.emulator.make("external-users", { rotate: true });
      const session = t.createSession(t.emulator.url, { credential: file, endpoints: t.emulator.url });
      const first = await session.getAccessToken();
      const second = await session.getAccessToken({ forceRefresh: true });
      equal(new Set([first, second]).size, 2, "tokens");
      await t.refused(() => session.getIdToken(), "unsupported_credential");
    },
  },
  ...Object.entries(sources).map(([name, make]) => ({
    name: `an impersonated_service_account, acted as by ${name}`,
    async run(t) {
      const { source, caller } = await make(t);
      const { email, named } = await account(t, caller);
      const file = { type: "impersonated_service_account", source_credentials: source, ...named };
      equal(await callers(t, file, email), [email, email], "callers");
    },
  })),
  {
    name: "an impersonated_service_account through delegates, in their order",
    async run(t) {
      const key = await t.account();
      const first = await account(t, key.client_email);
      const second = await account(t, first.email);
      const { email, named } = await account(t, second.email);
      const delegates = [first, second].map(({ email }) => `projects/-/serviceAccounts/${email}`);
      const file = { type: "impersonated_service_account", source_credentials: key, delegates, ...named };
      equal(await callers(t, file, email), [email, email], "callers");
      const backwards = { ...file, delegates: delegates.toReversed?.() ?? [...delegates].reverse() };
      const session = t.createSession(t.emulator.url, { credential: backwards, endpoints: t.emulator.url });
      const error = await t.refused(() => session.getIdToken(), "exchange_refused");
      equal([error.server.status, error.server.error], [403, "PERMISSION_DENIED"], "server");
    },
  },
  {
    name: "an impersonated_service_account whose source is one itself",
    async run(t) {
      const key = await t.account();
      const inner = await account(t, key.client_email);
      const outer = await account(t, inner.email);
      const source = { type: "impersonated_service_account", source_credentials: key, ...inner.named };
      const file = { type: "impersonated_service_account", source_credentials: source, ...outer.named };
      equal(await callers(t, file, outer.email), [outer.email, outer.email], "callers");
      const methods = (await t.emulator.log("iam")).map(({ iam }) => iam.method);
      equal(methods.slice(0, 2), ["generateAccessToken", "generateIdToken"], "methods");
    },
  },
  {
    name: "an external_account by a URL's answer, with headers, as text and as a field of JSON",
    async run(t) {
      const { file } = await workload(t);
      const job = await t.emulator.make("github-jobs", { repository: `o/${t.unique("r")}` });
      const audience = file.audience;
      const url = `${job.url}&audience=${encodeURIComponent(audience)}`;
      const credential_source = {
        url,
        headers: { Authorization: `Bearer ${job.token}` },
        format: { type: "json", subject_token_field_name: "value" },
      };
      const direct = t.createSession(`${t.emulator.url}/storage/v1`, {
        credential: { ...file, credential_source },
        endpoints: t.emulator.url,
        scopes: [CLOUD_PLATFORM],
      });
      const { caller } = await (await direct.get("/b/x")).json();
      contains(caller, "principal://", "caller");
      const { email, named } = await account(t, caller);
      equal(await callers(t, { ...file, ...named, credential_source }, email), [email, email], "callers");
      const refused = { ...file, credential_source: { ...credential_source, headers: {} } };
      const session = t.createSession(t.emulator.url, { credential: refused, endpoints: t.emulator.url });
      await t.refused(() => session.getAccessToken(), "invalid_answer", { secrets: [job.token] });
    },
  },
  {
    name: "an external_account has ID tokens only as a service account",
    async run(t) {
      const { file } = await workload(t);
      const credential = { ...file, credential_source: { file: "/nowhere" } };
      const session = t.createSession(t.emulator.url, { credential, endpoints: t.emulator.url });
      await t.refused(() => session.getIdToken(), "unsupported_credential");
    },
  },
  {
    name: "an external_account by what the runtime does not have is refused, with another way to do it",
    async run(t) {
      const { file } = await workload(t);
      // Deno has files, which it may be forbidden to read.
      const none = t.runtime.lacks.files && t.runtime.name !== "deno";
      const ask = (credential_source) =>
        t.refused(
          () => t.createSession(t.emulator.url, { credential: { ...file, credential_source }, endpoints: t.emulator.url }).getAccessToken(),
          none ? "unsupported_by_host" : "credential_unreadable",
        );
      const error = await ask({ file: "/nowhere" });
      if (none) contains(error.message, "subjectToken", "message");
    },
  },
  {
    name: "an external_account by a file: read for each exchange, where there are files",
    needs: ["files"],
    async run(t) {
      const { file, audience, principal } = await workload(t);
      const token = await subjectToken(t, audience);
      const name = t.unique("subject-token");
      await t.lab.write(name, token);
      const path = `${t.folder}/${name}`;
      const { email, named } = await account(t, principal("job"));
      equal(
        await callers(t, { ...file, ...named, credential_source: { file: path, format: { type: "text" } } }, email),
        [email, email],
        "callers",
      );
    },
  },
];

export default { name: "credentials", cases };
