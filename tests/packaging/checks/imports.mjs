// Installing and importing: into an empty folder, once for import and require, without side effects.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { node24 } from "../../runtime/programs.mjs";
import { report, run } from "../process.mjs";
import { wasAnswered } from "../service.mjs";

const expect = (what, seen, wanted) => {
  if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: expected ${JSON.stringify(wanted)}, saw ${JSON.stringify(seen)}`);
  }
};

const names = ["AuthError", "TimeoutError", "allowInsecureRequests", "createSession", "customFetch"];

const empty = {
  name: "installs into an empty folder, alone, and works",
  async check({ project, given }) {
    const place = await project("node");
    const installed = readdirSync(join(place, "node_modules")).filter((name) => !name.startsWith("."));
    expect("what was installed", installed, ["cloud-run-auth"]);
    const lock = JSON.parse(readFileSync(join(place, "package-lock.json"), "utf8"));
    const { hasInstallScript, dependencies } = lock.packages["node_modules/cloud-run-auth"];
    expect("install scripts and dependencies", [hasInstallScript, dependencies], [undefined, undefined]);
    wasAnswered(await report("call.mjs", [JSON.stringify(given)], { cwd: place }), given);
  },
};

const both = {
  name: "import, require and ./slim are one instance",
  async check({ project }) {
    const place = await project("node-both");
    const seen = await report("both.mjs", [], { cwd: place });
    expect("names", [seen.names, seen.required], [names, names]);
    expect("what differs", [seen.same, seen.slim, seen.slimTwice, seen.init], [[], [], [], "function"]);
  },
};

const entries = { "cloud-run-auth": names, "cloud-run-auth/slim": names, "cloud-run-auth/stores/gcs": ["gcsStore", "parseGcsLocation"] };

const quiet = Object.entries(entries).map(([entry, names]) => ({
  name: `importing ${entry} touches no fetch global, starts no timer and no WebAssembly`,
  async check({ project }) {
    const place = await project(`node-quiet-${entry.replaceAll("/", "-")}`);
    for (const program of new Set([process.execPath, node24() ?? process.execPath])) {
      const seen = JSON.parse((await run(program, ["quiet-import.mjs", entry], { cwd: place })).trim());
      expect("what was touched", [seen.touched, seen.armed], [[], true]);
      for (const name of names) if (!seen.names.includes(name)) throw new Error(`${entry} does not export ${name}`);
    }
  },
}));

const elsewhere = {
  name: "./durable-object says outside of Workers where it belongs",
  async check({ project }) {
    const place = await project("node-elsewhere");
    const { message } = await report("elsewhere.mjs", [], { cwd: place });
    if (!/for Cloudflare Workers/.test(message)) throw new Error(`expected words that help, saw ${message}`);
  },
};

const slim = ["bytes", "buffer", "module", "promise"].map((kind) => ({
  name: `./slim takes the core as ${kind}`,
  async check({ project, given }) {
    const place = await project(`node-slim-${kind}`);
    const seen = await report("slim.mjs", [JSON.stringify({ ...given, kind })], { cwd: place });
    expect("a call before init()", seen.early, "core_failed");
    wasAnswered(seen, given);
  },
}));

const cost = {
  name: "import cost over an empty process",
  async check({ project }) {
    const place = await project("node-cost");
    const rounds = 15;
    const lines = [];
    for (const program of new Set([process.execPath, node24() ?? process.execPath])) {
      const times = { "nothing.mjs": [], "import.mjs": [] };
      // In turns, so that a noisy moment meets both alike.
      for (let round = 0; round < rounds; round += 1) {
        for (const script of Object.keys(times)) {
          const began = performance.now();
          await run(program, [script], { cwd: place });
          times[script].push(performance.now() - began);
        }
      }
      const [before, after] = Object.values(times).map(median);
      const version = (await run(program, ["--version"])).trim();
      lines.push(
        `Node ${version}: ${before.toFixed(0)} ms empty, ${after.toFixed(0)} ms with the import (medians of ${rounds}; not judged)`,
      );
    }
    return lines.join("\n      ");
  },
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

export const imports = [empty, both, ...quiet, elsewhere, ...slim, cost];
