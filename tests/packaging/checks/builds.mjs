// What bundlers make of the package, and that each output makes an authorized call where it is meant to run.
import { mkdirSync, readdirSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { chromium, node24, why, within, workerd } from "../../runtime/programs.mjs";
import { openPage } from "../../runtime/runners/chromium-page.mjs";
import { startWorkerd } from "../../runtime/runners/workerd-server.mjs";
import { Skipped, run } from "../process.mjs";
import { wasAnswered } from "../service.mjs";

async function inChromium(root, given) {
  const executable = chromium();
  if (!executable) throw new Skipped(why.chromium);
  const { page, close } = await openPage({ executable, root, ready: "call" });
  try {
    wasAnswered(await page.evaluate((call) => window.call(call), given), given);
  } finally {
    await close();
  }
}

async function inWorkerd(folder, modules, given) {
  const server = await startWorkerd({ program: workerd(), folder, workers: [{ name: "main", modules, date: "2026-10-20" }] });
  try {
    const response = await fetch(server.url, { method: "POST", body: JSON.stringify(given) });
    const text = await response.text();
    if (!response.ok) throw new Error(`workerd answered ${response.status}: ${text.slice(0, 500)}`);
    wasAnswered(JSON.parse(text), given);
  } finally {
    server.stop();
  }
}

/** Bundlers that see two ways to the module ship it twice. */
function oneModule(folder) {
  const found = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".wasm"));
  if (found.length !== 1) throw new Error(`expected one .wasm in the output, saw ${found.join(", ") || "none"}`);
  return found[0];
}

const vite = {
  name: "Vite: the build's page makes a call in Chromium",
  async check({ project, given }) {
    const place = await project("vite");
    await run(process.execPath, [within("vite/bin/vite.js"), "build", "--logLevel", "warn"], { cwd: place });
    oneModule(join(place, "dist"));
    await inChromium(join(place, "dist"), given);
  },
};

const webpack = {
  name: "webpack: the build's page makes a call in Chromium",
  async check({ project, given }) {
    const place = await project("webpack");
    const args = ["--mode", "production", "--entry", "./main.js", "--output-path", "dist"];
    await run(process.execPath, [within("webpack-cli/bin/cli.js"), "build", ...args], { cwd: place });
    oneModule(join(place, "dist"));
    await copyFile(join(place, "index.html"), join(place, "dist/index.html"));
    await inChromium(join(place, "dist"), given);
  },
};

const esbuildNode = {
  name: "esbuild, slim with the module inlined: makes a call in Node",
  async check({ project, given }) {
    const place = await project("esbuild-node");
    const outfile = join(place, "out/call.mjs");
    const options = {
      entryPoints: [join(place, "slim.js")],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      logLevel: "silent",
    };
    await esbuild({ ...options, loader: { ".wasm": "binary" } });
    const { call } = await import(pathToFileURL(outfile).href);
    wasAnswered(await call(given), given);
  },
};

const esbuildPage = {
  name: "esbuild, slim with the module beside it: makes a call in Chromium",
  async check({ project, given }) {
    const place = await project("esbuild-page");
    const outdir = join(place, "out");
    const options = { entryPoints: [join(place, "page.js")], outdir, bundle: true, format: "esm", platform: "browser", logLevel: "silent" };
    await esbuild({ ...options, minify: true, publicPath: "/", loader: { ".wasm": "file" } });
    oneModule(outdir);
    await copyFile(join(place, "index.html"), join(outdir, "index.html"));
    await inChromium(outdir, given);
  },
};

const wrangler = {
  name: "wrangler deploy --dry-run: the bundle makes a call in workerd",
  async check({ project, given }) {
    const program = node24();
    if (!program) throw new Skipped(why.node24);
    const place = await project("wrangler");
    const home = join(place, "home");
    mkdirSync(home);
    const env = { HOME: home, XDG_CONFIG_HOME: home, CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_LOG: "warn" };
    const args = [within("wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", "out", "--config", "wrangler.json"];
    await run(program, args, { cwd: place, env });
    const out = join(place, "out");
    const module = oneModule(out);
    const modules = [
      { name: "worker.js", kind: "esModule" },
      { name: module, kind: "wasm" },
    ];
    await inWorkerd(out, modules, given);
  },
};

export const builds = [vite, webpack, esbuildNode, esbuildPage, wrangler];
