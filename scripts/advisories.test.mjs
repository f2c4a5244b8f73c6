import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { advisories, complaints, crates, npmPackages, unwaived } from "./lib/advisories.mjs";
import { root } from "./lib/root.mjs";

const today = new Date().toISOString().slice(0, 10);
const waivers = JSON.parse(readFileSync(join(root, "scripts/waivers.json"), "utf8"));
const security = readFileSync(join(root, "SECURITY.md"), "utf8");
const deny = readFileSync(join(root, "deny.toml"), "utf8");

test("every waiver names advisory, package, reason and dates, and its time is not up", () => {
  assert.deepEqual(complaints(waivers, today), []);
  for (const { id } of waivers) assert.ok(security.includes(id), `SECURITY.md says nothing of ${id}`);
  for (const [id] of deny.matchAll(/RUSTSEC-\d+-\d+/g))
    assert.ok(
      waivers.some((one) => one.id === id),
      `deny.toml ignores ${id}, without a waiver`,
    );
});

test("a waiver whose time is up is found, and one that says too little", () => {
  const [good] = waivers;
  assert.match(complaints([good], "2999-01-01")[0], /ended on/);
  assert.equal(complaints([{ ...good, reason: "no" }], today).length, 1);
  assert.equal(complaints([{ ...good, until: undefined }], today).length, 1);
  assert.equal(complaints([{ ...good, id: "x" }], today).length, 1);
});

test("lockfiles are read: what comes from a registry, by name and version", () => {
  assert.deepEqual(
    crates({
      package: [
        { name: "ours", version: "1.0.0" },
        { name: "a", version: "2.0.0", source: "registry" },
      ],
    }),
    [{ ecosystem: "crates.io", name: "a", version: "2.0.0" }],
  );
  const lock = {
    packages: {
      "": {},
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b/node_modules/@c/d": { version: "2.0.0" },
      "node_modules/l": { link: true },
    },
  };
  assert.deepEqual(
    npmPackages(lock).map(({ name }) => name),
    ["a", "@c/d"],
  );
});

test("what the database knows is found, by all its names, unless it is waived", async (context) => {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    if (request.url === "/v1/vulns/GHSA-1") return response.end(JSON.stringify({ aliases: ["RUSTSEC-2023-0071"], summary: "bad" }));
    const results = JSON.parse(text).queries.map(({ package: { name } }) => (name === "rsa" ? { vulns: [{ id: "GHSA-1" }] } : {}));
    return response.end(JSON.stringify({ results }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const packages = ["rsa", "rsa", "other"].map((name) => ({ ecosystem: "crates.io", name, version: "0.9.0" }));
  const found = await advisories(packages, url);
  assert.deepEqual(
    found.map(({ what, ids }) => [what, ids]),
    [["rsa 0.9.0", ["GHSA-1", "RUSTSEC-2023-0071"]]],
  );
  assert.deepEqual(unwaived(found, waivers, waivers[0].since), []);
  assert.equal(unwaived(found, waivers, "2999-01-01").length, 1);
  assert.equal(unwaived(found, [], today).length, 1);
  assert.equal(unwaived(found, [{ ...waivers[0], package: "other" }], today).length, 1);
});

test("a database that cannot be reached says so", async () => {
  await assert.rejects(advisories([{ ecosystem: "npm", name: "a", version: "1.0.0" }], "http://127.0.0.1:1"), /cannot be reached/);
});
