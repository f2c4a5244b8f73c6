// A trap at each of the calls that one ordinary call makes into the module, in turn.
import { plan, trapNext } from "./patch.mjs";
import { given, optionsOf, outcome, report } from "./call.mjs";

const { createSession } = await import("cloud-run-auth");
const options = optionsOf(given);

/** A call that goes through as much of the module as one can: two parsers, and a token that is not there yet. */
async function whole(index) {
  const session = createSession(given.base, options);
  const response = await session.get("/ä?x");
  await session.getIdToken({ audience: `trap-${index}` });
  return response;
}

await outcome(() => whole("warm"));
const before = plan.calls;
await outcome(() => whole("counted"));
const calls = plan.calls - before;

const results = [];
for (let index = 0; index < calls; index += 1) {
  const trapped = plan.trapped;
  trapNext(index);
  const began = Date.now();
  const first = await outcome(() => whole(index));
  const ms = Date.now() - began;
  const next = await outcome(() => createSession(given.base, options).get("/next"));
  results.push({ index, first, next, ms, trapped: plan.trapped - trapped });
}
report({ calls, results });
