// Every kind of credential: what it gives, what the runtime has to have for it, and one that the emulator knows.
import { account, JWT, STORAGE, subjectToken, workload } from "./identities.js";

/**
 * What a runtime may have beside requests, and how it fails without: the codes of the error, and the other way to do it that the
 * message names.
 */
export const abilities = {
  search: { codes: ["credential_not_found"], says: /option credential/ },
  variables: { codes: ["credential_unreadable"], says: /Set |Give |not set/ },
  files: { codes: ["unsupported_by_host", "credential_unreadable"], says: /subjectToken|no permission/ },
  programs: { codes: ["unsupported_by_host", "unsupported_credential"], says: /subjectToken|GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1/ },
  certificates: { codes: ["unsupported_by_host", "credential_unreadable"], says: /Node|subjectToken|no permission/ },
};

/** What the documentation says that each runtime has not. Held against what its runner says by each case. */
export const lacking = {
  Node: [],
  Bun: [],
  Deno: ["certificates"],
  Workers: ["search", "files", "programs", "certificates"],
  browsers: ["search", "variables", "files", "programs", "certificates"],
};

/**
 * @typedef {object} Kind
 * @property {string} name as the documentation calls it
 * @property {string[]} needs abilities, the one that is missed first at the begin
 * @property {string} idToken whether it gives ID tokens: "no" is an error, and "as a service account" what one is named in the file for
 * @property {string} accessToken the same of access tokens
 * @property {string} [also] what else it takes
 * @property {(t: any) => Promise<Made>} make
 */

/**
 * @typedef {object} Made
 * @property {object} options of the session
 * @property {object} [variables] of the environment
 * @property {string} [caller] who is seen to call, if that is known before
 * @property {string} [audience] whom its ID tokens are for, if it has no choice
 * @property {string} [apart] where the emulator is, for a process of its own that has that environment from its begin on
 */

/**
 * @param {string} name
 * @param {string[]} needs
 * @param {Kind["make"]} make
 * @param {string} [also]
 * @returns {Kind}
 */
const external = (name, needs, make, also) => ({
  name: `\`external_account\` ${name}`,
  needs,
  idToken: "as a service account",
  accessToken: "yes",
  also,
  make,
});

const both = { needs: [], idToken: "yes", accessToken: "yes" };

async function user(t) {
  const caller = `${t.unique("u")}@example.com`;
  return { options: { credential: await t.emulator.make("users", { email: caller }) }, caller };
}

async function serviceAccount(t) {
  const credential = await t.account();
  return { options: { credential }, caller: credential.client_email };
}

/** @param {Kind["make"]} source */
const impersonatedBy = (source) => async (t) => {
  const { options, caller } = await source(t);
  const { email, named } = await account(t, caller);
  return {
    options: { credential: { type: "impersonated_service_account", source_credentials: options.credential, ...named } },
    caller: email,
  };
};

/** A workload of AWS, and a key that its provider takes. */
async function aws(t, credential_source, variables = {}) {
  const { file } = await workload(t, "aws", { accountId: "123456789012" });
  return { options: { credential: { ...file, credential_source } }, variables };
}

/** Makes a search another one than all others: what was found is kept for them. */
const fresh = (t) => ({ allowedHosts: [`${t.unique("h")}.example`] });

