// What is wrong with a policy, told with its places.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hashSecret } from "../../pkg/runtime/service-node.js";
import { IDP, SECRET, stand } from "./stand.mjs";

const hash = await hashSecret(SECRET);

test("of what is wrong with a policy all is told, each with its line and column", async () => {
  for (const [text, ...faults] of [
    ["callers = 1", [1, 11, /callers is no table but a number/]],
    ["[callers", [1, 9, /this is no TOML/]],
    ["[[grant]]\nto = []", [1, 3, /no key "grant"\. Did you mean "grants"\?/]],
    [
      `[callers.a]\nissuer = "${IDP}"\n\n[callers.b]\nclient_id = "b"\nsecret = "x"\n\n[callers."ö"]\nissuer = "http://idp.example"\nclaims.sub = "x"`,
      [1, 1, /whoever has a token of the issuer/],
      [6, 1, /no key "secret"\. Did you mean/],
      [4, 1, /has no secret_hash/],
      [8, 1, /other characters than letters/],
      [9, 10, /no https URL/],
    ],
    [`[callers.a]\nissuer = "${IDP}"\nclaims = {}`, [3, 10, /claims is empty/]],
    [`[callers.a]\nissuer = "${IDP}"\nclaims.x = { starts_with = "" }`, [3, 12, /nothing that a claim can be held to/]],
    [`[callers.a]\nissuer = "${IDP}"\nclaims.x = 1.5`, [3, 12, /nothing that a claim can be held to/]],
    [
      `[callers.a]\nclient_id = "a"\nsecret_hash = "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$${"A".repeat(43)}"`,
      [3, 15, /not of argon2id/],
    ],
    [
      `[callers.a]\nclient_id = "a"\nsecret_hash = "$argon2id$v=19$m=4000000,t=2,p=1$c2FsdHNhbHRzYWx0$${"A".repeat(43)}"`,
      [3, 15, /more than 64 MiB/],
    ],
    [
      `[callers.a]\nclient_id = "a"\nsecret_hash = "${hash}"\n[callers.b]\nclient_id = "a"\nsecret_hash = "${hash}"`,
      [4, 1, /has the client_id of callers\.a/],
    ],
    [`[callers.a]\nclient_id = "a"\nsecret_hash = "${hash}"\nrate = "5/day"`, [4, 8, /is no rate/]],
    ...[
      ['to = ["b"]\njwt_for = ["x"]', [5, 7, /no caller "b"/]],
      ['to = ["a"]', [4, 1, /does not say what it grants/]],
      ['to = ["a"]\njwt_for = ["x"]\nid_token_for = ["x"]', [4, 1, /says it twice/]],
      ['to = ["a"]\njwt_for = []', [6, 11, /is empty/]],
      ['to = ["a"]\njwt_for = ["x", "x"]', [6, 17, /names "x" twice/]],
      ['to = ["a"]\njwt_for = ["x"]\nttl = "61m"', [7, 7, /more than an hour/]],
      ['to = ["a"]\njwt_for = ["x"]\nttl = 5', [7, 7, /is no time/]],
      ['to = ["a"]\nid_token_for = ["x"]\nttl = "59m"', [7, 7, /cannot be kept/]],
      ['to = ["a"]\nid_token_for = ["x"]\nscopes = ["y"]', [7, 10, /scopes are for jwt_for/]],
      ['to = ["a"]\njwt_for = ["x y"]', [6, 12, /not visible ASCII/]],
    ].map(([grant, fault]) => [`[callers.a]\nclient_id = "a"\nsecret_hash = "${hash}"\n[[grants]]\n${grant}`, fault]),
    [`[callers.a]\nissuer = "${IDP}"\nclaims.sub = "a"\n[[grants]]\nto = ["a"]\nid_token_for = ["x"]`, [4, 1, /outlives_caller = true/]],
    [
      `[callers.a]\nclient_id = "a"\nsecret_hash = "${hash}"\n[metadata]\ncaller = "b"\nemail = "e"\nproject_id = "p"`,
      [5, 10, /no caller "b"/],
    ],
  ]) {
    const { service } = await stand({ policy: text });
    const thrown = await service.ready().then(
      () => assert.fail(`it holds: ${text}`),
      (failure) => failure,
    );
    assert.equal(thrown.code, "invalid_policy", text);
    const found = thrown.faults.map(({ line, column, message }) => [line, column, message]);
    assert.equal(found.length, faults.length, `${text}\n${JSON.stringify(found)}`);
    for (const [line, column, message] of faults)
      assert.ok(
        found.some((one) => one[0] === line && one[1] === column && message.test(one[2])),
        `${text}\nwants ${line}:${column} ${message}\n${JSON.stringify(found)}`,
      );
  }
});
