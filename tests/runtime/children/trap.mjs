// A trap at each place in turn at which an ordinary call enters the module.
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
for (const name of names) {
  if (/free|start/.test(name)) continue;
  // The first, the second … time that one call enters the module there, until it does so no more often.
  for (let after = 0; after < 50; after++) {
    const session = createSession(given.base, options);
    Object.assign(plan, { trapped: undefined, next: name, after });
    const began = Date.now();
    const first = await outcome(() => whole(session, `${name}-${after}`));
    const ms = Date.now() - began;
    const trapped = plan.trapped === name;
    plan.next = undefined;
    if (!trapped) break;
    results.push({ name: `${name} ${after}`, first, trapped, ms, next: await outcome(() => session.get("/next")) });
  }
}
report({ exports: results });
