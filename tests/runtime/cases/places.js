// Where credentials and subject tokens come from beside their file: the environment, metadata servers, programs, functions.
import { contains, equal, ok } from "../client/check.js";
import { within } from "../client/environment.js";
import { claimsOf, CLOUD_PLATFORM, JWT, subjectToken, workload } from "../client/identities.js";

/** Who calls one of Google's APIs, given a session's options. */
async function caller(t, options) {
  const session = t.createSession(`${t.emulator.url}/storage/v1`, { endpoints: t.emulator.url, scopes: [CLOUD_PLATFORM], ...options });
  return (await (await session.get("/b/x")).json()).caller;
}

/** Makes a session's credential another one than all others: what was found before is kept for the others. */
const fresh = (t) => ({ allowedHosts: [`${t.unique("h")}.example`] });

const cases = [
  {
    name: "a service account for a user, by domain-wide delegation",
    async run(t) {
      const credential = await t.emulator.make("keys", { email: `${t.unique("d")}@x.example`, delegatedScopes: [CLOUD_PLATFORM] });
      const subject = `${t.unique("u")}@example.com`;
      equal(await caller(t, { credential, subject }), subject, "caller");
      equal(await caller(t, { credential }), credential.client_email, "caller without");
      const session = t.createSession(t.emulator.url, { endpoints: t.emulator.url, credential, subject });
      await t.refused(() => session.getIdToken(), "unsupported_credential");
    },
  },
  {
    name: "a service account's self-signed access tokens",
    async run(t) {
      const credential = await t.account();
      equal(await caller(t, { credential, selfSigned: true }), credential.client_email, "caller");
      equal(await t.exchanges(), 0, "exchanges");
    },
  },
  {
    name: "a service account of another universe: ID tokens by IAM, access tokens of its own",
    async run(t) {
      const email = `${t.unique("v")}@x.iam.u.example`;
      const credential = await t.emulator.make("keys", { email, universeDomain: "u.example" });
      await t.emulator.make("impersonation", { caller: email, target: email });
      const options = { credential, endpoints: t.emulator.url, universeDomain: "u.example" };
      const session = t.createSession(t.emulator.url, { ...options, audience: "https://svc/?a=1&b=2" });
      const claims = claimsOf(await session.getIdToken());
      equal([claims.aud, claims.email], ["https://svc/?a=1&b=2", email], "claims");
      ok(await session.getAccessToken(), "access token");
      equal(await t.exchanges(), 0, "exchanges");
      await t.refused(
        () => t.createSession(t.emulator.url, { ...options, universeDomain: undefined }).getIdToken(),
        "unsupported_credential",
      );
    },
  },
  {
    name: "the type that was asked for, and no other; a user's ID tokens can be refused",
    async run(t) {
      const credential = await t.emulator.make("users", { email: `${t.unique("u")}@example.com` });
      const open = (more) => t.createSession(t.emulator.url, { credential, endpoints: t.emulator.url, ...more });
      ok(await open({ credentialType: "authorized_user" }).getAccessToken(), "token");
      await t.refused(() => open({ credentialType: "service_account" }).getAccessToken(), "unsupported_credential");
      await t.refused(() => open({ userIdTokens: false }).getIdToken(), "unsupported_credential");
      ok(await open({ userIdTokens: false }).getAccessToken(), "access token");
    },
  },
  {
    name: "a new refresh token is handed on, and used",
    async run(t) {
      const credential = await t.emulator.make("users", { email: `${t.unique("u")}@example.com`, rotate: true });
      const told = [];
      const onRefreshToken = (token) => void told.push(token);
      const session = t.createSession(t.emulator.url, { credential, endpoints: t.emulator.url, onRefreshToken });
      await session.getAccessToken();
      await session.getAccessToken();
      await session.getAccessToken({ forceRefresh: true });
      equal([told.length, new Set([...told, credential.refresh_token]).size], [2, 3], "told");
    },
  },
  {
    name: "the file's quota project pays for calls of Google's APIs, unless the caller names another",
    async run(t) {
      const credential = { ...(await t.emulator.make("users", { email: `${t.unique("u")}@example.com` })), quota_project_id: "files" };
      const options = { credential, endpoints: t.emulator.url, scopes: [CLOUD_PLATFORM] };
      const quota = async (more) =>
        (await (await t.createSession(`${t.emulator.url}/storage/v1`, { ...options, ...more }).get("/b/x")).json()).quotaProject;
      equal([await quota(), await quota({ quotaProject: "own" })], ["files", "own"], "quota project");
      const headers = await t.createSession(t.emulator.url, options).authorizationHeaders();
      equal(headers["x-goog-user-project"], "files", "header");
    },
  },
  {
    name: "the metadata server, by name: identity with format and licenses, access tokens, other accounts",
    needs: ["env"],
    async run(t) {
      const other = `${t.unique("o")}@x.iam.gserviceaccount.com`;
      await t.emulator.make("metadata", { accounts: [{ email: other }] });
      await within(t, {}, async () => {
        const open = (more) =>
          t.createSession(t.emulator.url, { endpoints: t.emulator.url, credential: { type: "metadata_server", ...more } });
        const audience = "https://svc/?a=1&b=2";
        const full = claimsOf(await open({ licenses: "TRUE" }).getIdToken({ audience }));
        equal([full.aud, Array.isArray(full.google.compute_engine.license_id)], [audience, true], "full");
        equal(claimsOf(await open({ format: "standard" }).getIdToken({ audience })).google, undefined, "standard");
        equal(claimsOf(await open({ service_account: other }).getIdToken()).email, other, "other account");
        equal(await caller(t, { credential: { type: "metadata_server", service_account: other } }), other, "caller");
      });
    },
  },
  {
    name: "the search: gcloud's file, then the metadata server, in their order",
    needs: ["env", "files"],
    async run(t) {
      const key = await t.account();
      await t.lab.write("application_default_credentials.json", JSON.stringify(key));
      const server = "emulator@emulator-project.iam.gserviceaccount.com";
      for (const [variables, email] of [
        [{ CLOUDSDK_CONFIG: t.folder }, key.client_email],
        [{ CLOUDSDK_CONFIG: "/nowhere" }, server],
        [{ HOME: "/dev/null", K_SERVICE: "svc" }, server],
        [{ HOME: "/dev/null", METADATA_SERVER_DETECTION: "assume-present" }, server],
        [{ GOOGLE_APPLICATION_CREDENTIALS: `${t.folder}/key.json` }, "file@tests.iam.gserviceaccount.com"],
      ])
        await within(t, variables, async () => {
          equal(await caller(t, { gcloud: false, ...fresh(t) }), email, JSON.stringify(variables));
        });
    },
  },
  {
    name: "the search: who finds nothing is told of every place; what was not there is not asked for again at once",
    needs: ["env", "files"],
    async run(t) {
      let asked = 0;
      const fetch = async () => {
        asked += 1;
        throw new TypeError("nobody is there");
      };
      const open = (more) => t.createSession("https://svc.example", { [t.customFetch]: fetch, gcloud: false, ...more });
      await within(t, { HOME: "/dev/null" }, async () => {
        const session = open();
        equal(asked, 0, "probes before there is a call");
        const error = await t.refused(() => session.getIdToken(), "credential_not_found");
        for (const part of ["GOOGLE_APPLICATION_CREDENTIALS is not set", "/dev/null/.config/gcloud/", "nobody is there", "gcloud auth"])
          contains(error.message, part, "message");
        const again = await t.refused(() => session.getIdToken({ audience: "b" }), "credential_not_found");
        contains(again.message, "a short while ago", "message");
        equal(asked, 1, "probes");
      });
      for (const variables of [{ METADATA_SERVER_DETECTION: "none" }, { NO_GCE_CHECK: "true" }, { METADATA_SERVER_DETECTION: "bios-only" }])
        await within(t, { HOME: "/dev/null", ...variables }, () => t.refused(() => open().getIdToken(), "credential_not_found"));
      equal(asked, 1, "probes");
    },
  },
  {
    name: "whoever answers in the metadata server's place is not believed",
    needs: ["env", "files"],
    async run(t) {
      const fetch = async () => new Response("eyJhbGciOiJub25lIn0.e30.c2ln");
      const open = (more) => t.createSession("https://svc.example", { [t.customFetch]: fetch, gcloud: false, retry: false, ...more });
      await within(t, { HOME: "/dev/null" }, () => t.refused(() => open().getIdToken(), "credential_not_found"));
      const credential = { type: "metadata_server" };
      await within(t, {}, () => t.refused(() => open({ credential }).getIdToken(), "exchange_unavailable"));
    },
  },
  {
    name: "the search: what a polluted prototype has is not of the environment, and a fetch that heeds no signal does not hold it up",
    needs: ["env"],
    async run(t) {
      const asked = [];
      const fetch = (url) => {
        asked.push(new URL(url).host);
        return new Promise(() => {});
      };
      const session = t.createSession("https://svc.example", { [t.customFetch]: fetch, gcloud: false, ...fresh(t) });
      await within(t, { HOME: "/dev/null" }, async () => {
        Object.prototype.GCE_METADATA_HOST = "evil.example";
        const error = t.refused(() => session.getIdToken({ signal: AbortSignal.timeout(5000) }), "credential_not_found");
        await error.finally(() => delete Object.prototype.GCE_METADATA_HOST);
      });
      equal(asked, ["169.254.169.254"], "hosts that were asked");
    },
  },
  {
    name: "the search: gcloud itself comes last",
    needs: ["env", "files", "processes"],
    async run(t) {
      const key = await t.account();
      const made = t.createSession(t.emulator.url, { credential: key, endpoints: t.emulator.url, scopes: [CLOUD_PLATFORM] });
      await t.lab.write("gcloud", `#!/bin/sh\necho "$2" | grep -q access && echo ${await made.getAccessToken()}\n`);
      const path = t.runtime.env("PATH");
      const variables = { HOME: "/dev/null", METADATA_SERVER_DETECTION: "none" };
      try {
        t.runtime.setEnv("PATH", `${t.folder}:${path}`);
        await within(t, variables, async () => equal(await caller(t, {}), key.client_email, "caller"));
        const error = await within(t, variables, () =>
          t.refused(() => t.createSession(t.emulator.url, { endpoints: t.emulator.url }).getIdToken(), "credential_not_found"),
        );
        contains(error.message, "gcloud itself", "message");
        await t.lab.write("gcloud", "#!/bin/sh\necho '<html>'\n");
        const ask = (more) => t.createSession(t.emulator.url, { endpoints: t.emulator.url, ...fresh(t), ...more });
        for (const [more, code, part] of [
          [{}, "credential_not_found", "printed no token"],
          [{ userIdTokens: false }, "unsupported_credential", "OAuth client"],
          [{ credentialType: "service_account" }, "credential_not_found", "there is no credential"],
        ])
          await within(t, variables, async () => contains((await t.refused(() => ask(more).getIdToken(), code)).message, part, "message"));
      } finally {
        t.runtime.setEnv("PATH", path);
      }
    },
  },
  {
    name: "an external_account of AWS: keys of the environment, and those of the instance's role",
    needs: ["env"],
    async run(t) {
      const { file } = await workload(t, "aws", { accountId: "123456789012" });
      const at = (path) => `${t.emulator.url}/latest/${path}`;
      const credential_source = {
        environment_id: "aws1",
        region_url: at("meta-data/placement/availability-zone"),
        url: at("meta-data/iam/security-credentials"),
        imdsv2_session_token_url: at("api/token"),
        regional_cred_verification_url: "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
      };
      for (const user of [{}, { role: "r" }]) {
        const key = await t.emulator.make("aws-keys", { ...user, user: t.unique("u") });
        const variables = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
        await within(t, { ...variables, AWS_SESSION_TOKEN: key.sessionToken }, async () =>
          contains(await caller(t, { credential: { ...file, credential_source: { environment_id: "aws1" } } }), "principal", "caller"),
        );
      }
      await within(t, {}, async () => contains(await caller(t, { credential: { ...file, credential_source } }), "principal", "caller"));
      const session = t.createSession(t.emulator.url, {
        endpoints: t.emulator.url,
        credential: { ...file, credential_source: { environment_id: "aws1" } },
        ...fresh(t),
      });
      await within(t, {}, () => t.refused(() => session.getAccessToken(), "credential_unreadable"));
    },
  },
  {
    name: "an external_account by GitHub Actions, Vercel, or a function of the caller's",
    needs: ["env"],
    async run(t) {
      const { file, audience } = await workload(t);
      const job = await t.emulator.make("github-jobs", { repository: `o/${t.unique("r")}` });
      await within(t, job.env, async () => contains(await caller(t, { credential: file, subjectToken: "github" }), "principal", "github"));
      await within(t, {}, () =>
        t.refused(() => caller(t, { credential: file, subjectToken: "github", ...fresh(t) }), "credential_unreadable"),
      );
      const token = await subjectToken(t, audience);
      await within(t, { VERCEL_OIDC_TOKEN: token }, async () => {
        contains(await caller(t, { credential: file, subjectToken: "vercel" }), "/subject/job", "vercel");
      });
      const context = Symbol.for("@vercel/request-context");
      globalThis[context] = { get: () => ({ headers: { "x-vercel-oidc-token": token } }) };
      try {
        await within(t, { VERCEL_OIDC_TOKEN: "stale" }, async () => {
          contains(await caller(t, { credential: file, subjectToken: "vercel", ...fresh(t) }), "/subject/job", "vercel's request");
        });
      } finally {
        delete globalThis[context];
      }
      await within(t, {}, async () => {
        const without = t.refused(() => caller(t, { credential: file, subjectToken: "vercel", ...fresh(t) }), "credential_unreadable");
        contains((await without).message, "VERCEL_OIDC_TOKEN is not set", "message");
      });
      const needs = [];
      const give = async ({ signal, ...need }) => {
        needs.push({ ...need, signal: signal instanceof AbortSignal });
        return token;
      };
      const format = { type: "json", subject_token_field_name: "value" };
      const read = { ...file, credential_source: { url: "http://169.254.169.254/token", format } };
      contains(await caller(t, { credential: read, subjectToken: give }), "/subject/job", "function, in place of the file's source");
      equal(needs, [{ subjectTokenType: JWT, audience, signal: true }], "needs");
      const fail = async () => {
        throw new Error("no token today");
      };
      const error = await t.refused(() => caller(t, { credential: file, subjectToken: fail }), "credential_function_failed");
      contains(error.message, "no token today", "message");
    },
  },
  {
    name: "an external_account by a program that leaves another one behind ends with its time",
    needs: ["env", "programs"],
    async run(t) {
      const { file } = await workload(t);
      const name = `${t.unique("daemon")}.sh`;
      await t.lab.write(name, "#!/bin/sh\nsleep 12 &\n");
      const credential = { ...file, credential_source: { executable: { command: `${t.folder}/${name}`, timeout_millis: 5000 } } };
      await within(t, { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: "1" }, () =>
        t.refused(() => caller(t, { credential, timeout: 10_000 }), "credential_unreadable"),
      );
    },
  },
  {
    name: "an external_account by a program: only where that is allowed, and only what fits",
    needs: ["env", "files", "processes"],
    async run(t) {
      const { file, audience } = await workload(t);
      const token = await subjectToken(t, audience);
      const said = { version: 1, success: true, token_type: JWT, id_token: token, expiration_time: Math.floor(Date.now() / 1000) + 600 };
      const name = t.unique("said");
      await t.lab.write(`${name} a.json`, JSON.stringify(said));
      const source = (command, more) => ({ ...file, credential_source: { executable: { command, timeout_millis: 5000, ...more } } });
      const good = source(`/bin/cat "${t.folder}/${name} a.json"`);
      const allowed = { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: "1" };
      await within(t, {}, () => t.refused(() => caller(t, { credential: good }), "unsupported_credential"));
      await within(t, allowed, async () => {
        contains(await caller(t, { credential: good }), "/subject/job", "caller");
        contains(
          await caller(t, { credential: source("/bin/false", { output_file: `${t.folder}/${name} a.json` }) }),
          "/subject/job",
          "what an earlier run left",
        );
        await t.lab.write(
          `${name}.sh`,
          `#!/bin/sh\necho "{\\"version\\":1,\\"success\\":false,\\"code\\":\\"1\\",\\"message\\":\\"$GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE\\"}"\n`,
        );
        const error = await t.refused(() => caller(t, { credential: source(`${t.folder}/${name}.sh`) }), "credential_unreadable");
        contains(error.message, JWT, "message");
        await t.lab.write(`${name} args.sh`, `#!/bin/sh\necho "{\\"version\\":1,\\"success\\":false,\\"message\\":\\"$# words\\"}"\n`);
        const words = source(`"${t.folder}/${name} args.sh" --a="b c" "d e" ''  f`);
        contains((await t.refused(() => caller(t, { credential: words }), "credential_unreadable")).message, "4 words", "message");
        const kind = "urn:ietf:params:oauth:token-type:id_token";
        await t.lab.write(`${name} c.json`, JSON.stringify({ ...said, token_type: kind }));
        contains(await caller(t, { credential: source(`/bin/cat "${t.folder}/${name} c.json"`) }), "/subject/job", "another type of token");
        await t.lab.write(`${name} d.json`, JSON.stringify({ ...said, expiration_time: undefined }));
        await t.refused(
          () => caller(t, { credential: source("/bin/false", { output_file: `${t.folder}/${name} d.json` }) }),
          "credential_unreadable",
        );
        for (const change of [{ version: 2 }, { token_type: "x" }, { expiration_time: 1 }, { id_token: undefined }]) {
          await t.lab.write(`${name} b.json`, JSON.stringify({ ...said, ...change }));
          await t.refused(() => caller(t, { credential: source(`/bin/cat "${t.folder}/${name} b.json"`) }), "credential_unreadable");
        }
        await t.refused(() => caller(t, { credential: source("/bin/false") }), "credential_unreadable");
        await t.refused(() => caller(t, { credential: source("/nowhere/x") }), "credential_unreadable");
      });
    },
  },
];

export default { name: "places", cases };
