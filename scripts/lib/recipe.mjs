// Reads wasm-pack.toml and holds the versions it names to the places that have to repeat them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { fail, root } from "./root.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");

export function loadRecipe() {
  const recipe = parse(read("wasm-pack.toml"));
  for (const disagreement of disagreements(recipe, {
    lock: parse(read("Cargo.lock")),
    packages: JSON.parse(read("scripts/package.json")),
  })) {
    fail(disagreement);
  }
  return recipe;
}

/** Where Cargo's and npm's files name another version than the recipe: two tools that disagree fail far from the cause. */
export function disagreements(recipe, { lock, packages }) {
  const found = [];
  const expect = (what, version, tool) => {
    if (version !== recipe.tools[tool]) {
      found.push(`${what} is ${version}, but wasm-pack.toml names ${tool} ${recipe.tools[tool]}: change both`);
    }
  };
  const crate = lock.package.find(({ name }) => name === "wasm-bindgen");
  expect("wasm-bindgen in Cargo.lock", crate?.version, "wasm-bindgen");
  expect("binaryen in scripts/package.json", packages.devDependencies.binaryen, "wasm-opt");
  for (const [name, { crate }] of Object.entries(recipe.wasm)) {
    if (!lock.package.some((known) => known.name === crate))
      found.push(`wasm-pack.toml builds ${name} from ${crate}, which is no crate of ours`);
  }
  for (const name of Object.keys(recipe.budget)) {
    if (!recipe.wasm[name]) found.push(`wasm-pack.toml has a budget for ${name}, which it does not build`);
  }
  return found;
}