/** @type {Kind[]} */
export const kinds = [
  { name: "`service_account`", ...both, make: serviceAccount },
  {
    name: "`service_account`, `selfSigned`",
    ...both,
    accessToken: "signed by itself",
    async make(t) {
      const { options, caller } = await serviceAccount(t);
      return { options: { ...options, selfSigned: true }, caller };
    },
  },
  {
    name: "`service_account` with `subject`",
    needs: [],
    idToken: "no",
    accessToken: "for the user",
    also: "domain-wide delegation",
    async make(t) {
      const email = `${t.unique("d")}@x.example`;
      const credential = await t.emulator.make("keys", { email, delegatedScopes: [STORAGE] });
      const subject = `${t.unique("u")}@example.com`;
      return { options: { credential, subject }, caller: subject };
    },
  },
  {
    name: "`service_account` of another universe",
    needs: [],
    idToken: "by IAM",
    accessToken: "signed by itself",
    also: "`universeDomain`",
    async make(t) {
      const email = `${t.unique("v")}@x.iam.u.example`;
      const credential = await t.emulator.make("keys", { email, universeDomain: "u.example" });
      await t.emulator.make("impersonation", { caller: email, target: email });
      return { options: { credential, universeDomain: "u.example" }, caller: email };
    },
  },
  { name: "`authorized_user`", ...both, idToken: "for its OAuth client", make: user },
  {
    name: "`external_account_authorized_user`",
    needs: [],
    idToken: "no",
    accessToken: "yes",
    make: async (t) => ({ options: { credential: await t.emulator.make("external-users", { rotate: true }) } }),
  },
  { name: "`impersonated_service_account` by a service account", ...both, make: impersonatedBy(serviceAccount) },
  { name: "`impersonated_service_account` by a user", ...both, make: impersonatedBy(user) },
  {
    name: "`impersonated_service_account` by another one",
    ...both,
    make: impersonatedBy(impersonatedBy(serviceAccount)),
  },
  external("by `url`", [], async (t) => {
    const { file, audience } = await workload(t);
    const job = await t.emulator.make("github-jobs", { repository: `o/${t.unique("r")}` });
    const credential_source = {
      url: `${job.url}&audience=${encodeURIComponent(audience)}`,
      headers: { Authorization: `Bearer ${job.token}` },
      format: { type: "json", subject_token_field_name: "value" },
    };
    return { options: { credential: { ...file, credential_source } } };
  }),
  external("by `file`", ["files"], async (t) => {
    const { file, audience } = await workload(t);
    const name = t.unique("subject-token");
    await t.lab.write(name, await subjectToken(t, audience));
    return { options: { credential: { ...file, credential_source: { file: `${t.folder}/${name}` } } } };
  }),
  external(
    "by `executable`",
    ["programs"],
    async (t) => {
      const { file, audience } = await workload(t);
      const name = `${t.unique("said")}.json`;
      const ends = Math.floor(Date.now() / 1000) + 600;
      const said = { version: 1, success: true, token_type: JWT, id_token: await subjectToken(t, audience), expiration_time: ends };
      await t.lab.write(name, JSON.stringify(said));
      const executable = { command: `/bin/cat "${t.folder}/${name}"`, timeout_millis: 5000 };
      return {
        options: { credential: { ...file, credential_source: { executable } } },
        variables: { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: "1" },
      };
    },
    "`GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1`",
  ),
  external("by `certificate`", ["certificates"], async (t) => {
    const { file } = await workload(t, "x509", { roots: [t.lab.root] });
    const name = t.unique("certificates");
    const workloads = { cert_path: `${t.folder}/leaf.pem`, key_path: `${t.folder}/leaf-key.pem` };
    await t.lab.write(name, JSON.stringify({ cert_configs: { workload: workloads } }));
    const { port } = new URL(t.lab.secure);
    const credential = {
      ...file,
      token_url: `https://localhost:${port}/v1/token`,
      credential_source: { certificate: { certificate_config_location: `${t.folder}/${name}` } },
    };
    return {
      options: { credential, endpoints: undefined, allowedHosts: [`localhost:${port}`] },
      variables: { NODE_EXTRA_CA_CERTS: `${t.folder}/root.pem` },
      apart: `https://localhost:${port}`,
    };
  }),
  external("of AWS, keys of the environment", ["variables"], async (t) => {
    const key = await t.emulator.make("aws-keys", { user: t.unique("u") });
    const variables = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
    return aws(t, { environment_id: "aws1" }, variables);
  }),
  external(
    "of AWS, the instance's role",
    [],
    async (t) => {
      const at = (path) => `${t.emulator.url}/latest/${path}`;
      return aws(t, {
        environment_id: "aws1",
        region_url: at("meta-data/placement/availability-zone"),
        url: at("meta-data/iam/security-credentials"),
        imdsv2_session_token_url: at("api/token"),
        regional_cred_verification_url: "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
      });
    },
    "a machine of AWS",
  ),
  external(
    'of GitHub Actions, `subjectToken: "github"`',
    ["variables"],
    async (t) => {
      const { file } = await workload(t);
      const { env } = await t.emulator.make("github-jobs", { repository: `o/${t.unique("r")}` });
      return { options: { credential: file, subjectToken: "github" }, variables: env };
    },
    "`id-token: write`",
  ),
  external('of Vercel, `subjectToken: "vercel"`', ["variables"], async (t) => {
    const { file, audience } = await workload(t);
    return { options: { credential: file, subjectToken: "vercel" }, variables: { VERCEL_OIDC_TOKEN: await subjectToken(t, audience) } };
  }),
  external("by a function, `subjectToken`", [], async (t) => {
    const { file, audience } = await workload(t);
    return { options: { credential: file, subjectToken: () => subjectToken(t, audience) } };
  }),
  {
    name: "`metadata_server` (ours)",
    ...both,
    also: "a machine of Google's",
    make: async () => ({
      options: { credential: { type: "metadata_server" } },
      caller: "emulator@emulator-project.iam.gserviceaccount.com",
    }),
  },
  {
    name: "a function, `credential`",
    ...both,
    async make(t) {
      const { options, caller } = await serviceAccount(t);
      const source = t.createSession(t.emulator.url, { ...options, endpoints: t.emulator.url });
      const credential = (need) => (need.scopes ? source.getAccessToken(need) : source.getIdToken(need));
      return { options: { credential }, caller };
    },
  },
  {
    name: "none: `GOOGLE_APPLICATION_CREDENTIALS`",
    ...both,
    needs: ["search", "files"],
    async make(t) {
      const { options, caller } = await serviceAccount(t);
      const name = `${t.unique("key")}.json`;
      await t.lab.write(name, JSON.stringify(options.credential));
      return { options: fresh(t), variables: { GOOGLE_APPLICATION_CREDENTIALS: `${t.folder}/${name}` }, caller };
    },
  },
  {
    name: "none: gcloud's file",
    ...both,
    needs: ["search", "files"],
    async make(t) {
      const { options, caller } = await serviceAccount(t);
      await t.lab.write("application_default_credentials.json", JSON.stringify(options.credential));
      return { options: { gcloud: false, ...fresh(t) }, variables: { CLOUDSDK_CONFIG: t.folder }, caller };
    },
  },
  {
    name: "none: the metadata server",
    ...both,
    needs: ["search", "files"],
    also: "a machine of Google's",
    make: async (t) => ({
      options: { gcloud: false, ...fresh(t) },
      variables: { HOME: "/dev/null" },
      caller: "emulator@emulator-project.iam.gserviceaccount.com",
    }),
  },
  {
    name: "none: gcloud itself",
    ...both,
    needs: ["search", "programs"],
    also: "`gcloud auth login`",
    async make(t) {
      const { options, caller } = await serviceAccount(t);
      const source = t.createSession(t.emulator.url, { ...options, endpoints: t.emulator.url, scopes: [STORAGE] });
      const audience = "gcloud.example";
      const [id, access] = [await source.getIdToken({ audience }), await source.getAccessToken()];
      await t.lab.write("gcloud", `#!/bin/sh\ncase "$2" in *access*) echo ${access} ;; *) echo ${id} ;; esac\n`);
      const variables = { HOME: "/dev/null", METADATA_SERVER_DETECTION: "none", PATH: `${t.folder}:${t.runtime.env?.("PATH")}` };
      return { options: fresh(t), variables, caller, audience };
    },
  },
];
