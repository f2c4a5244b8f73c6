// The environment that a case sees: what it asks for, and nothing else of what the package looks at.

/** Whatever the package looks at. */
const NAMES = [
  "GOOGLE_APPLICATION_CREDENTIALS",
  "CLOUD_RUN_AUTH_EMULATOR",
  "K_SERVICE",
  "K_REVISION",
  "CLOUDSDK_CONFIG",
  "HOME",
  "APPDATA",
  "GCE_METADATA_HOST",
  "GCE_METADATA_ROOT",
  "GCE_METADATA_IP",
  "METADATA_SERVER_DETECTION",
  "NO_GCE_CHECK",
  "CLOUD_RUN_JOB",
  "FUNCTION_NAME",
  "GOOGLE_CLOUD_QUOTA_PROJECT",
  "GOOGLE_API_CERTIFICATE_CONFIG",
  "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES",
  "VERCEL_OIDC_TOKEN",
  "ACTIONS_ID_TOKEN_REQUEST_URL",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "NODE_EXTRA_CA_CERTS",
];

/** Runs with these variables and none of those above; where there is no environment, as it is. */
export async function within({ runtime }, variables, run) {
  if (runtime.withEnv) return runtime.withEnv(variables, run);
  if (runtime.lacks.env) return run();
  const names = new Set([...NAMES, ...Object.keys(variables)]);
  const before = Array.from(names, (name) => [name, runtime.env(name)]);
  for (const name of names) runtime.setEnv(name, variables[name]);
  try {
    return await run();
  } finally {
    for (const [name, value] of before) runtime.setEnv(name, value);
  }
}
