// The table's columns: each runtime, and how its runner is started within the folder where the package is installed.
import { bin, chromium, node24, why, workerd } from "./programs.mjs";

const [major] = process.versions.node.split(".");
// What the package and the cases look at.
const names = [
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
const deno = [bin("deno"), "run", "--no-prompt", "--no-remote", "--node-modules-dir=manual", "--allow-net=127.0.0.1,localhost"];
const here = (script) => () => [process.execPath, `runtime/runners/${script}`];

const worker = (name, title, date) => ({
  name,
  title,
  options: { date, workerd: workerd() },
  command: here("workerd.mjs"),
});

/**
 * A column is { name, title, command(lab): [program, ...arguments] }, or one that says what is missing for it. The runner's
 * options follow as one argument of JSON.
 */
export const columns = [
  { name: `node${major}`, title: `Node ${major}`, command: here("node.mjs") },
  { name: "require", title: "require()", command: here("node-require.cjs") },
  { name: "polluted", title: "polluted", command: here("node-polluted.mjs") },
  {
    name: "node24",
    title: "Node 24",
    missing: node24() ? undefined : why.node24,
    command: () => [node24(), "runtime/runners/node.mjs"],
  },
  {
    name: "deno",
    title: "Deno",
    command: ({ folder }) => [...deno, `--allow-read=${folder}`, `--allow-env=${names}`, "runtime/runners/deno.js"],
  },
  {
    name: "deno-bare",
    title: "Deno, net only",
    options: { bare: true },
    command: () => [...deno, "runtime/runners/deno.js"],
  },
  { name: "bun", title: "Bun", command: () => [bin("bun"), "run", "runtime/runners/bun.js"] },
  worker("workerd", "workerd", "2026-10-20"),
  // fetch of that time hands Authorization over at redirects, and reports rejections early.
  worker("workerd-2024", "workerd 2024", "2024-09-01"),
  {
    name: "chromium",
    title: "Chromium",
    missing: chromium() ? undefined : why.chromium,
    options: { executable: chromium() },
    command: here("browser.mjs"),
  },
].filter(({ name }, index, all) => all.findIndex((column) => column.name === name) === index);
