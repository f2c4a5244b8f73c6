// The declarations, as strict users compile against them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { within } from "../../runtime/programs.mjs";
import { run } from "../process.mjs";

const strict = {
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  // The package's own declarations are checked too.
  skipLibCheck: false,
  types: [],
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"],
};

const compile = (name, more, files = ["consumer.ts", "subpaths.ts"]) => ({
  name: `types: ${name}`,
  async check({ project }) {
    const place = await project(`types-${name.replaceAll(/\W+/g, "-")}`);
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions: { ...strict, ...more }, files }));
    await run(process.execPath, [within("typescript/bin/tsc"), "-p", "."], { cwd: place });
  },
});

export const types = [
  compile("module nodenext", { module: "nodenext", moduleResolution: "nodenext" }),
  compile("module esnext, resolution bundler", { module: "esnext", moduleResolution: "bundler" }),
  compile("with the conditions of Workers", {
    module: "esnext",
    moduleResolution: "bundler",
    customConditions: ["workerd", "worker", "browser"],
  }),
];
