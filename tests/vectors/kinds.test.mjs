// README.md tells of each kind of credential what the cases of tests/runtime run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { table, written } from "../runtime/kinds-table.mjs";

test("README.md's table of credentials is the one that is run (node tests/runtime/kinds-table.mjs --write)", () => {
  const { lines, from, to } = written();
  assert.equal(lines.slice(from, to).join("\n"), table());
});
