// How many ID tokens a second are verified, beside jose and google-auth-library: one process each, all on one core, of which one works at a time, round
// by round, so that whatever else the machine does meets all of them. What counts are the ratios within a round. Nothing is asserted.
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median, spread } from "../statistics.mjs";
import { issue } from "./tokens.mjs";
import { verifiers } from "./verifiers.mjs";

const HELP = `usage: node bench/verify/run.mjs [options]

  --rounds N   rounds for each way of asking (25)
  --ms N       how long each verifier works in a round (200)
  --core N     the core that all of them run on, where there is taskset (the last)
  --json       print the rates of all rounds as JSON`;
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "25" },
    ms: { type: "string", default: "200" },
    core: { type: "string", default: String(cpus().length - 1) },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [rounds, ms] = [Number(values.rounds), Number(values.ms)];
if (values.help || !(rounds >= 1) || !(ms >= 1)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const MODES = {
  repeated: "one token again and again, as callers send it for an hour",
  distinct: "another token each time",
};
const [ours, ...peers] = Object.keys(verifiers);
/** Three times as many as ours remembers. */
const issued = issue(3000);
const children = Object.fromEntries(await Promise.all(Object.keys(verifiers).map(async (name) => [name, await start(name)])));
const rates = {};
try {
  for (const mode of Object.keys(MODES)) {
    const found = (rates[mode] = Object.fromEntries(Object.keys(children).map((name) => [name, []])));
    // The first two are for the compiler.
    for (let round = -2; round < rounds; round += 1) {
      const names = Object.keys(children);
      // Nobody is always the first.
      const turn = (round + names.length) % names.length;
      for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
        const rate = await children[name].work(mode);
        if (round >= 0) found[name].push(rate);
      }
    }
  }
} finally {
  for (const { stop } of Object.values(children)) stop();
}

if (values.json) console.log(JSON.stringify(rates));
else print();

async function start(name) {
  const child = fork(fileURLToPath(new URL("child.mjs", import.meta.url)), [], { serialization: "advanced" });
  child.once("exit", (code) => {
    if (code) process.exit(code);
  });
  pin(child.pid);
  child.send({ name, issued });
  await once(child, "message");
  return {
    async work(mode) {
      child.send({ mode, ms });
      const [{ rate }] = await once(child, "message");
      return rate;
    },
    stop: () => child.kill(),
  };
}

/** All its threads, on that core. */
function pin(pid) {
  const { error, status } = spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", values.core, String(pid)]);
  if (error || status !== 0) console.error("not held to one core: there is no taskset here, or no such core");
}

function print() {
  const [{ model }] = cpus();
  console.log(`Node ${process.versions.node}, ${model}, core ${values.core}; RS256, 2048 bits; ${rounds} rounds of ${ms} ms each\n`);
  const line = (cells) => console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(22) : cell.padStart(at === 1 ? 12 : 40))).join(""));
  for (const [mode, found] of Object.entries(rates)) {
    console.log(MODES[mode]);
    line(["", "tokens/s", `${ours}, times as many`]);
    line([ours, Math.round(median(found[ours])).toLocaleString("en"), ""]);
    for (const peer of peers) {
      const ratios = found[ours].map((rate, round) => rate / found[peer][round]);
      line([peer, Math.round(median(found[peer])).toLocaleString("en"), spread(ratios)]);
    }
    console.log();
  }
  console.log(
    "tokens/s: the median of all rounds. Times as many: the median of the ratios within each round, half of which lie in the\nbrackets, and all between the parentheses.",
  );
}
