// A core that fails is begun anew: at each of its steps, in each way, and where beginning it fails, too.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { alive, calm, fail, hooks, seen, ways } from "./plan.js";
import { keyFile, outcome, world } from "./world.js";

const { createSession, customFetch } = await import("../../target/traps/package/runtime/node.js");

/** Behind the first forty of a question, each seventh of its allocations is enough of a sample; `TRAPS_EVERY=1` takes each. */
const EVERY = Number(process.env.TRAPS_EVERY ?? 7);

const key = await keyFile();
const { sent, fetch } = world();
let count = 0;

/** A session whose token nobody asked for yet. Whatever is to come of it comes in a moment: its timeout is for what hangs. */
const open = (options) =>
  createSession("https://svc.example/api", {
    credential: key,
    audience: `restart-${(count += 1)}`,
    timeout: 5000,
    [customFetch]: fetch,
    ...options,
  });

/** A path that is looked at closely, and a token that is not there yet. */
const whole = (session = open()) => outcome(() => session.get("/ä?x"));

const requests = (path) => sent.requests.filter((one) => one.endsWith(path)).length;

beforeEach(calm);

test("a call fails at an allocation of a question: it ends well, sent once, and so does the next one", async () => {
  // Its own key, which is not known yet, neither here nor to WebCrypto.
  const fresh = async () => open({ credential: await keyFile() });
  seen.letters = "";
  await whole(await fresh());
  const { letters, failed } = { ...seen };
  assert.match(letters, /^n?bpcgkwssr?$/, "what a whole call asks");
  for (const [index, letter] of [...letters].entries()) {
    for (let allocation = 0; ; allocation += allocation < 40 ? 1 : EVERY) {
      const session = letter === "k" ? await fresh() : open();
      const path = `/sweep-${index}-${allocation}`;
      const { failed } = seen;
      // "k" is asked for keys that are new.
      fail({ letter, after: letter === "s" && index === letters.lastIndexOf("s") ? 1 : 0, allocation });
      const where = `at allocation ${allocation} of question ${index}, ${letter}`;
      assert.equal(await outcome(() => session.get(`${path}?ä`)), 200, where);
      calm();
      assert.equal(requests(`${path}?%C3%A4`), 1, `requests ${where}`);
      assert.equal(await whole(session), 200, `the next one ${where}`);
      if (seen.failed === failed) break;
    }
  }
  assert.ok(seen.failed - failed > 50, `a failure at each of them, saw ${seen.failed - failed}`);
});

for (const [way, name] of ways.entries()) {
  test(`whichever way it fails: ${name}`, async () => {
    for (const letter of "bpcgs") {
      const { failed } = seen;
      fail({ letter, way });
      assert.equal(await whole(), 200, letter);
      assert.equal(seen.failed - failed, 1, `failures at ${letter}`);
    }
  });
}

test("a token that is had outlives the core: no exchange, and the key is not asked for again", async () => {
  const session = open();
  assert.equal(await whole(session), 200);
  const { exchanges } = sent;
  for (let i = 0; i < 3; i += 1) {
    fail({ letter: "p" });
    assert.equal(await whole(session), 200);
  }
  await session.getIdToken();
  assert.equal(sent.exchanges, exchanges);
});

test("what is asked and fails each time is an error, and only its own", async () => {
  const session = open();
  await whole(session);
  fail({ holds: "poison", times: Infinity });
  const poisoned = await session.get("/poison/ä").catch((error) => error);
  assert.deepEqual([poisoned.name, poisoned.code, typeof poisoned.cause], ["AuthError", "core_failed", "string"]);
  assert.equal(await whole(session), 200);
  assert.equal(requests("poison/%C3%A4"), 0, "it was not sent");
});

for (const [failures, codes] of [
  // One call puts up with a question that fails, and a core that does; the next ones with two cores each.
  [1, ["core_failed", 200]],
  [2, ["core_failed", 200]],
  [3, ["core_failed", "core_failed", 200]],
  [4, ["core_failed", "core_failed", 200]],
]) {
  test(`a core that fails while it is begun is not asked: ${failures} of them`, async () => {
    const session = open();
    await whole(session);
    const { instances } = seen;
    fail({ letter: "p" });
    fail({ letter: "n", times: failures, allocation: 0 });
    for (const code of codes) assert.equal(await whole(session), code);
    assert.equal(seen.instances - instances, failures + 1, "cores that were begun");
  });
}

test("a token that the core fails at while it is begun is lost, and nothing else", async () => {
  const [poisoned, other] = [open({ audience: "bad-apple" }), open()];
  assert.deepEqual([await whole(other), await whole(poisoned)], [200, 200]);
  const [{ exchanges }, { instances }] = [{ ...sent }, seen];
  fail({ letter: "p" });
  fail({ letter: "o", holds: "bad-apple", times: Infinity });
  assert.equal(await whole(other), "core_failed");
  assert.equal(await whole(other), 200);
  assert.equal(seen.instances - instances, 2, "cores that were begun");
  await other.getIdToken();
  assert.equal(sent.exchanges, exchanges, "exchanges for the token that was not lost");
  await poisoned.getIdToken();
  assert.equal(sent.exchanges, exchanges + 1, "exchanges for the one that was");
});

test("a runtime without memory for another core: an error of ours, until there is some", async () => {
  const session = open();
  await whole(session);
  fail({ letter: "p" });
  hooks.begins = () => {
    throw new RangeError("Out of memory");
  };
  assert.deepEqual([await whole(session), await whole(session)], ["core_failed", "core_failed"]);
  calm();
  assert.equal(await whole(session), 200);
});

test("a trap while a credential is told leaves nobody behind who would be waited for", async () => {
  const session = open();
  fail({ letter: "c" });
  const [first, second] = await Promise.all([whole(session), whole(session)]);
  assert.deepEqual([first, second, await whole(session)], [200, 200, 200]);
});

test("errors that are kept keep no core", async () => {
  assert.ok(globalThis.gc, "run with --expose-gc");
  const session = open();
  await whole(session);
  fail({ holds: "poison", times: Infinity });
  const errors = [];
  for (let i = 0; i < 50; i += 1) errors.push(await session.get("/poison/ä").catch((error) => error));
  for (let i = 0; i < 3; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  assert.equal(errors.length, 50);
  assert.ok(alive().cores <= 2, `cores alive: ${alive().cores} of ${seen.instances}`);
});
