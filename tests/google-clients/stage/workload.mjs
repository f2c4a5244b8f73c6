// Workloads outside of Google: for each way to prove who one is, a provider of an identity pool and a credential file.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LINK_LOCAL } from "../namespace/hosts.mjs";

/** @typedef {import("./stage.mjs").Stage} Stage */
/** @typedef {{ credentials: Record<string, any>, principal: string, env?: Record<string, string> }} Workload */

const PROJECT_POOLS = "iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools";
const AWS_ACCOUNT = "210987654321";
const IMDS = `http://${LINK_LOCAL}/latest`;
const JWT = "urn:ietf:params:oauth:token-type:jwt";

/**
 * A pool of its own for each workload, so that none finds another's grants.
 *
 * @param {Stage} stage
 * @param {string} [pools]
 */
function newPool(stage, pools = PROJECT_POOLS) {
  const pool = `${pools}/pool-${stage.number()}`;
  return {
    audience: `//${pool}/providers/provider`,
    principalOf: (/** @type {string} */ subject) => `principal://${pool}/subject/${subject}`,
  };
}

/**
 * @param {string} audience
 * @param {string} type
 * @param {object} source
 */
function credentialFile(audience, type, source) {
  return {
    type: "external_account",
    audience,
    subject_token_type: type,
    token_url: "https://sts.googleapis.com/v1/token",
    credential_source: source,
  };
}

/**
 * A JWT of the emulator's own issuer, which stands for a CI system's or a cluster's.
 *
 * @param {Stage} stage
 * @param {(path: string, token: string) => object} place puts the token where the client looks for it, and says where that is
 */
async function withToken(stage, place) {
  const { audience, principalOf } = newPool(stage);
  stage.emulator.addProvider({ kind: "oidc", audience });
  const token = await stage.emulator.issueSubjectToken({ subject: "workload", audience: `https:${audience}` });
  const source = place(join(stage.folder, `subject-${stage.number()}`), token);
  return { credentials: credentialFile(audience, JWT, source), principal: principalOf("workload") };
}

/**
 * A provider for an account of Amazon's, and the file that gcloud writes for it.
 *
 * @param {Stage} stage
 */
function withAws(stage) {
  const { audience, principalOf } = newPool(stage);
  stage.emulator.addProvider({ kind: "aws", audience, accountId: AWS_ACCOUNT });
  const source = {
    environment_id: "aws1",
    region_url: `${IMDS}/meta-data/placement/availability-zone`,
    url: `${IMDS}/meta-data/iam/security-credentials`,
    regional_cred_verification_url: "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
    imdsv2_session_token_url: `${IMDS}/api/token`,
  };
  return { credentials: credentialFile(audience, "urn:ietf:params:aws:token-type:aws4_request", source), principalOf };
}

/**
 * A client certificate, which is shown in the connection to the STS and sent to it as the subject token.
 *
 * @param {Stage} stage
 * @param {import("../certificates/authority.mjs").Authority} authority
 * @param {object} [source]
 */
export function withCertificate(stage, authority, source) {
  const { audience, principalOf } = newPool(stage);
  stage.emulator.addProvider({ kind: "x509", audience, roots: [stage.authority.cert] });
  const { cert, key } = authority.issue({ name: "workload" });
  const path = join(stage.folder, `workload-${stage.number()}`);
  writeFileSync(`${path}.cert.pem`, cert);
  writeFileSync(`${path}.key.pem`, key);
  const config = { cert_configs: { workload: { cert_path: `${path}.cert.pem`, key_path: `${path}.key.pem` } } };
  writeFileSync(`${path}.json`, JSON.stringify(config));
  const certificate = { certificate_config_location: `${path}.json`, ...source };
  const file = credentialFile(audience, "urn:ietf:params:oauth:token-type:mtls", { certificate });
  return { credentials: { ...file, token_url: "https://sts.mtls.googleapis.com/v1/token" }, principal: principalOf("workload") };
}

