// Packs the npm package as `npm publish` would, and installs it as its users do.
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const source = fileURLToPath(new URL("../../pkg", import.meta.url));
const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];

/** @param {string} folder where the tarball goes; @returns its path, and the files in it */
export async function pack(folder) {
  await mkdir(folder, { recursive: true });
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder, ...quiet], { cwd: source });
  const answer = JSON.parse(stdout);
  // npm 11 answers with an object by package name, earlier versions with a list.
  const [packed] = Array.isArray(answer) ? answer : Object.values(answer);
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path).sort(), size: packed.size };
}

/** Installs the tarball into a folder that had nothing in it. */
export async function install(folder, tarball, manifest = {}) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", ...manifest }));
  await run("npm", ["install", "--prefer-offline", ...quiet, tarball], { cwd: folder });
}
