// Builds every .wasm file of wasm-pack.toml, proves that it loads, and holds the results to their budgets.
// Run by `make build`, with the environment of scripts/env.
import { buildWasm } from "./lib/compile.mjs";
import { proveModule } from "./lib/prove.mjs";
import { loadRecipe } from "./lib/recipe.mjs";
import { measure, printSizes } from "./lib/sizes.mjs";

const recipe = loadRecipe();
for (const [name, part] of Object.entries(recipe.wasm)) {
  const files = await buildWasm(name, part, recipe.tools);
  await proveModule(name, files);
}
let kept = true;
for (const [name, budget] of Object.entries(recipe.budget)) {
  const sizes = await measure(name, budget, recipe.wasm[name]);
  printSizes(sizes);
  kept &&= sizes.total <= budget.gzip;
}
if (!kept) process.exitCode = 1;
