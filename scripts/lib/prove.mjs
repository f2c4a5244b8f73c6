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
    for (let start = 0; start < 2; start++) {
      const { exports } = new WebAssembly.Instance(module);
      bindings.__wbg_set_wasm(exports);
      // A question without a letter: there is nothing to answer, or no more than that it is none.
      bindings.room(1);
      const length = bindings.call(0);
      if (length !== 0 && new Uint8Array(exports.memory.buffer)[bindings.room(length)] !== 33)
        fail(`${name}: the module answers what it was not asked`);
    }
  } catch (error) {
    fail(`${name}: the optimised module does not load: ${error.stack}`);
  }
}

/** What a module must not hold. */
export function complaints(name, bytes, module, privatePaths = [root, cargoHome, homedir()]) {
  const found = [];
  for (const { module: from, name: wanted } of WebAssembly.Module.imports(module)) {
    // A clock, an allocator or a C library that slipped in shows as an import from "env" or from WASI, a function or a value of
    // JavaScript's as one from the glue.
    found.push(`${name}: the module imports ${wanted} from "${from}", and pkg/core.js hands in nothing`);
  }
  for (const path of privatePaths) {
    if (path.length > 1 && bytes.includes(path)) found.push(`${name}: the module names a path of this machine: ${path}`);
  }
  return found;
}
