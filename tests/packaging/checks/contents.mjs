// The tarball itself.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { within } from "../../runtime/programs.mjs";
import { run } from "../process.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const files = {
  name: "the tarball holds exactly the files of files.txt",
  check({ files, size }) {
    const expected = readFileSync(new URL("../files.txt", import.meta.url), "utf8")
      .trim()
      .split("\n");
    const missing = expected.filter((file) => !files.includes(file));
    const surplus = files.filter((file) => !expected.includes(file));
    if (missing.length + surplus.length > 0) {
      throw new Error(`missing: ${missing.join(", ") || "none"}\nnot in the list: ${surplus.join(", ") || "none"}`);
    }
    return `${files.length} files, ${size} bytes packed`;
  },
};

const leftovers = {
  name: "nothing that wasm-pack leaves behind hides the module",
  check({ files }) {
    // npm obeys an ignore file below pkg/ even against "files", and a manifest there would change how modules are read.
    const folder = join(root, "pkg/wasm");
    const wrong = readdirSync(folder).filter((name) => /^(package\.json|\.gitignore|\.npmignore|README.*)$/.test(name));
    if (wrong.length > 0) throw new Error(`pkg/wasm holds ${wrong.join(", ")}`);
    if (!files.some((file) => file.endsWith(".wasm"))) throw new Error("there is no .wasm in the tarball");
    const nested = files.filter((file) => /.+\/(package\.json|\.gitignore|\.npmignore)$/.test(file));
    if (nested.length > 0) throw new Error(`the tarball holds ${nested.join(", ")}`);
  },
};

const paths = {
  name: "no file tells where it was built",
  check({ tarball, files }) {
    const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-unpacked-"));
    try {
      execFileSync("tar", ["-xzf", tarball, "-C", folder]);
      const home = homedir();
      const places = [root.replace(/\/$/, ""), "/.cargo/registry", "/.rustup/", ...(home.length > 2 ? [`${home}/`] : [])];
      const found = files.flatMap((file) => {
        const bytes = readFileSync(join(folder, "package", file));
        return places.filter((place) => bytes.includes(place)).map((place) => `${file}: ${place}`);
      });
      if (found.length > 0) throw new Error(found.join("\n"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const lint = {
  name: "publint finds nothing",
  async check({ tarball }) {
    const bytes = readFileSync(tarball);
    const { messages } = await publint({
      pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) },
      strict: true,
    });
    if (messages.length > 0) throw new Error(messages.map((message) => JSON.stringify(message)).join("\n"));
  },
};

const attw = {
  name: "arethetypeswrong finds nothing (profile esm-only)",
  async check({ tarball }) {
    // Nobody imports types from a .wasm file.
    const args = [
      tarball,
      "--profile",
      "esm-only",
      "--exclude-entrypoints",
      "./core.wasm",
      "--no-emoji",
      "--no-color",
      "--format",
      "ascii",
    ];
    await run(process.execPath, [within("@arethetypeswrong/cli/dist/index.js"), ...args]);
  },
};

export const contents = [files, leftovers, paths, lint, attw];
