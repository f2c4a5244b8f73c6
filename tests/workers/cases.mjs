// What holds of a Durable Object that holds tokens.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { holdsNoSecret } from "../runtime/client/secrets.js";

const SCOPES = ["https://www.googleapis.com/auth/devstorage.read_only", "https://www.googleapis.com/auth/cloud-platform"];

/** How many answers there are of each kind. */
const tally = (answers) => {
  const kinds = answers.map(({ status, error }) => status ?? error?.cause?.message ?? error?.message);
  return Object.fromEntries([...new Set(kinds)].map((kind) => [kind, kinds.filter((other) => other === kind).length]));
};

/** A call's error, which shows nothing of the key, and the one behind it. */
async function refused({ ask, key }, given) {
  const { error, ...answer } = await ask("call", given);
  assert.ok(error, `expected an error, saw ${JSON.stringify(answer)}`);
  holdsNoSecret(
    error,
    key.private_key.split("\n").filter((line) => line.length > 20),
  );
  assert.deepEqual([error.ours, error.name, error.code], [true, "AuthError", "credential_function_failed"], error.message);
  assert.ok(error.cause, `the cause of ${error.message}`);
  return [error, error.cause];
}

async function until(holds) {
  while (!holds()) await sleep(10);
}

const mistakes = [
  ["no binding of that name", "MISSING", /no Durable Object namespace/],
  ["a binding that is a text", "TEXT", /no Durable Object namespace/],
  ["a class that is no TokenHolder", "STRANGER", /does not extend TokenHolder/],
  ["a class without options", "FORGETFUL", /no static options/],
  ["options that everyone could call", "OPEN", /has to be static/],
  ["options that a session would not take", "WRONG", /there is no option "credentials"/],
];

