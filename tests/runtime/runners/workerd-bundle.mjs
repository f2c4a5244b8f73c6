// A worker as its build makes it: one module, and the core beside it.
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";

/**
 * @param {string} entry in a folder where the package is installed
 * @param {string} folder where the modules' files go
 * @returns the modules, as `startWorkerd` takes them
 */
export async function bundleWorker(entry, folder) {
  await mkdir(folder, { recursive: true });
  const wasm = {
    name: "wasm-as-module",
    setup({ onResolve }) {
      // What workerd wants: the import stays, and names a module of the worker's.
      onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path: `./${basename(path)}`, external: true }));
    },
  };
  await build({
    entryPoints: [entry],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    target: "es2022",
    plugins: [wasm],
    loader: { ".toml": "text" },
    external: ["cloudflare:*"],
    logLevel: "warning",
  });
  const modules = [{ name: "worker.js", kind: "esModule" }];
  const from = dirname(createRequire(entry).resolve("cloud-run-auth/core.wasm"));
  for (const name of ["session_bg.wasm", "login_bg.wasm", "service_bg.wasm", "user_bg.wasm", "verify_bg.wasm"]) {
    await copyFile(join(from, name), join(folder, name));
    modules.push({ name, kind: "wasm" });
  }
  return modules;
}
