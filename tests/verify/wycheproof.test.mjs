// Project Wycheproof's signatures, made to be taken for what they are not: what the npm package verifies with, WebCrypto of each runtime and the
// core's own arithmetic, takes no invalid one and every valid one. The Rust crate's own test is tests/wycheproof/tests/pure_rust.rs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bin, chromium, node24, why, workerd } from "../runtime/programs.mjs";
import { openPage } from "../runtime/runners/chromium-page.mjs";
import { startWorkerd } from "../runtime/runners/workerd-server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL("wycheproof/", import.meta.url));
mkdirSync(`${root}target`, { recursive: true });
// Below the root, from which the page is served.
const folder = mkdtempSync(`${root}target/wycheproof-`);
after(() => rmSync(folder, { recursive: true, force: true }));
const file = `${folder}/cases.json`;

const options = { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 };
writeFileSync(file, execFileSync("cargo", ["run", "--quiet", "--package", "cloud-run-auth-wycheproof"], options));
const all = JSON.parse(readFileSync(file, "utf8"));
// The core refuses a key of over 4096 bits before any host sees it.
const cases = all.filter(({ set }) => set !== "RS256, 8192 bits");
writeFileSync(file, JSON.stringify(cases));

/** What every verifier has to make of each set. */
const EXPECTED = {
  "RS256, 2048 bits": { "valid taken": 9, "invalid refused": 249, "acceptable refused": 1 },
  "RS256, 3072 bits": { "valid taken": 8, "invalid refused": 250, "acceptable refused": 1 },
  "RS256, 4096 bits": { "valid taken": 7, "invalid refused": 250, "acceptable refused": 1 },
  ES256: { "valid taken": 173, "invalid refused": 89 },
};

/** The only one in each RSA set that may be taken or not: the hash's parameters are left out, and not NULL (RFC 8017, section 9.2, note 2). */
const MAY_BE_TAKEN = "MissingNull";

function hold(t, found, verifiers) {
  assert.deepEqual(Object.keys(found), verifiers);
  for (const verifier of verifiers) {
    for (const [set, expected] of Object.entries(EXPECTED)) {
      const { counts, wrong } = found[verifier][set];
      assert.deepEqual(wrong, [], `${verifier}, ${set}`);
      assert.deepEqual(counts, expected, `${verifier}, ${set}`);
      t.diagnostic(
        `${verifier}, ${set}: ${Object.entries(counts)
          .map((one) => one.toReversed().join(" "))
          .join(", ")}`,
      );
    }
  }
}

test("there are as many of them as there were, and what may be taken or not is of one kind", (t) => {
  assert.equal(all.length, 1296);
  assert.equal(cases.length, 1038);
  const acceptable = cases.filter(({ verdict }) => verdict === "acceptable");
  assert.deepEqual(new Set(acceptable.map(({ flags }) => flags)), new Set([MAY_BE_TAKEN]));
  t.diagnostic(`${cases.length} signatures, and ${all.length - cases.length} of keys over 4096 bits, which are not taken`);
});

const deno = [bin("deno"), "run", "--no-prompt", "--no-remote", "--allow-read", "--allow-env"];
for (const [name, command, door] of [
  [`Node ${process.versions.node}`, [process.execPath], "node"],
  ["Node 24", node24() && [node24()], "node"],
  ["Bun", [bin("bun"), "run"], "node"],
  ["Deno", deno, "deno"],
]) {
  test(name, { skip: command ? false : why.node24 }, (t) => {
    const [program, ...before] = command;
    const stdout = execFileSync(program, [...before, `${here}process.js`, file, door], options);
    hold(t, JSON.parse(stdout), ["WebCrypto", "the core's own"]);
  });
}

test("workerd", async (t) => {
  await build({
    entryPoints: [`${here}worker.js`],
    outfile: `${folder}/worker.js`,
    bundle: true,
    format: "esm",
    external: ["cloudflare:*"],
  });
  const modules = [{ name: "worker.js", kind: "esModule" }];
  const server = await startWorkerd({ program: workerd(), folder, workers: [{ name: "main", modules, date: "2026-10-20" }] });
  try {
    const response = await fetch(server.url, { method: "POST", body: readFileSync(file) });
    hold(t, await response.json(), ["WebCrypto"]);
  } finally {
    server.stop();
  }
});

for (const [host, verifiers] of [
  ["127.0.0.1", ["WebCrypto", "the core's own"]],
  ["insecure.test", ["the core's own"]],
]) {
  test(`Chromium, a page of http://${host}`, { skip: chromium() ? false : why.chromium }, async (t) => {
    const html = `<!doctype html><script type="module" src="/${relative(root, here)}/page.js"></script>`;
    const { page, close } = await openPage({ executable: chromium(), root, html, ready: "judged", host });
    try {
      assert.equal(await page.evaluate(() => crypto.subtle !== undefined), verifiers.length === 2);
      hold(t, await page.evaluate((path) => window.judged(path), `/${relative(root, file)}`), verifiers);
    } finally {
      await close();
    }
  });
}
