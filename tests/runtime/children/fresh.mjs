// What a call with a fresh token costs: questions to the core, and requests.
import { plan } from "./patch.mjs";
import { given, optionsOf, outcome, report } from "./call.mjs";

const { createSession, customFetch } = await import("cloud-run-auth");
let requests = 0;
const counting = (...all) => ((requests += 1), fetch(...all));
const session = createSession(given.base, { ...optionsOf(given), [customFetch]: counting });

await outcome(() => session.get("/warm"));
const before = { questions: plan.questions, requests };
const status = await outcome(() => session.get("/fresh"));
report({ status, questions: plan.questions - before.questions, requests: requests - before.requests });
