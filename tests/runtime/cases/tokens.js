// Tokens as values: for whom they are, how long they are kept, and where credentials come from.
import { contains, equal, ok } from "../client/check.js";

const claimsOf = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));

const cases = [
  {
    name: "the default audience of every kind of base URL",
    async run(t) {
      const key = await t.account();
      for (const { base, audience } of t.vectors.bases.audience) {
        const session = t.createSession(base, { credential: key, endpoints: t.emulator.url });
        equal(claimsOf(await session.getIdToken()).aud, audience, `audience of ${base}`);
      }
    },
  },
  {
    name: "getIdToken: cached, another audience, forceRefresh",
    async run(t) {
      const { session, key } = await t.open();
      const token = await session.getIdToken();
      equal(await session.getIdToken(), token, "the second token");
      equal(await t.exchanges(), 1, "exchanges");
      const other = claimsOf(await session.getIdToken({ audience: "other audience" }));
      equal([other.aud, other.email], ["other audience", key.client_email], "claims");
      await session.getIdToken({ forceRefresh: true });
      equal(await t.exchanges(), 3, "exchanges after forceRefresh");
      await session.get("/");
      equal(await t.exchanges(), 3, "exchanges after a call");
    },
  },
  {
    name: "authorizationHeaders are what a call would carry",
    async run(t) {
      const { session, service } = await t.open({ session: { quotaProject: "p" } });
      const headers = await session.authorizationHeaders();
      equal((await fetch(`${service.url}/x`, { headers })).status, 200, "status");
      contains(new Headers(headers).get("authorization"), "Bearer eyJ", "header");
      equal(new Headers(headers).get("x-goog-user-project"), "p", "quota project");
      const moved = await session.extend({ authorizationHeader: "x-serverless-authorization" }).authorizationHeaders();
      equal(Object.keys(moved).includes("authorization"), false, "an Authorization beside it");
      contains(new Headers(moved).get("x-serverless-authorization"), "Bearer eyJ", "header");
    },
  },
  {
    name: "getAccessToken asks for scopes, and keeps them apart",
    async run(t) {
      const { session } = await t.open();
      const one = await session.getAccessToken({ scopes: ["https://www.googleapis.com/auth/devstorage.read_only"] });
      const two = await session.getAccessToken({ scopes: ["b", "a"] });
      equal(await session.getAccessToken({ scopes: ["a", "b"] }), two, "the same scopes in another order");
      ok(one !== two, "another token for other scopes");
      const asked = (await t.emulator.log("token")).map(({ token }) => token.scope);
      equal(asked, ["https://www.googleapis.com/auth/devstorage.read_only", "a b"], "scopes");
      await session.getAccessToken();
      equal((await t.emulator.log("token")).at(-1).token.scope, "https://www.googleapis.com/auth/cloud-platform", "scope by default");
      for (const scopes of [[], [""], ["a b\r\nc"], ["ä"], "a"]) {
        await t.refused(() => session.getAccessToken({ scopes }), "invalid_scope");
      }
    },
  },
  {
    name: "tokens are kept apart by account, key and audience",
    async run(t) {
      const { service, options, key } = await t.open();
      const other = await t.account();
      const callers = [];
      for (const credential of [key, other, key, other]) {
        const session = t.createSession(service.url, { ...options, credential });
        callers.push((await (await session.get("/")).json()).caller);
      }
      const [a, b] = [key.client_email, other.client_email];
      equal(callers, [a, b, a, b], "callers");
      equal(await t.exchanges(), 2, "exchanges");
    },
  },
  {
    name: "a credential function's JWT is kept, for its audience",
    async run(t) {
      const { session, service } = await t.open();
      const needs = [];
      const credential = async (need) => {
        needs.push(need);
        return session.getIdToken({ audience: need.audience });
      };
      const own = t.createSession(service.url, { credential });
      for (let i = 0; i < 3; i += 1) equal((await own.get("/")).status, 200, "status");
      equal(needs.length, 1, "calls of the function");
      equal(needs[0].audience, service.url, "audience");
      ok(needs[0].signal instanceof AbortSignal, "an AbortSignal");
      await own.getIdToken({ audience: "another" });
      equal([needs.length, needs[1].audience], [2, "another"], "a second audience");
    },
  },
  {
    name: "a credential function's { token, expiresAt } is kept until then, an opaque text not at all",
    async run(t) {
      let count = 0;
      const opaque = t.offline("https://svc.example", { credential: async () => `opaque-${(count += 1)}` });
      for (let i = 0; i < 3; i += 1) await opaque.session.get("/");
      const sent = opaque.calls.map(({ headers }) => headers.get("authorization"));
      equal(sent, ["Bearer opaque-1", "Bearer opaque-2", "Bearer opaque-3"], "tokens");

      for (const expiresAt of [Date.now() + 600_000, Number.MAX_VALUE]) {
        let dated = 0;
        const credential = async () => ({ token: `dated-${(dated += 1)}`, expiresAt });
        const kept = t.offline("https://svc.example", { credential });
        for (let i = 0; i < 3; i += 1) await kept.session.get("/");
        equal(dated, 1, "calls of the function");
        equal(kept.calls.at(-1).headers.get("authorization"), "Bearer dated-1", "token");
      }
    },
  },
  {
    name: "a credential function that fails, or gives no token",
    async run(t) {
      const failure = new Error("no token today");
      const failing = t.offline("https://svc.example", { credential: async () => Promise.reject(failure) });
      const error = await t.refused(() => failing.session.get("/"), "credential_function_failed");
      ok(error.cause === failure, "the function's own error as cause");
      equal(error.transient, false, "transient");
      const passing = Object.assign(new Error("Try later."), { transient: true });
      const busy = t.offline("https://svc.example", { credential: async () => Promise.reject(passing), retry: false });
      const told = await t.refused(() => busy.session.get("/"), "credential_function_failed");
      equal([told.transient, told.message], [true, "the credential function failed: Try later."], "a failure that passes");
      const circular = new Error("no token, and no end of causes");
      circular.cause = circular;
      const turning = t.offline("https://svc.example", { credential: async () => Promise.reject(circular) });
      contains((await t.refused(() => turning.session.get("/"), "credential_function_failed")).message, "no end of causes", "message");
      const thrower = t.offline("https://svc.example", {
        credential: () => {
          throw failure;
        },
      });
      await t.refused(() => thrower.session.get("/"), "credential_function_failed");
      const expired = { token: "x", expiresAt: Date.now() - 1000 };
      for (const given of [undefined, null, 7, "", "a b", "a\r\nb", {}, { token: 7 }, { token: "x", expiresAt: NaN }, expired]) {
        const { session, calls } = t.offline("https://svc.example", { credential: async () => given });
        await t.refused(() => session.get("/"), "credential_function_failed");
        equal(calls.length, 0, "requests");
      }
      equal(failing.calls.length + thrower.calls.length, 0, "requests");
    },
  },
  {
    name: "allowedHosts: a key file may name a token endpoint that the caller trusts",
    async run(t) {
      const { service, key } = await t.open();
      const { host } = new URL(t.emulator.url);
      const credential = { ...key, token_uri: `${t.emulator.url}/token` };
      const session = t.createSession(service.url, { credential, allowedHosts: ["sts.example", host] });
      equal((await session.get("/")).status, 200, "status");
      for (const allowedHosts of [undefined, [], ["127.0.0.1"], [`${host}0`]]) {
        const other = t.createSession(service.url, { credential, allowedHosts });
        await t.refused(() => other.getIdToken({ audience: "untried" }), "untrusted_host");
      }
    },
  },
  {
    name: "waitUntil is handed what may outlive the call, and never a rejection",
    async run(t) {
      const handed = [];
      const waitUntil = (promise) => void handed.push(promise);
      const { session } = await t.open({ session: { waitUntil } });
      await session.get("/");
      ok(handed.length > 0 && handed.every((one) => one instanceof Promise), "promises");
      await t.emulator.fault({ endpoint: "token", status: 400, json: { error: "invalid_grant" } });
      await t.refused(() => session.getIdToken({ audience: "another" }), "exchange_refused");
      await Promise.all(handed);
    },
  },
  {
    name: "the environment names the key file and the emulator",
    needs: ["env", "files"],
    async run(t) {
      const { service } = await t.open();
      t.runtime.setEnv("GOOGLE_APPLICATION_CREDENTIALS", `${t.folder}/key.json`);
      t.runtime.setEnv("CLOUD_RUN_AUTH_EMULATOR", t.emulator.url);
      try {
        const session = t.createSession(service.url);
        equal((await (await session.get("/")).json()).caller, "file@tests.iam.gserviceaccount.com", "caller");
        t.runtime.setEnv("GOOGLE_APPLICATION_CREDENTIALS", `${t.folder}/with-bom.json`);
        equal((await t.createSession(service.url).get("/")).status, 200, "status with a byte order mark");
      } finally {
        t.runtime.setEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
        t.runtime.setEnv("CLOUD_RUN_AUTH_EMULATOR", undefined);
      }
    },
  },
];

export default { name: "tokens", cases };
