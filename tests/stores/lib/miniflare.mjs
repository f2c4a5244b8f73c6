// The Worker beside this file in miniflare, which has Durable Objects, R2 and KV: prints its URL, and ends with its standard input.
// Apart, because miniflare wants a later Node than the oldest that the package runs on.
import { build } from "esbuild";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-miniflare-"));
const script = join(folder, "worker.mjs");
await build({
  entryPoints: [fileURLToPath(new URL("worker.js", import.meta.url))],
  outfile: script,
  bundle: true,
  format: "esm",
  target: "es2022",
  external: ["cloudflare:*"],
  logLevel: "warning",
});
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: script }],
    modulesRoot: folder,
    compatibilityDate: "2026-10-20",
    durableObjects: { RECORDS: "RecordHolder" },
    r2Buckets: ["BUCKET"],
    kvNamespaces: ["KV"],
  }),
);
console.log(String(await miniflare.ready));
for await (const _ of process.stdin);
await miniflare.dispose();
await rm(folder, { recursive: true, force: true });
