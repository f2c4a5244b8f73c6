// The lints against panics hold for every crate, and only tests allow what they deny.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./lib/root.mjs";

const denied = /\b(unwrap_used|expect_used|indexing_slicing|string_slice|arithmetic_side_effects|panic|todo|unimplemented|unreachable)\b/;

/** What allows one of them. Tests may, and constants, which fail when the crate is compiled, and the module that fails on purpose. */
export function allowances(path, text) {
  if (path === "boundary/src/traps.rs") return [];
  const attributes = [...text.matchAll(/#!?\[(?:cfg_attr\((\w+), )?(?:allow|expect)\(([^\]]*)\](?!\s*const )/g)];
  return attributes
    .filter(([, only, lints]) => only !== "test" && denied.test(lints.split("reason")[0]))
    .map(([whole]) => `${path}: ${whole}`);
}

test("no file of the crates allows what the lints deny", () => {
  const found = [];
  for (const folder of ["src", "boundary/src"]) {
    const files = readdirSync(join(root, folder), { recursive: true }).filter((file) => file.endsWith(".rs"));
    for (const file of files) found.push(...allowances(`${folder}/${file}`, readFileSync(join(root, folder, file), "utf8")));
  }
  assert.deepEqual(found, []);
});

test("an allowance is found, on an item and for a file", () => {
  assert.equal(allowances("src/a.rs", '#[allow(clippy::unwrap_used, reason = "x")]').length, 1);
  assert.equal(allowances("src/a.rs", "#![allow(clippy::single_char_add_str, clippy::indexing_slicing)]").length, 1);
  assert.equal(allowances("src/a.rs", '#![allow(unsafe_code, reason = "a panic")]').length, 0);
  assert.equal(allowances("src/a.rs", "#[allow(clippy::indexing_slicing)]\nconst A: u8 = B[0];").length, 0);
  assert.equal(allowances("src/a.rs", "#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]").length, 0);
});

test("every crate of the workspace takes the workspace's lints", () => {
  for (const path of ["Cargo.toml", "boundary/Cargo.toml"]) {
    assert.match(readFileSync(join(root, path), "utf8"), /^\[lints\]\nworkspace = true$/m, path);
  }
});
