import assert from "node:assert/strict";
import { test } from "node:test";
import { complaints } from "./floors.mjs";

const check = (path, text) => complaints([[path, text]]);

test("arrows to the same floor and downwards pass", () => {
  assert.deepEqual(check("token/cache.rs", "use crate::{error::Error, jose::{Jwt, key}, user};\nfn f() -> crate::url::Url {}"), []);
  assert.deepEqual(check("grant/mod.rs", "use crate::credential::Credential;"), []);
  assert.deepEqual(check("http.rs", "use crate::url::Url;"), []);
});

test("an arrow upwards fails, with its line", () => {
  assert.deepEqual(check("jose/key.rs", "//! Keys.\n\nuse crate::session::Session;"), [
    "src/jose/key.rs:3: jose (floor 1) must not use session (floor 3)",
  ]);
});

test("an arrow upwards is found in a group, in an expression, and through super", () => {
  assert.equal(check("time.rs", "use crate::{error::Error, token::{Cache, flow}};").length, 1);
  assert.equal(check("time.rs", "fn f() { crate::js::now() }").length, 1);
  assert.equal(check("time.rs", "use super::login::Login;").length, 1);
  assert.equal(check("jose/key.rs", "use super::super::verify::Verifier;").length, 1);
  assert.equal(check("jose/key.rs", "use super::jwt::Jwt;").length, 0);
});

test("within a floor, an earlier landing must not use a later one", () => {
  assert.equal(check("jose/mod.rs", "use crate::grant::Grant;").length, 1);
});

test("a room that the table does not know is refused, on either end of an arrow", () => {
  assert.match(check("attic/mod.rs", "")[0], /attic is missing from the table/);
  assert.match(check("token/mod.rs", "use crate::Error;")[0], /crate::Error is no room/);
});

test("std, clocks and randomness stay with the hosts", () => {
  for (const text of [
    "use std::vec::Vec;",
    "extern crate std;",
    "let now = Instant::now();",
    "fn f(_: SystemTime) {}",
    "js_sys::Date::now()",
    "getrandom::fill(&mut bytes)",
  ]) {
    assert.equal(check("token/mod.rs", text).length, 1, text);
    assert.equal(check("fetch/mod.rs", text).length, 0, text);
  }
});

test("unit tests may use std, the code around them may not, and their arrows count", () => {
  const tests = "#[cfg(test)]\nmod tests {\n  use std::format;\n  fn f() { std::format!() }\n}\n";
  assert.deepEqual(check("token/mod.rs", tests), []);
  assert.deepEqual(check("token/mod.rs", `${tests}use std::vec::Vec;`), ["src/token/mod.rs:6: std:: is for floor 4 only"]);
  assert.equal(check("token/mod.rs", "#[cfg(test)]\nmod tests { use crate::js::now; }").length, 1);
});

test("comments and literals are not code", () => {
  const text = [
    "// crate::session",
    "/* crate::session */",
    'const A: &str = "std::time \\" crate::js";',
    'const B: &[u8] = br#"a " getrandom"#;',
    "const C: char = '\\\\''; // std::",
  ];
  assert.deepEqual(check("error.rs", text.join("\n")), []);
});

test("the table of contents may name everything", () => {
  assert.deepEqual(check("lib.rs", "pub use crate::session::Session; extern crate std;"), []);
});
