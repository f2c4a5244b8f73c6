// What a user downloads, in bytes, held against the recipe's budget.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { fail, root } from "./root.mjs";

const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** Measures one budget: the module, and the entry with all it imports, both as shipped and as one minified file. */
export async function measure(name, budget, part) {
  if (!existsSync(join(root, budget.entry))) fail(`wasm-pack.toml: the entry of budget ${name} is not there: ${budget.entry}`);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [budget.entry],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    // The last one is imported where there is no WebCrypto, and has a budget of its own.
    external: ["node:*", "cloudflare:*", "./signature-*"],
    metafile: true,
    write: false,
    logLevel: "error",
  }).catch(() => fail(`${budget.entry} and the files that it imports do not bundle`));
  const wasm = `${part["out-dir"]}/${name}_bg.wasm`;
  const row = (file, bytes) => ({ file, bytes: bytes.length, gzip: gzipped(bytes) });
  const shipped = [wasm, ...Object.keys(metafile.inputs)].map((file) => row(file, readFileSync(join(root, file))));
  const bundle = row("the .js files, bundled and minified", outputFiles[0].contents);
  return { name, shipped, bundle, total: shipped[0].gzip + bundle.gzip, budget: budget.gzip };
}

export function printSizes({ name, shipped, bundle, total, budget }) {
  const sum = (key) => shipped.reduce((all, row) => all + row[key], 0);
  const rows = [...shipped, { file: "as shipped", bytes: sum("bytes"), gzip: sum("gzip") }, bundle];
  const width = Math.max(...rows.map(({ file }) => file.length));
  const line = (file, bytes, gzip) => console.log(`  ${file.padEnd(width)}  ${bytes.padStart(9)}  ${gzip.padStart(9)}`);
  line(name, "bytes", "gzipped");
  for (const { file, bytes, gzip } of rows) line(file, bytes.toLocaleString("en"), gzip.toLocaleString("en"));
  line(".wasm + minified .js", "", total.toLocaleString("en"));
  if (total > budget)
    console.error(`error: ${name} is over its budget of ${budget.toLocaleString("en")} bytes gzipped by ${total - budget}`);
  else console.log(`  ${budget - total} bytes are left of the budget of ${budget.toLocaleString("en")}`);
}
