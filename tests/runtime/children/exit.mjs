// One call with a signal, a timeout and a session that nobody disposes of. Whatever keeps the process alive is a leak.
import { createSession } from "cloud-run-auth";
import { began, given, optionsOf, report } from "./call.mjs";

const session = createSession(given.base, optionsOf(given));
// Another service's answer would leave a socket open: this is not about fetch's pool.
const headers = { connection: "close" };
const response = await session.get("/x", { headers, signal: new AbortController().signal });
await response.text();
report({ status: response.status, after: Date.now() - began });
