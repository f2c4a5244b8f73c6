import assert from "node:assert/strict";
import { test } from "node:test";
import { complaints } from "./lib/prove.mjs";
import { disagreements, loadRecipe } from "./lib/recipe.mjs";

/** A module with one imported function, from a module with a name of one letter. */
const importing = (from) =>
  new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, from.length, ...Buffer.from(from), 1, 102, 0, 0]);

test("the recipe agrees with Cargo.lock and package.json", () => {
  assert.ok(loadRecipe().tools["wasm-bindgen"]);
});

test("a version or a name that stands differently elsewhere is found", () => {
  const recipe = { tools: { "wasm-bindgen": "1.0.0", "wasm-opt": "2.0.0" }, wasm: { session: { crate: "gone" } }, budget: { lost: {} } };
  const elsewhere = {
    lock: { package: [{ name: "wasm-bindgen", version: "1.0.1" }] },
    packages: { devDependencies: { binaryen: "3.0.0" } },
  };
  assert.equal(disagreements(recipe, elsewhere).length, 4);
});

test("a module that imports from anything but its glue is refused", () => {
  const bytes = importing("e");
  assert.match(complaints("session", Buffer.from(bytes), new WebAssembly.Module(bytes), [])[0], /imports f from "e"/);
});

test("a module that names a private path is refused", () => {
  const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  const found = complaints("session", Buffer.from("…/home/someone/src…"), new WebAssembly.Module(empty), ["/home/someone"]);
  assert.match(found[0], /path of this machine/);
});
