// What has to hold for every finished module, whatever it is for.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { pathToFileURL } from "node:url";
import { cargoHome } from "./compile.mjs";
import { fail, root } from "./root.mjs";

/** Loads the module through its glue, twice; an optimiser that breaks a module still exits with success. */
export async function proveModule(name, { wasm, glue }) {
  const bytes = readFileSync(wasm);
  const module = new WebAssembly.Module(bytes);
  for (const complaint of complaints(name, bytes, module)) fail(complaint);
  try {
    const bindings = await import(pathToFileURL(glue).href);
    bindings.initSync({ module });
    bindings.__wbg_reset_state();
  } catch (error) {
    fail(`${name}: the optimised module does not load: ${error.stack}`);
  }
}

/** What a module must not hold. */
export function complaints(name, bytes, module, privatePaths = [root, cargoHome, homedir()]) {
  const found = [];
  for (const { module: from, name: wanted } of WebAssembly.Module.imports(module)) {
    // A clock, an allocator or a C library that slipped in shows as an import from "env" or from WASI.
    if (from !== `./${name}_bg.js`) found.push(`${name}: the module imports ${wanted} from "${from}", which no host offers`);
  }
  for (const path of privatePaths) {
    if (path.length > 1 && bytes.includes(path)) found.push(`${name}: the module names a path of this machine: ${path}`);
  }
  return found;
}
