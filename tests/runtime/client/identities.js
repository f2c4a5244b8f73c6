// Who calls: accounts that may be acted as, and workloads outside of Google with what proves who they are.

export const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";
export const STORAGE = "https://www.googleapis.com/auth/devstorage.read_only";
export const JWT = "urn:ietf:params:oauth:token-type:jwt";
const AWS = "urn:ietf:params:aws:token-type:aws4_request";
const MTLS = "urn:ietf:params:oauth:token-type:mtls";

export const claimsOf = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));

/** A service account that may be acted as, and the part of a file that names it. */
export async function account(t, caller) {
  const email = `${t.unique("sa")}@tests.iam.gserviceaccount.com`;
  await t.emulator.make("impersonation", { caller, target: email });
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;
  return { email, named: { service_account_impersonation_url: url } };
}

/** The file of a workload, but for where its subject token is; its provider, and what Google calls a subject of it. */
export async function workload(t, kind = "oidc", more = {}) {
  const pool = t.unique("pool");
  const audience = `//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/${pool}/providers/p`;
  await t.emulator.make("providers", { kind, audience, ...more });
  const file = {
    type: "external_account",
    audience,
    subject_token_type: { aws: AWS, x509: MTLS }[kind] ?? JWT,
    token_url: "https://sts.googleapis.com/v1/token",
  };
  const principal = (subject) =>
    `principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/${pool}/subject/${subject}`;
  return { file, audience, principal };
}

/** A JWT that the workload's provider takes, of the subject `job`. */
export async function subjectToken(t, audience) {
  return (await t.emulator.make("subject-tokens", { subject: "job", audience })).token;
}
