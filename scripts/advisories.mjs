// Known vulnerabilities in what the lockfiles name: by OSV, and by `npm audit`. Run by `make advisories`; needs the network.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { advisories, complaints, crates, npmPackages, unwaived } from "./lib/advisories.mjs";
import { fail, root } from "./lib/root.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");
const today = new Date().toISOString().slice(0, 10);
const waivers = JSON.parse(read("scripts/waivers.json"));
const npm = ["scripts", "emulator", "tests", "tests/google-clients", "bench"].map((folder) => `${folder}/package-lock.json`);
const packages = [
  ...["Cargo.lock", "fuzz/Cargo.lock"].flatMap((path) => crates(parse(read(path)))),
  ...npm.flatMap((path) => npmPackages(JSON.parse(read(path)))),
];

const problems = complaints(waivers, today);
try {
  const found = await advisories(packages, process.env.OSV_URL);
  problems.push(...unwaived(found, waivers, today).map(({ what, ids, summary }) => `${what}: ${ids.join(", ")} ${summary}`));
  console.log(`  OSV: ${packages.length} packages, ${found.length} advisories`);
} catch (error) {
  problems.push(error.message);
}
for (const path of npm) {
  const { stdout, status } = spawnSync("npm", ["audit", "--package-lock-only", "--json"], {
    cwd: join(root, dirname(path)),
    encoding: "utf8",
  });
  let report = {};
  try {
    report = JSON.parse(stdout);
  } catch {
    // What it printed instead says nothing that its exit does not.
  }
  if (!report.metadata)
    problems.push(`npm audit of ${path} has no answer (exit ${status}): ${report.message ?? report.error?.summary ?? ""}`);
  for (const [name, { severity, via }] of Object.entries(report.vulnerabilities ?? {})) {
    const ids = via.flatMap(({ url }) => url?.split("/").at(-1) ?? []);
    if (unwaived([{ ids, name }], waivers, today).length > 0)
      problems.push(`npm audit of ${path}: ${name}, ${severity}: ${ids.join(", ")}`);
  }
}
if (problems.length > 0) fail(problems.join("\nerror: "));
