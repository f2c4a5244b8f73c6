// A trap while a hundred calls wait for one exchange.
import { plan, trapNext } from "./patch.mjs";
import { given, optionsOf, outcome, report } from "./call.mjs";

const { createSession, customFetch } = await import("cloud-run-auth");
let sent = 0;
let exchanging = 0;
const slow = async (url, init) => {
  if (!String(url).endsWith("/token")) sent += 1;
  else if ((exchanging += 1) === 1) {
    // By now all hundred wait; the module traps on the answer.
    await new Promise((resolve) => setTimeout(resolve, 300));
    trapNext();
  }
  return fetch(url, init);
};
const session = createSession(given.base, { ...optionsOf(given), [customFetch]: slow });
const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => outcome(() => session.get(`/${i}`))));
const next = await outcome(() => session.get("/next"));
const counts = {};
for (const one of outcomes) counts[one] = (counts[one] ?? 0) + 1;
report({ outcomes: plan.trapped === 1 ? counts : { "no trap": outcomes.length }, next, sent });
