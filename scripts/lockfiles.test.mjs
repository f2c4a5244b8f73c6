import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./lib/root.mjs";

const read = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));
const kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

const folders = ["scripts", "emulator", "tests", "tests/google-clients", "bench"];

for (const folder of folders.filter((folder) => existsSync(join(root, folder, "package.json")))) {
  test(`${folder}: the lockfile locks what package.json asks for`, () => {
    const wanted = read(`${folder}/package.json`);
    const locked = read(`${folder}/package-lock.json`).packages[""];
    for (const kind of kinds) assert.deepEqual(locked[kind], wanted[kind], kind);
  });

  test(`${folder}: the lockfile names no download address`, () => {
    const found = Object.entries(read(`${folder}/package-lock.json`).packages).filter(([, { resolved, link }]) => resolved && !link);
    assert.deepEqual(found, []);
  });
}
