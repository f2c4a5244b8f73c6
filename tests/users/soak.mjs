// 64 processes and 1,000 ends of a token, over a bucket: `node tests/users/soak.mjs --help`.
import { parseArgs } from "node:util";
import { jobsOverBucket } from "./bucket.mjs";

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "64" },
    expiries: { type: "string", default: "1000" },
    speed: { type: "string", default: "30" },
    life: { type: "string", default: "60" },
    mode: { type: "string", default: "fixed" },
    quiet: { type: "boolean" },
    every: { type: "string", default: "400" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  console.log(`Lets processes share a user's token in a bucket of the emulator's, and looks how often it is refreshed.

  node tests/users/soak.mjs [--processes 64] [--expiries 1000] [--speed 30] [--life 60] [--every 400] [--mode fixed|leeway] [--quiet]

--quiet lets nothing fail; or else processes are killed and stopped for longer than a lease, and the store and the provider fail.
Of time: a token that lives for 60 seconds, 30 of them in one, comes to its end about every 1.6 seconds.`);
  process.exit();
}
const { mode } = values;
const faults = !values.quiet;
const [processes, expiries, speed, life, every] = ["processes", "expiries", "speed", "life", "every"].map((name) => Number(values[name]));
const { figures, failures, good, kept } = await jobsOverBucket({
  processes,
  expiries,
  speed,
  life,
  every,
  mode,
  faults,
  settled: true,
  report: (line) => console.log(`  ${line}`),
});
console.log(figures);
const kinds = new Map();
for (const text of failures) kinds.set(text, (kinds.get(text) ?? 0) + 1);
for (const [text, count] of [...kinds].slice(0, 20)) console.log(`  ${count} × ${text}`);
let [passed, failed] = [0, 0];
const check = (what, ok) => {
  console.log(`  ${ok ? "ok" : "!!"}  ${what}`);
  if (ok) passed += 1;
  else failed += 1;
};
check(`no refresh token was refused, and the one that is kept is good`, figures.refused === 0 && good && !kept.needs_reauth);
check(`no object was written to more than once a second (${figures.limited} of ${figures.writes} writes)`, faults || figures.limited === 0);
if (!faults) check(`${(figures.exchanges / figures.expiries).toFixed(2)} exchanges for each end`, figures.again === 0);
if (!faults) check("no call failed", failures.length === 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
