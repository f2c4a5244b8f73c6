// The OpenAPI document is kept: schemathesis asks all that it says can be asked, right and wrong, and finds nothing that it does not say.
//   CASES=100000 node --test tests/service/schemathesis.test.mjs
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { schemathesis } from "./schemathesis.mjs";

const python = process.env.SCHEMATHESIS_PYTHON ?? "";
const skip = existsSync(python) ? false : "SCHEMATHESIS_PYTHON names no Python with schemathesis: run make setup, then . scripts/env";
/** Of all that it asks, most is asked of nine operations: the others take nothing. */
const examples = Math.ceil(Number(process.env.CASES ?? 4000) / 2 / 9);

for (const as of /** @type {const} */ (["client", "bearer"]))
  test(`no answer that the document does not have, and no fault, to whoever is logged in by a ${as}`, { skip }, async () => {
    const { output, code, cases, answers, log } = await schemathesis(as, examples);
    assert.equal(code, 0, output);
    assert.match(output, /No issues found/);
    const failed = answers.filter(({ status }) => status >= 500);
    assert.deepEqual([failed, log.filter(({ severity }) => severity === "ERROR")], [[], []]);
    // That it was let in, where it had what that takes.
    const good = answers.filter(({ method, status }) => status === 200 && method !== "HEAD").map(({ route }) => route);
    for (const route of ["/api/echo", "/api/user", "/api/auth/introspect", "/api/auth/login", "/api/auth/refresh", "/api/token"])
      assert.ok(good.includes(route), `${route} never answered with what was asked for`);
    console.log(
      `# as a ${as}: ${cases} cases, ${answers.reduce((all, { times }) => all + times, 0)} answers, 0 of them not in the document`,
    );
  });

test("it notices: an answer of another form, a status that is not in the document, and a fault", { skip }, async () => {
  for (const [answer, why] of [
    [() => Response.json({ success: "yes" }), /schema/i],
    [() => Response.json({}, { status: 418 }), /status code/i],
    [() => new Response("", { status: 500 }), /server error/i],
  ]) {
    const spoil = (request) => (new URL(request.url).pathname === "/api/user" ? answer() : undefined);
    const { output, code } = await schemathesis("client", 5, { words: ["--include-operation-id", "user"], spoil });
    assert.notEqual(code, 0);
    assert.match(output, why);
  }
});
