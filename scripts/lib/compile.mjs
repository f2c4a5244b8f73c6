// From Rust to pkg/wasm: cargo, wasm-bindgen, wasm-opt.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fail, root } from "./root.mjs";

const targetDirectory = process.env.CARGO_TARGET_DIR ?? join(root, "target");
export const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");

/** Builds one .wasm with its glue into the recipe's out-dir, unless both are already made from the same input; returns the paths. */
export async function buildWasm(name, part, tools) {
  const input = compile(part);
  const output = join(root, part["out-dir"]);
  const files = {
    wasm: join(output, `${name}_bg.wasm`),
    glue: join(output, `${name}.js`),
    types: join(output, `${name}.d.ts`),
  };
  const work = join(targetDirectory, "npm", [name, ...part.features].join("-"));
  const stamp = join(work, "stamp");
  const madeFrom = () => digest([readFileSync(input), JSON.stringify([part, tools]), ...contents(Object.values(files))]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === madeFrom()) return files;

  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  timed(`${name}: wasm-bindgen ${tools["wasm-bindgen"]}`, "wasm-bindgen", [
    ...part["wasm-bindgen"],
    "--out-dir",
    work,
    "--out-name",
    name,
    input, // prettier-ignore
  ]);
  const generated = join(work, `${name}_bg.wasm`);
  const optimised = join(work, "optimised.wasm");
  timed(`${name}: wasm-opt ${tools["wasm-opt"]}`, "wasm-opt", [...part["wasm-opt"], generated, "-o", optimised]);

  mkdirSync(output, { recursive: true });
  for (const file of readdirSync(output).filter((file) => file.startsWith(`${name}.`) || file.startsWith(`${name}_`))) {
    rmSync(join(output, file));
  }
  renameSync(optimised, files.wasm);
  // The other file, without `_bg`, would have a bundler make the instance.
  renameSync(join(work, `${name}_bg.js`), files.glue);
  renameSync(join(work, `${name}.d.ts`), files.types);
  // Which is why the types leave this out.
  appendFileSync(files.types, "\nexport function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n");
  writeFileSync(stamp, madeFrom());
  return files;
}

/** Runs cargo, which knows best whether there is anything to do, and returns the path of the module. */
function compile(part) {
  // Panic messages hold the paths of sources: mapped, the bytes are the same on every machine and name nobody's home.
  const flags = [`--remap-path-prefix=${cargoHome}=/cargo`, `--remap-path-prefix=${root}=/cloud-run-auth`, ...part.rustflags];
  const target = "wasm32-unknown-unknown";
  const features = part.features.length > 0 ? ["--features", part.features.join(",")] : [];
  const { status, error } = spawnSync("cargo", ["build", "--release", "--target", target, "--package", part.crate, ...features], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") },
  });
  if (error) fail(`cargo does not start (${error.code}); run: make setup`);
  if (status !== 0) fail("cargo build failed");
  return join(targetDirectory, target, "release", `${part.crate.replaceAll("-", "_")}.wasm`);
}

function timed(title, command, args) {
  const began = performance.now();
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (error) fail(`${command} does not start (${error.code}); run: make setup`);
  if (status !== 0) fail(`${command} ${args.join(" ")}\n${stdout}${stderr}`);
  console.log(`  ${title}  ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

const contents = (paths) => paths.map((path) => (existsSync(path) ? readFileSync(path) : "missing"));

function digest(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(createHash("sha256").update(part).digest());
  return hash.digest("hex");
}
