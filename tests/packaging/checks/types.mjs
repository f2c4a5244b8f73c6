// The declarations, as strict users compile against them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { within } from "../../runtime/programs.mjs";
import { run } from "../process.mjs";

const read = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

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

/** What the examples take for granted. */
const granted = `
declare const session: import("cloud-run-auth").Session;
declare const env: { GOOGLE_KEY: string; TOKENS: import("cloud-run-auth/durable-object").TokenNamespace };
declare const uploaded: string, config: string, credential: string, scope: string;
declare function save(token: string): Promise<void>;
declare const ctx: { waitUntil(promise: Promise<unknown>): void };
declare module "node:fs" { export function readFileSync(path: string): Uint8Array; }
declare module "node:url" { export function fileURLToPath(url: string): string; }
interface ImportMeta { resolve(name: string): string }
declare module "cloudflare:workers" { export const env: any; }
declare module "npm:cloud-run-auth" { export * from "cloud-run-auth"; }
`;

/** Of each comment that has one, its example. */
function examplesIn(declarations) {
  const comments = Array.from(declarations.matchAll(/\/\*\*[\s\S]*?\*\//g), ([text]) => text.replaceAll(/^\s*(\/\*\*|\*\/|\*) ?/gm, ""));
  return comments.flatMap((text) => text.split("@example\n").slice(1));
}

const examples = {
  name: "types: the examples in the declarations and READMEs compile",
  async check({ project }) {
    const place = await project("types-examples");
    const names = [
      "AuthError",
      "TimeoutError",
      "allowInsecureRequests",
      "createSession",
      "customFetch",
      "type CredentialFunction",
      "type SubjectTokenFunction",
    ];
    const imports = `import { ${names.join(", ")} } from "cloud-run-auth";\nimport { TokenHolder, heldIn } from "cloud-run-auth/durable-object";
import { gcsStore, parseGcsLocation } from "cloud-run-auth/stores/gcs";`;
    const declared = ["index", "slim", "durable-object", "stores/gcs"]
      .flatMap((name) => examplesIn(read(`pkg/${name}.d.ts`)))
      .map((code) => (/^import /m.test(code) ? code : `${imports}\n${code}`));
    const shown = ["README.md", "pkg/README.md"].flatMap((path) =>
      Array.from(read(path).matchAll(/^```js\n([\s\S]*?)^```$/gm), ([, code]) =>
        code.replace("fetch(request, env)", "fetch(request: Request, env: any)").replace("options(env)", "options(env: any)"),
      ),
    );
    writeFileSync(join(place, "granted.d.ts"), granted);
    const files = [...declared, ...shown].map((code, index) => {
      writeFileSync(join(place, `example-${index}.ts`), `${code}\nexport {};\n`);
      return `example-${index}.ts`;
    });
    const compilerOptions = { ...strict, module: "esnext", moduleResolution: "bundler", lib: [...strict.lib, "es2024"] };
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["granted.d.ts", ...files] }));
    await run(process.execPath, [within("typescript/bin/tsc"), "-p", "."], { cwd: place });
    return `${declared.length} and ${shown.length}`;
  },
};

export const types = [
  examples,
  compile("module nodenext", { module: "nodenext", moduleResolution: "nodenext" }),
  compile("module esnext, resolution bundler", { module: "esnext", moduleResolution: "bundler" }),
  compile("with the conditions of Workers", {
    module: "esnext",
    moduleResolution: "bundler",
    customConditions: ["workerd", "worker", "browser"],
  }),
];