export const cases = [
  {
    name: "1,000 first requests to four isolates make one exchange",
    async run({ calls, exchanges }) {
      assert.deepEqual(tally(await calls(1000)), { 200: 1000 });
      assert.equal(exchanges(), 1);
    },
  },
  {
    name: "each audience and each set of scopes has an object and one exchange of its own",
    async run({ calls, exchanges, emulator }) {
      const targets = [{ audience: "https://a.example" }, { audience: "https://b.example" }, { scopes: SCOPES }, { scopes: [SCOPES[0]] }];
      emulator.addService("orders", { audiences: ["https://a.example", "https://b.example"] });
      const answers = await Promise.all(targets.map((target) => calls(100, target)));
      assert.deepEqual(tally(answers.slice(0, 2).flat()), { 200: 200 });
      // The service does not take access tokens; all that matters is that there was one to send.
      assert.deepEqual(tally(answers.slice(2).flat()), { 401: 200 });
      assert.equal(exchanges(), 4);
      // In another order the scopes are the same.
      await calls(4, { scopes: SCOPES.toReversed() });
      assert.equal(exchanges(), 4);
    },
  },
  {
    name: "an exchange so slow that isolates give its leader up is still one",
    async run({ calls, exchanges, emulator }) {
      emulator.addFault({ endpoint: "token", delay: 4500 });
      assert.deepEqual(tally(await calls(100)), { 200: 100 });
      assert.equal(exchanges(), 1);
    },
  },
  {
    name: "options may be a promise",
    async run({ calls, exchanges }) {
      assert.deepEqual(tally(await calls(8, { binding: "LATER" })), { 200: 8 });
      assert.equal(exchanges(), 1);
    },
  },
  {
    name: "fresh after fifty minutes; stale a minute before its end: used, and renewed once; past it: one exchange",
    async run({ calls, exchanges, later }) {
      await calls(100);
      for (const [seconds, count] of [
        [3000, 1],
        [3540, 2],
        [3540, 2],
        [7400, 3],
      ]) {
        await later(seconds);
        assert.deepEqual(tally(await calls(100)), { 200: 100 }, `after ${seconds} s`);
        await sleep(500);
        assert.equal(exchanges(), count, `after ${seconds} s`);
      }
    },
  },
  {
    name: "an object that is reset in the middle of the exchange: every request is answered",
    async run({ ask, base, calls, exchanges, emulator }) {
      emulator.addFault({ endpoint: "token", delay: 1500, times: 1 });
      const answers = calls(100);
      await Promise.race([until(() => exchanges() === 1), answers]);
      const { error } = await ask("ask", { method: "reset", target: `false ${base}` });
      assert.equal(error.message, "it moves");
      assert.deepEqual(tally(await answers), { 200: 100 });
      assert.ok(exchanges() <= 2, `two exchanges at most, saw ${exchanges()}`);
    },
  },
  {
    name: "a client that leaves in the middle takes nothing away from the others",
    async run({ ask, calls, exchanges, emulator }) {
      emulator.addFault({ endpoint: "token", delay: 1500, times: 1 });
      const leaves = new AbortController();
      const gone = ask("call", {}, 0, { signal: leaves.signal }).catch((error) => error.name);
      await until(() => exchanges() === 1);
      const answers = calls(40);
      await sleep(100);
      leaves.abort();
      assert.equal(await gone, "AbortError");
      assert.deepEqual(tally(await answers), { 200: 40 });
      assert.equal(exchanges(), 1);
    },
  },
  {
    name: "Google's refusal crosses: code, words, what the server said",
    async run(world) {
      world.emulator.removeServiceAccount(world.key.client_email);
      const [error, cause] = await refused(world);
      assert.deepEqual([cause.ours, cause.name, cause.code, cause.transient], [true, "AuthError", "exchange_refused", false]);
      assert.equal(cause.server.status, 400);
      assert.ok(error.message.includes(cause.message), error.message);
      assert.equal(error.transient, false);
    },
  },
  {
    name: "an endpoint that cannot answer: it crosses that this passes, and it passes",
    async run(world) {
      world.emulator.addFault({ endpoint: "token", status: 503, body: "", headers: { "retry-after": "1" } });
      const [error, cause] = await refused(world, { retry: false });
      assert.deepEqual([cause.code, cause.transient, cause.retryAfter], ["exchange_unavailable", true, 1000]);
      assert.equal(error.transient, true);
      world.emulator.clearFaults();
      await sleep(1100);
      assert.deepEqual(tally(await world.calls(8)), { 200: 8 });
    },
  },
  ...mistakes.map(([what, binding, words]) => ({
    name: `a mistake is told at once: ${what}`,
    async run(world) {
      const began = performance.now();
      const [error, cause] = await refused(world, { binding });
      assert.deepEqual([cause.ours, cause.code, cause.transient, error.transient], [true, "invalid_option", false, false]);
      assert.match(cause.message, words);
      assert.match(error.message, words);
      assert.ok(performance.now() - began < 5000, "soon");
      assert.equal(world.exchanges(), 0);
    },
  })),
  {
    name: "heldIn throws at once where it is given no function",
    async run({ ask }) {
      for (const given of [undefined, {}, "TOKENS"]) {
        const { error } = await ask("atOnce", { given });
        assert.deepEqual([error?.ours, error?.code], [true, "invalid_option"]);
        assert.match(error.message, /heldIn\(\(\) => env\.TOKENS\)/);
      }
    },
  },
  {
    name: "options that throw: what they say stays in the object, for it may be of the key",
    async run(world) {
      const [error, cause] = await refused(world, { binding: "THROWING" });
      assert.match(cause.message, /options .* failed with SyntaxError/);
      assert.equal(error.transient, false);
    },
  },
  {
    name: "what crosses is a token and its end: nothing of the credential can be asked for",
    async run({ ask, base, key }) {
      const target = `false ${base}`;
      const { answer } = await ask("ask", { target, method: "token", args: [false, base] });
      assert.deepEqual(Object.keys(answer), ["token", "expiresAt"]);
      assert.ok(answer.expiresAt > Date.now() + 3_000_000 && answer.expiresAt < Date.now() + 3_600_000, String(answer.expiresAt));
      for (const method of ["options", "ctx", "env", "pending", "config", "read", "once", "constructor"]) {
        const asked = await ask("ask", { target, method });
        assert.ok(asked.error, `${method}: expected an error, saw ${JSON.stringify(asked)}`);
        holdsNoSecret(asked.error, key.private_key.split("\n"));
      }
    },
  },
];
