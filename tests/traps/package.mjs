// The package with the module for tests in place of its own, in target/traps/package: what is tested must not be what is shipped.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildWasm } from "../../scripts/lib/compile.mjs";
import { loadRecipe } from "../../scripts/lib/recipe.mjs";
import { root } from "../../scripts/lib/root.mjs";

const { wasm, tools } = loadRecipe();
const out = "target/traps/wasm";

/** Builds it, with nothing but a feature more than the recipe says. */
export async function buildPackage() {
  await buildWasm("session", { ...wasm.session, features: ["traps"], "out-dir": out }, tools);
  const folder = join(root, "target/traps/package");
  rmSync(folder, { recursive: true, force: true });
  const generated = join(root, "pkg/wasm");
  cpSync(join(root, "pkg"), folder, { recursive: true, filter: (path) => path !== generated });
  cpSync(join(root, out), join(folder, "wasm"), { recursive: true });
  return folder;
}
