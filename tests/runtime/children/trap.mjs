// A trap in each export in turn, in the middle of an ordinary call.
import { plan, names } from "./patch.mjs";
import { given, optionsOf, outcome, report } from "./call.mjs";

const { createSession } = await import("cloud-run-auth");
const options = optionsOf(given);

/** A call that goes through as much of the module as one call can. */
async function whole(session, index) {
  // A path that both parsers have to agree on, and a token that is not there yet.
  const response = await session.get("/ä?x");
  await session.getIdToken({ audience: `trap-${index}` });
  return response;
}

await outcome(() => createSession(given.base, options).get("/warm"));
const results = [];
for (const [index, name] of [...names].entries()) {
  if (/free/.test(name)) continue;
  const session = createSession(given.base, options);
  plan.trapped = undefined;
  plan.next = name;
  const began = Date.now();
  const first = await outcome(() => whole(session, index));
  const ms = Date.now() - began;
  const trapped = plan.trapped === name;
  plan.next = undefined;
  results.push({ name, first, trapped, ms, next: await outcome(() => session.get("/next")) });
}
// What an ordinary call has no use for cannot trap in one.
report({ exports: results.filter(({ trapped }) => trapped), unused: results.filter(({ trapped }) => !trapped).map(({ name }) => name) });
