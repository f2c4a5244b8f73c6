// Looks through the module's whole memory for what users' and workloads' credentials had to do with, after their sessions were disposed of.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { given, report } from "./call.mjs";
import { find } from "./memories.mjs";

const { createSession, init } = await import("cloud-run-auth/slim");
init(readFileSync(fileURLToPath(import.meta.resolve("cloud-run-auth/core.wasm"))));

const results = [];
for (const { kind, options, fails = false, variables, secrets, known, gone = {} } of given.kinds) {
  Object.assign(process.env, variables);
  const session = createSession(given.endpoints, { ...options, endpoints: given.endpoints });
  const token = await session.getAccessToken().catch((error) => error.code);
  const control = find(known) && token.length > 40 === !fails;
  const early = Object.keys(gone).filter((name) => find(gone[name]));
  session.dispose();
  const searched = { ...secrets, ...(token.length > 40 && { token: token.slice(0, 40), "the token's end": token.slice(-40) }) };
  const found = [...early, ...Object.keys(searched).filter((name) => find(searched[name]))];
  results.push({ kind, control, found });
}
report(results);
