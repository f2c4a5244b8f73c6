// Packs the npm package as `npm publish` would, and installs it as its users do; from this machine alone.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../lib/root.mjs";

const quiet = ["--offline", "--no-audit", "--no-fund", "--loglevel=error"];

/** @param {string} folder where it is installed; @returns the tarball's name, how many files it holds, and its size */
export async function packAndInstall(folder) {
  const packed = join(folder, "packed");
  mkdirSync(packed);
  const { stdout } = await npm(["pack", "--json", "--pack-destination", packed], join(root, "pkg"));
  const answer = JSON.parse(stdout);
  // npm 11 answers with an object by package name, earlier versions with a list.
  const [{ filename, files, size }] = Array.isArray(answer) ? answer : Object.values(answer);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "shop", private: true, type: "module" }));
  await npm(["install", join(packed, filename)], folder);
  return { file: filename, files: files.length, bytes: size };
}

async function npm(args, cwd) {
  try {
    return await promisify(execFile)("npm", [...args, ...quiet], { cwd });
  } catch (error) {
    throw new Error(`npm ${args[0]} failed: ${error.stderr?.trim() || error.message}`, { cause: error });
  }
}
