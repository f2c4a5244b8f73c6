// Which panics the core can come to, as far as the compiler can tell: those that are listed here, each with why it is none.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { panics } from "../../scripts/lib/panics.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url));

/** By file, how many places there are. */
const known = {
  // No memory, or more than there can be: nothing can go on, and the host begins another core.
  "library/alloc/src/alloc.rs": 1,
  "library/alloc/src/raw_vec/mod.rs": 1,
  // What `Vec::remove` says of the numbers that the ones below find by looking.
  "library/alloc/src/vec/mod.rs": 1,
  // A text is cut to one byte of ASCII that it begins with, or to a length that it had.
  "src/credential/file.rs": 1,
  "src/template.rs": 1,
  "src/url.rs": 1,
  // The state is borrowed already: after a trap, and then it is that core's last question.
  "src/js/mod.rs": 1,
  // An entry is taken out at the number where it was found, and the first one where there are many.
  "src/token/cache.rs": 2,
  "src/token/holdings.rs": 3,
  "src/token/operations.rs": 1,
};
/** One that is there on purpose shows that others would be found. */
const control = { "boundary/src/traps.rs": 1 };

test("the core can come to no panic but those that are known to be none", () => {
  const places = panics(read("target/traps/wasm/session_bg.wasm"));
  const found = {};
  for (const place of places) {
    const [file] = place.split(":");
    found[file] = (found[file] ?? 0) + 1;
  }
  assert.deepEqual(found, { ...known, ...control }, `a panic came or went; all of them:\n${places.join("\n")}`);
});

test("the module that is shipped names no place, and can be told no failure", () => {
  const bytes = read("pkg/wasm/session_bg.wasm");
  assert.deepEqual(panics(bytes), []);
  for (const words of ["panicked at", "index out of bounds", "attempt to", "called `", "library/", ".rs"])
    assert.ok(!bytes.includes(words), words);
  const names = WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name);
  assert.deepEqual(names.sort(), ["call", "memory", "room"]);
});
