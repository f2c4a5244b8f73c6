// The table's columns: each runtime, and how its runner is started within the folder where the package is installed.
import { bin, chromium, node24, why, workerd } from "./programs.mjs";

const [major] = process.versions.node.split(".");
const deno = [
  bin("deno"),
  "run",
  "--no-prompt",
  "--no-remote",
  "--node-modules-dir=manual",
  "--allow-net=127.0.0.1,localhost,nothing.invalid",
];
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
    command: ({ folder }) => [...deno, `--allow-read=${folder}`, "--allow-env", "--allow-run", "runtime/runners/deno.js"],
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