/** @type {Record<string, (stage: Stage) => Workload | Promise<Workload>>} */
export const workloads = {
  file: (stage) =>
    withToken(stage, (path, token) => {
      writeFileSync(path, token);
      return { file: path };
    }),

  "file of JSON": (stage) =>
    withToken(stage, (path, token) => {
      writeFileSync(path, JSON.stringify({ id_token: token }));
      return { file: path, format: { type: "json", subject_token_field_name: "id_token" } };
    }),

  // The program is handed audience, token type and its being alone in its environment.
  executable: async (stage) => {
    const workload = await withToken(stage, (path, token) => {
      const answer = { version: 1, success: true, token_type: JWT, id_token: token, expiration_time: Math.floor(Date.now() / 1000) + 600 };
      writeFileSync(`${path}.json`, JSON.stringify(answer));
      const handed = '[ "$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE" = "$1" ] && [ "$GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE" = 0 ]';
      writeFileSync(`${path}.sh`, `${handed} && [ "$GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE" = ${JWT} ] && exec /bin/cat "$2"\n`);
      return { executable: { command: `/bin/sh ${path}.sh AUDIENCE ${path}.json`, timeout_millis: 10_000 } };
    });
    const { executable } = workload.credentials.credential_source;
    executable.command = executable.command.replace("AUDIENCE", workload.credentials.audience);
    return { ...workload, env: { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: "1" } };
  },

  "URL of GitHub Actions": (stage) => {
    const { audience, principalOf } = newPool(stage);
    stage.emulator.addProvider({ kind: "oidc", audience });
    const { url, token } = stage.emulator.createGitHubJob({ repository: "octo-org/shop", ref: "refs/heads/main" });
    const source = {
      url: `${url}&audience=${encodeURIComponent(`https:${audience}`)}`,
      headers: { Authorization: `Bearer ${token}` },
      format: { type: "json", subject_token_field_name: "value" },
    };
    return { credentials: credentialFile(audience, JWT, source), principal: principalOf("repo:octo-org/shop:ref:refs/heads/main") };
  },

  "URL of Azure": (stage) => {
    const { audience, principalOf } = newPool(stage);
    const resource = "api://shop";
    stage.emulator.addProvider({ kind: "oidc", audience, allowedAudiences: [resource] });
    stage.emulator.configureAzure({ subject: "shop-identity" });
    const source = {
      url: `http://${LINK_LOCAL}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(resource)}`,
      headers: { Metadata: "True" },
      format: { type: "json", subject_token_field_name: "access_token" },
    };
    return { credentials: credentialFile(audience, JWT, source), principal: principalOf("shop-identity") };
  },

  // An access key of a person's, as it lies in variables.
  "AWS, environment": (stage) => {
    const { credentials, principalOf } = withAws(stage);
    const { accessKeyId, secretAccessKey, arn } = stage.emulator.createAwsKey({ accountId: AWS_ACCOUNT });
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: "eu-central-1" };
    return { credentials, principal: principalOf(arn), env };
  },

  "AWS, environment of a role": (stage) => {
    const { credentials, principalOf } = withAws(stage);
    const { accessKeyId, secretAccessKey, sessionToken, arn } = stage.emulator.createAwsKey({ accountId: AWS_ACCOUNT, role: "shop" });
    const key = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: String(sessionToken) };
    return { credentials, principal: principalOf(arn), env: { ...key, AWS_DEFAULT_REGION: "us-east-1" } };
  },

  "AWS, EC2's metadata (IMDSv2)": (stage) => {
    const { credentials, principalOf } = withAws(stage);
    stage.emulator.configureImds({ accountId: AWS_ACCOUNT, role: "shop", zone: "eu-west-1b", requireSession: true });
    return { credentials, principal: principalOf(`arn:aws:sts::${AWS_ACCOUNT}:assumed-role/shop/emulator`) };
  },

  "X.509": (stage) => withCertificate(stage, stage.authority),

  "X.509 with a chain": (stage) => {
    const between = stage.authority.authorize("Authority of the workloads");
    const path = join(stage.folder, `chain-${stage.number()}.pem`);
    writeFileSync(path, between.cert);
    return withCertificate(stage, between, { trust_chain_path: path });
  },

  "workforce user with a project to bill": async (stage) => {
    const { audience, principalOf } = newPool(stage, "iam.googleapis.com/locations/global/workforcePools");
    stage.emulator.addProvider({ kind: "oidc", audience, allowedAudiences: ["company-directory"] });
    const path = join(stage.folder, `subject-${stage.number()}`);
    writeFileSync(path, await stage.emulator.issueSubjectToken({ subject: "ann", audience: "company-directory" }));
    const file = credentialFile(audience, "urn:ietf:params:oauth:token-type:id_token", { file: path });
    return { credentials: { ...file, workforce_pool_user_project: "billed-project" }, principal: principalOf("ann") };
  },
};
