import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HOME = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

test("the examples in README.md run", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const examples = Array.from(readme.matchAll(/^```js\n(.*?)^```$/gms), ([, code]) => code);
  assert.equal(examples.length, 3);
  // The working folder lets them import the package by its name.
  await Promise.all(examples.map((code) => run(process.execPath, ["--input-type=module", "--eval", code], { cwd: HOME })));
});

test("the packed package holds what it needs and nothing else", async () => {
  // Its lifecycle script brings the licences.
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json"], {
    cwd: HOME,
    shell: process.platform === "win32",
  });
  const [packed] = [JSON.parse(stdout)].flat().map((entry) => entry.files ?? Object.values(entry)[0].files);
  const files = packed.map((file) => file.path);
  const expected = ["index.js", "index.d.ts", "node.js", "node.d.ts", "cli.js", "package.json", "README.md", "lib/dispatch.js"];
  for (const file of [...expected, "LICENSE-MIT", "LICENSE-APACHE"]) assert.ok(files.includes(file), file);
  const strangers = files.filter(
    (file) => !/^(lib\/[a-z-]+\.js|index\.(js|d\.ts)|node\.(js|d\.ts)|cli\.js|package\.json|README\.md|LICENSE-\w+)$/.test(file),
  );
  assert.deepEqual(strangers, []);
});

test("one runtime dependency, pinned, and a lock file without addresses", async () => {
  const { dependencies } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  assert.deepEqual(dependencies, { jose: "6.2.17" });
  assert.doesNotMatch(await readFile(new URL("../package-lock.json", import.meta.url), "utf8"), /"resolved"/);
});
